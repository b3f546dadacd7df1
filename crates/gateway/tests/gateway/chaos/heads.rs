//! Heads that are none, that lie, or that never end.

use super::{
    Reads::{Error, Whole},
    Stage,
    liar::Act,
    say, then_close,
};
use crate::fixture::CALL;

/// Connections that end before there is an answer.
#[tokio::test]
async fn a_connection_that_ends_early_is_502() {
    let mut stage = Stage::new().await;
    for (what, acts) in [
        ("reset before the request is read", vec![Act::Unread, Act::Reset]),
        ("reset after the request", vec![Act::Reset]),
        ("closed without a word", vec![Act::Close]),
        ("half a status line", then_close("HTTP/1.1 20")),
        ("half a header", then_close("HTTP/1.1 200 OK\r\nX-Inner: inner-secr")),
        ("half a header, then reset", vec![say("HTTP/1.1 200 OK\r\nX-Inner: inner-secr"), Act::Reset]),
        ("all but the last line", then_close("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")),
        ("hints, then nothing", then_close("HTTP/1.1 103 Early Hints\r\nX-Inner: inner-secret\r\n\r\n")),
    ] {
        stage.row(what, acts, Error(502)).await;
    }
    let large = CALL.replace(
        "\"list_todos\"",
        &format!("\"list_todos\",\"_meta\":{{\"x\":\"{}\"}}", "x".repeat(3 << 20)),
    );
    for end in [Act::Close, Act::Reset] {
        stage.row_with("gone in the middle of the request", &large, vec![Act::Unread, end], Error(502)).await;
    }
}

#[tokio::test]
async fn what_is_no_http_is_502() {
    let mut stage = Stage::new().await;
    for (what, head) in [
        ("another protocol", "220 inner-secret ESMTP\r\n\r\n"),
        ("HTTP/0.9", "<html>inner-secret</html>\r\n\r\n"),
        ("a status that is no number", "HTTP/1.1 2x0 inner-secret\r\n\r\n"),
        ("a status of two digits", "HTTP/1.1 99 inner-secret\r\n\r\n"),
        ("a status of four digits", "HTTP/1.1 2000 inner-secret\r\n\r\n"),
        ("a version that is none", "HTTP/7.0 200 inner-secret\r\nContent-Length: 0\r\n\r\n"),
        ("a name with a space", "HTTP/1.1 200 OK\r\nX-Inner : inner-secret\r\nContent-Length: 0\r\n\r\n"),
        ("a folded header", "HTTP/1.1 200 OK\r\nX-Inner: inner-secret\r\n more\r\nContent-Length: 0\r\n\r\n"),
        ("a zero byte", "HTTP/1.1 200 OK\r\nX-Inner: inner-secret\0\r\nContent-Length: 0\r\n\r\n"),
        ("a header without a colon", "HTTP/1.1 200 OK\r\ninner-secret\r\nContent-Length: 0\r\n\r\n"),
        ("a return alone", "HTTP/1.1 200 OK\r\nX-Inner: inner\rsecret\r\nContent-Length: 0\r\n\r\n"),
        ("HTTP/2 unasked", "\0\0\0\x04\0\0\0\0\0"),
        ("another protocol's switch", "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    ] {
        stage.row(what, then_close(head), Error(502)).await;
    }
}

/// None of these ends by itself: what it may cost us is bounded all the same.
#[tokio::test]
async fn a_head_without_measure_is_502() {
    let mut stage = Stage::new().await;
    let begin = || say("HTTP/1.1 200 OK\r\n");
    for (what, acts) in [
        ("headers without end", vec![begin(), Act::Flood(b"X-Inner: inner-secret\r\n".repeat(1000))]),
        ("a header without end", vec![begin(), say("X-Inner: "), Act::Flood(vec![b'x'; 64 * 1024])]),
        ("a status line without end", vec![say("HTTP/1.1 200 "), Act::Flood(vec![b'x'; 64 * 1024])]),
        ("empty lines without end", vec![Act::Flood(b"\r\n".repeat(1000))]),
        ("no line at all", vec![Act::Flood(vec![b'x'; 64 * 1024])]),
        ("10,000 headers", vec![begin(), say(b"A: 1\r\n".repeat(10_000)), say("\r\n"), Act::Close]),
        ("a megabyte", vec![begin(), say(format!("A: {}\r\n\r\n", "x".repeat(1 << 20))), Act::Close]),
        (
            "hints of a megabyte",
            vec![
                say("HTTP/1.1 103 Early Hints\r\n"),
                say(format!("Link: {}\r\n\r\n", "x".repeat(1 << 20))),
                Act::Close,
            ],
        ),
    ] {
        stage.row(what, acts, Error(502)).await;
    }
}

#[tokio::test]
async fn lengths_that_cannot_be_are_502() {
    let mut stage = Stage::new().await;
    for lines in [
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 2, 3",
        "Content-Length: -2",
        "Content-Length: +2",
        "Content-Length: 0x2",
        "Content-Length: two",
        "Content-Length: 99999999999999999999",
    ] {
        stage
            .row(
                lines,
                then_close(format!("HTTP/1.1 200 OK\r\nX-Inner: inner-secret\r\n{lines}\r\n\r\n{{}}")),
                Error(502),
            )
            .await;
    }
}

/// CH-21: its own business with its own clients. A client that saw the 401 would drop a good session.
#[tokio::test]
async fn an_upstream_that_asks_for_credentials_or_sends_elsewhere_is_502() {
    let mut stage = Stage::new().await;
    for status in [401, 407, 300, 301, 302, 303, 305, 307, 308] {
        let head = format!(
            "HTTP/1.1 {status} inner-secret\r\nWWW-Authenticate: Basic realm=\"inner-secret\"\r\n\
             Proxy-Authenticate: Basic realm=\"inner-secret\"\r\nSet-Cookie: inner-secret=1\r\n\
             Location: http://inner-secret/inner\r\nContent-Length: 12\r\n\r\ninner-secret"
        );
        stage.row(&status.to_string(), vec![say(head)], Error(502)).await;
    }
}

/// What is odd and yet HTTP crosses as it is.
#[tokio::test]
async fn an_odd_answer_is_still_one() {
    let mut stage = Stage::new().await;
    for (what, bytes, reads) in [
        ("until the end", "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}", Whole(200, "{}")),
        ("no type", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Whole(200, "{}")),
        (
            "a page",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p/>",
            Whole(200, "<p/>"),
        ),
        (
            "the same length twice",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            Whole(200, "{}"),
        ),
        (
            "hints first",
            "HTTP/1.1 103 Hi\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            Whole(200, "{}"),
        ),
        (
            "go on, and on",
            "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 100 On\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            Whole(200, "{}"),
        ),
        ("its own failure", "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", Whole(500, "no")),
        ("nothing to say, at length", "HTTP/1.1 204 None\r\nContent-Length: 4\r\n\r\nnone", Whole(204, "")),
        (
            "packed unasked",
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x0b!",
            Whole(200, "\x1f\x0b!"),
        ),
        (
            "an id without a name",
            "HTTP/1.1 200 OK\r\nMcp-Session-Id:\r\nContent-Length: 2\r\n\r\n{}",
            Whole(200, "{}"),
        ),
    ] {
        stage.row(what, then_close(bytes), reads).await;
    }
    for (what, id) in [("too long an id", vec![b'x'; 2000]), ("an id that is no text", vec![0xFF; 8])] {
        let answer =
            [b"HTTP/1.1 200 OK\r\nMcp-Session-Id: ", &id[..], b"\r\nContent-Length: 2\r\n\r\n{}"].concat();
        stage.row(what, vec![say(answer)], Whole(200, "{}")).await;
    }
}

/// What a client needs to make sense of an answer, and to know when to come again, it gets.
#[tokio::test]
async fn headers_that_say_what_an_answer_is_cross() {
    let stage = Stage::new().await;
    for (status, name, value) in [
        ("503 Later", "retry-after", "7"),
        ("429 Later", "retry-after", "7"),
        ("200 OK", "content-encoding", "gzip"),
        ("200 OK", "content-type", "text/html"),
    ] {
        stage.liar.will(vec![say(format!(
            "HTTP/1.1 {status}\r\n{name}: {value}\r\nContent-Length: 2\r\n\r\n{{}}"
        ))]);
        let answer = stage.caller(name).header("x-request-id", "bad").send().await.unwrap();
        assert_eq!(answer.status().as_u16().to_string(), status[..3]);
        assert_eq!(answer.headers()[name], value);
        assert_eq!(answer.bytes().await.unwrap(), "{}");
        stage.good("after", name).await;
    }
}
