//! Upstreams that speak HTTP badly, on purpose or not: what the client then reads, and that nobody reads another's answer.

use crate::fixture::before;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// An upstream that writes `answers` to its connections in turn, each after a request's head, and then closes.
async fn liar(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            read_head(&mut stream).await;
            // Whoever has heard enough hangs up.
            let _ = stream.write_all(&answer).await;
        }
    });
    format!("http://{address}/mcp")
}

async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut byte = [0; 512];
        match stream.read(&mut byte).await {
            Ok(0) | Err(_) => return,
            Ok(count) => head.extend_from_slice(&byte[..count]),
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_502() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-A: 1\r\n".repeat(200_000)].concat();
    for (what, answer) in [
        ("nothing at all", b"".to_vec()),
        ("half a head", b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec()),
        ("no HTTP", b"220 mail.example ESMTP\r\n\r\n".to_vec()),
        ("a head without end", endless),
        ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".to_vec()),
        (
            "another protocol",
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n".to_vec(),
        ),
        ("its own 401", b"HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n".to_vec()),
    ] {
        let gateway = before(&liar(vec![answer]).await, Default::default()).await;
        let answer = gateway.call().send().await.unwrap();
        assert_eq!(answer.status(), 502, "{what}");
        assert!(!answer.headers().contains_key("www-authenticate"), "{what}");
        let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(body["error"]["code"], -32603, "{what}");
    }
}

/// A client must not take half an answer for a whole one.
#[tokio::test]
async fn an_answer_that_breaks_off_is_seen_to_be_broken() {
    for (what, answer) in [
        ("chunks", &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"[..]),
        ("a length", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
    ] {
        let gateway = before(&liar(vec![answer.to_vec()]).await, Default::default()).await;
        let answer = gateway.call().send().await.unwrap();
        assert_eq!(answer.status(), 200, "{what}");
        assert!(answer.bytes().await.is_err(), "{what}");
    }
}

#[tokio::test]
async fn old_and_talkative_answers_are_understood() {
    for (what, answer) in [
        ("HTTP/1.0, until the end", &b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}"[..]),
        (
            "hints first",
            b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        ),
    ] {
        let gateway = before(&liar(vec![answer.to_vec()]).await, Default::default()).await;
        let answer = gateway.call().send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "{}"), "{what}");
    }
}

/// Bytes behind an answer are no answer to the next request, whoever asks it.
#[tokio::test]
async fn what_follows_an_answer_answers_nobody() {
    let poisoned =
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    let good = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
    let upstream = liar(vec![poisoned.to_vec(), good.to_vec(), good.to_vec()]).await;
    let gateway = before(&upstream, Default::default()).await;
    assert_eq!(gateway.call().send().await.unwrap().text().await.unwrap(), "{}");
    assert_eq!(gateway.call().send().await.unwrap().text().await.unwrap(), "good");
}
