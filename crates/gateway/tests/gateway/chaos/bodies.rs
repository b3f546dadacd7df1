//! Bodies that end too soon, too late, or twice. A torn one is never taken for a whole one, and what is left over is
//! nobody's answer.

use super::{
    INSIDE,
    Reads::{Torn, Whole},
    Stage, is_answered,
    liar::Act,
    say, then_close,
};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const TEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

#[tokio::test]
async fn a_body_that_breaks_off_is_torn() {
    let mut stage = Stage::new().await;
    for (what, head, body) in [
        ("a length, and nothing", TEN, ""),
        ("a length, and half of it", TEN, "hello"),
        ("chunks, and none", CHUNKED, ""),
        ("after a chunk", CHUNKED, "5\r\nhello\r\n"),
        ("in a chunk", CHUNKED, "5\r\nhel"),
        ("in a chunk's length", CHUNKED, "5"),
        ("before the last line", CHUNKED, "5\r\nhello\r\n0\r\n"),
        ("in a trailer", CHUNKED, "5\r\nhello\r\n0\r\nX-Inner: inner-sec"),
    ] {
        stage.row(what, then_close(format!("{head}{body}")), Torn).await;
        stage.row(what, vec![say(format!("{head}{body}")), Act::Reset], Torn).await;
    }
}

#[tokio::test]
async fn a_chunk_that_is_none_is_torn() {
    let mut stage = Stage::new().await;
    for (what, body) in [
        ("no number", "zz\r\nhello\r\n0\r\n\r\n"),
        ("a negative number", "-5\r\nhello\r\n0\r\n\r\n"),
        ("a number beyond all", "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"),
        ("longer than it says", "5\r\nhello, world\r\n0\r\n\r\n"),
        ("shorter than it says", "5\r\nhi\r\n0\r\n\r\n"),
        ("no line's end", "5hello\r\n0\r\n\r\n"),
    ] {
        stage.row(what, vec![say(format!("{CHUNKED}{body}"))], Torn).await;
    }
    for (what, begin, flood) in [
        ("a length without end", "", vec![b'1'; 64 * 1024]),
        ("an extension without end", "5;", vec![b'x'; 64 * 1024]),
        ("trailers without end", "0\r\n", b"X-Inner: inner-secret\r\n".repeat(1000)),
    ] {
        stage.row(what, vec![say(format!("{CHUNKED}{begin}")), Act::Flood(flood)], Torn).await;
    }
}

/// Bytes behind an answer are no answer to the next request, whoever asks it; large ones come in pieces.
#[tokio::test]
async fn what_follows_an_answer_answers_nobody() {
    let mut stage = Stage::new().await;
    let poison = |length: usize| {
        let body = "poison".repeat(length);
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    let chunks = format!("{CHUNKED}2\r\n{{}}\r\n0\r\n\r\n");
    let both =
        "HTTP/1.1 200 OK\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let shorter = both.replace("40", "1");
    let none = "HTTP/1.1 204 None\r\nContent-Length: 60\r\n\r\n";
    for length in [1, 1000, 100_000] {
        for (what, answer, reads) in [
            ("after its length", whole, Whole(200, "{}")),
            ("after its last chunk", &chunks, Whole(200, "{}")),
            ("after both", both, Whole(200, "{}")),
            ("after both, one shorter", &shorter, Whole(200, "{}")),
            ("where nothing should be", none, Whole(204, "")),
        ] {
            let at_once = format!("{what}, at once {length}");
            stage.row(&at_once, vec![say(answer.to_owned() + &poison(length))], reads).await;
            is_answered(stage.caller(&at_once), "mine", &at_once).await;
            // What comes later is the same caller's at worst.
            let then = format!("{what}, then {length}");
            stage.row(&then, vec![say(answer), say(poison(length))], reads).await;
        }
    }
    // As long as one read, so that what is left over waits in the socket.
    for length in [4096, 8192, 16_384, 65_536] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {:05}\r\n\r\n", length - 42);
        let text: &'static str = "x".repeat(length - 42).leak();
        assert_eq!(head.len() + text.len(), length);
        let what = format!("at the end of a read of {length}");
        stage.row(&what, vec![say(format!("{head}{text}{}", poison(1)))], Whole(200, text)).await;
        is_answered(stage.caller(&what), "mine", &what).await;
    }
}

/// A second answer, said when the first was already read and its connection waits for the next caller.
#[tokio::test]
async fn what_is_said_unasked_answers_nobody() {
    let stage = Stage::new().await;
    let answer = |body: &str| say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    stage.liar.will(vec![answer("{}"), Act::Await, answer("poison")]);
    assert_eq!(
        stage.caller("unasked").header("x-request-id", "bad").send().await.unwrap().text().await.unwrap(),
        "{}"
    );
    stage.liar.goes_on().await;
    is_answered(stage.caller("unasked"), "mine", "unasked").await;
    stage.good("after", "unasked").await;
}

/// Trailers are headers that come late: the filter of the first would be none without them. MCP has none.
#[tokio::test]
async fn trailers_end_here() {
    let stage = Stage::new().await;
    let body = "2\r\n{}\r\n0\r\nWWW-Authenticate: inner-secret\r\nMcp-Session-Id: inner-secret\r\n\r\n";
    let head = CHUNKED.replace("\r\n\r\n", "\r\nTrailer: www-authenticate, mcp-session-id\r\n\r\n");
    stage.liar.will(vec![say(format!("{head}{body}"))]);
    let gateway = &stage.gateway;
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(gateway.url())
        .header("authorization", format!("Bearer {}", gateway.signed()))
        .header("content-type", "application/json")
        .header("x-request-id", "bad")
        .header("te", "trailers")
        .body(Full::new(bytes::Bytes::from(crate::fixture::CALL)))
        .unwrap();
    let answer = client.send_request(request).await.unwrap();
    assert!(!format!("{:?}", answer.headers()).contains(INSIDE));
    let whole = answer.into_body().collect().await.unwrap();
    assert_eq!(whole.trailers(), None);
    assert_eq!(whole.to_bytes(), "{}");
}
