//! Event streams: what is held, what passes, and what a client would make of it.

use crate::{EventFilter, Expected, ListDefect, Target};

const LIST: &str = r#"{"id":1,"result":{"tools":[{"name":"a"},{"name":"secret"}]}}"#;
const LEFT: &str = r#"{"id":1,"result":{"tools":[{"name":"a"}]}}"#;
const UPDATE: &str = r#"{"method":"notifications/resources/updated","params":{"uri":"secret"}}"#;

/// What passes of a stream that comes in these pieces.
fn through(filter: &mut EventFilter, pieces: &[&[u8]]) -> Result<Vec<u8>, ListDefect> {
    let mut judge = |target: &Target| target.as_str() != "secret";
    let mut out = Vec::new();
    for piece in pieces {
        filter.push(piece, &mut judge, &mut out)?;
    }
    filter.finish(&mut judge, &mut out)?;
    Ok(out)
}

fn filtered(stream: &str) -> Result<String, ListDefect> {
    let mut filter = EventFilter::new(Expected::on_stream());
    through(&mut filter, &[stream.as_bytes()]).map(|out| String::from_utf8(out).unwrap())
}

/// G-21: whatever its lines look like, an event is understood as a client understands it.
#[test]
fn filters_lists_and_leaves_every_other_byte() {
    let split = LIST.replace("},{", "},\ndata:{").replace("\"tools\":", "\"tools\":\ndata: ");
    for (name, stream, expected) in [
        ("plain", format!("data: {LIST}\n\n"), format!("data: {LEFT}\n\n")),
        (
            "typed",
            format!("event: message\nid: 7\ndata: {LIST}\n\n"),
            format!("event: message\nid: 7\ndata: {LEFT}\n\n"),
        ),
        ("id after data", format!("data:{LIST}\nid: 7\n\n"), format!("data: {LEFT}\nid: 7\n\n")),
        ("CRLF", format!("data: {LIST}\r\n\r\n: a\r\n"), format!("data: {LEFT}\r\n\r\n: a\r\n")),
        ("CR", format!("data: {LIST}\r\r"), format!("data: {LEFT}\r\n\r")),
        ("byte order mark", format!("\u{feff}data: {LIST}\n\n"), format!("\u{feff}data: {LEFT}\n\n")),
        ("no blank line", format!("data: {LIST}"), format!("data: {LEFT}\n")),
        (
            "several lines",
            format!("data: {split}\n\n"),
            "data: {\"id\":1,\"result\":{\"tools\":\ndata: [{\"name\":\"a\"}]}}\n\n".to_owned(),
        ),
        (
            "a notification",
            format!("event: message\ndata: {UPDATE}\nid: 8\n\n"),
            "event: message\n:\nid: 8\n\n".to_owned(),
        ),
    ] {
        assert_eq!(filtered(&stream).unwrap(), expected, "{name}");
    }
    for unchanged in [
        ": comment\n\n:\r\nretry: 10\n\nid: 1\ndata:\n\ndata\n\nfield\ndat\ndata: 1\n\n\n\n",
        "event: ping\ndata: 2026-01-01 00:00\n\ndata: {\"method\":\"x\"}\n\n",
        "data: {\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"mine\"}}\n\n",
        "data: {\"id\": 1, \"result\": { \"tools\": [ {\"name\":\"a\"} ] } }\r\rdat",
        "",
    ] {
        assert_eq!(filtered(unchanged).as_deref(), Ok(unchanged));
    }
}

/// A keep-alive that waits for the end of something is none (TM-11).
#[test]
fn holds_nothing_back_but_the_data_of_an_event() {
    let mut filter = EventFilter::new(Expected::on_stream());
    let mut judge = |_: &Target| true;
    for (piece, expected) in [
        (":\r\n", ":\r\n"),
        (": a long comm", ": a long comm"),
        ("ent\nid: 7\n", "ent\nid: 7\n"),
        ("event: message\n", "event: message\n"),
        ("dat", ""),
        ("a: {}", ""),
        ("\r", ""),
        ("\n\r", "data: {}\r\n\r"),
        ("\n: x", "\n: x"),
        ("\n\n", "\n\n"),
    ] {
        let mut out = Vec::new();
        filter.push(piece.as_bytes(), &mut judge, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{piece:?}");
    }
}

#[test]
fn refuses_what_it_cannot_read_where_a_list_may_come() {
    for (name, data) in [
        ("cut", r#"{"id":1,"result":{"tools":["#),
        ("twice", r#"{"id":1,"result":{},"result":{}}"#),
        ("a field between", "{\"id\":1,\r \"result\":{}}"),
    ] {
        let stream = format!(": before\n\ndata: {data}\n\n");
        let mut out = Vec::new();
        let mut filter = EventFilter::new(Expected::on_stream());
        assert!(filter.push(stream.as_bytes(), &mut |_: &Target| true, &mut out).is_err(), "{name}");
        assert_eq!(out, b": before\n\n", "{name}");
    }
    let invalid = [b"data: {\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\xff\"}]}}\n\n".as_slice()];
    let mut filter = EventFilter::new(Expected::on_stream());
    assert_eq!(through(&mut filter, &invalid), Err(ListDefect::NotJson));
}

/// What is held is bounded; the answer to a call may be as long as it likes.
#[test]
fn a_long_event_is_refused_as_a_list_and_passes_as_something_else() {
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#;
    let call = Expected::of(&crate::read(&http::HeaderMap::new(), call).unwrap());
    let line = [b"data: ".as_slice(), &vec![b'x'; 32 * 1024], b"\n"].concat();
    let mut pieces = vec![line.as_slice(); 300];
    pieces.push(b"\nid: 1\n\n");
    let mut filter = EventFilter::new(call);
    assert_eq!(through(&mut filter, &pieces).unwrap(), pieces.concat());
    let mut filter = EventFilter::new(Expected::on_stream());
    assert_eq!(through(&mut filter, &pieces), Err(ListDefect::TooLong));
}

/// A CR ends a line at once; only where it came last may an LF behind it belong to it.
#[test]
fn an_lf_at_the_beginning_of_a_piece_ends_a_line_of_its_own() {
    let (list, left) = (format!("data: {LIST}"), format!("data: {LEFT}"));
    for (pieces, expected) in [
        (["a\rb", "\n", &list, "\n\n"], format!("a\rb\n{left}\n\n")),
        (["a\r", "\n", &list, "\r\r"], format!("a\r\n{left}\r\n\r")),
        (["data: 1\r\r", "\n", &list, "\n\n"], format!("data: 1\r\r\n{left}\n\n")),
        (["data: 1\r\n\r", "\n", &list, "\n\n"], format!("data: 1\r\n\r\n{left}\n\n")),
    ] {
        let mut filter = EventFilter::new(Expected::on_stream());
        let out = through(&mut filter, &pieces.map(str::as_bytes)).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{pieces:?}");
    }
}
