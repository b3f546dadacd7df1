//! What a connection may cost, whoever holds the other end: somebody who says nothing, who falls silent, who does not read,
//! or who is still there when the process must go. Time is paused while nothing else is to be done.

use crate::{
    fixture::{CALL, Running, before, run_within, settings_at},
    wire::{exchange, request},
};
use portcullis_gateway::ServeLimits;
use portcullis_testing::{
    Upstream,
    upstream::{Events, Reply},
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{self, Instant},
};

async fn gateway(upstream: &Upstream) -> Running {
    before(&upstream.url(), Default::default()).await
}

async fn dial(gateway: &Running) -> TcpStream {
    TcpStream::connect(gateway.address).await.unwrap()
}

/// A call of the one tool, as its bytes.
fn call(gateway: &Running) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{CALL}",
        gateway.address,
        gateway.signed(),
        CALL.len(),
    )
}

/// Seconds until the gateway closes, whatever it says before.
async fn seconds_to_the_end(stream: &mut TcpStream) -> u64 {
    time::pause();
    let start = Instant::now();
    let _ = time::timeout(Duration::from_secs(3600), stream.read_to_end(&mut Vec::new())).await;
    time::resume();
    start.elapsed().as_secs()
}

/// A place is given for a request, not for the beginning of one.
#[tokio::test]
async fn a_connection_without_a_first_request_ends_soon() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    for (what, begin) in [
        ("nothing", &b""[..]),
        ("half a request line", b"POST /mc"),
        ("half a head", b"GET /health HTTP/1.1\r\nHost: x\r\n"),
        ("half a preface", &preface.as_bytes()[..14]),
        ("a preface", preface.as_bytes()),
        ("HTTP/2 and no request", &[preface.as_bytes(), &settings].concat()),
    ] {
        let mut stream = dial(&gateway).await;
        stream.write_all(begin).await.unwrap();
        let seconds = seconds_to_the_end(&mut stream).await;
        assert!((9..=11).contains(&seconds), "{what}: {seconds}");
    }
}

/// Unused connections of pools; and clients that hold on to one by dripping their second request.
#[tokio::test]
async fn a_connection_that_falls_silent_ends() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    for next in ["", "GET /hea"] {
        let mut stream = dial(&gateway).await;
        let health = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n{next}", gateway.address);
        stream.write_all(health.as_bytes()).await.unwrap();
        stream.read_exact(&mut [0; 12]).await.unwrap();
        let seconds = seconds_to_the_end(&mut stream).await;
        assert!((120..=240).contains(&seconds), "{next:?}: {seconds}");
    }
}

/// As long as an answer goes on, its connection is in use.
#[tokio::test]
async fn a_connection_with_a_quiet_answer_stays() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    let events = upstream.opens(": open\n\n").await;
    let mut answer = gateway.call().send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    time::pause();
    let waits = time::timeout(Duration::from_secs(1800), answer.chunk()).await;
    time::resume();
    assert!(waits.is_err(), "it is still open");
    assert!(events.raw("data: 1\n\n").await);
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "data: 1\n\n");
}

/// A client that waits long for its answer may send its next request when it has it.
#[tokio::test]
async fn a_connection_is_not_cut_right_after_a_long_call() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    let (events, reply) = Reply::events();
    upstream.next(reply);
    let mut stream = dial(&gateway).await;
    stream.write_all(call(&gateway).as_bytes()).await.unwrap();
    stream.read_exact(&mut [0; 12]).await.unwrap();
    time::pause();
    time::sleep(Duration::from_secs(128)).await;
    time::resume();
    drop(events);
    let seconds = seconds_to_the_end(&mut stream).await;
    assert!((120..=240).contains(&seconds), "{seconds}");
}

/// Pours until nothing more is taken, and sees how long the upstream is then still held.
pub(crate) async fn seconds_held(events: &Events) -> u64 {
    time::pause();
    let poured = async { while events.raw(vec![b'x'; 64 * 1024]).await {} };
    let start = Instant::now();
    time::timeout(Duration::from_secs(24 * 3600), poured).await.expect("the upstream is let go");
    time::resume();
    start.elapsed().as_secs()
}

/// Over HTTP/1.1 the connection itself is stuck.
#[tokio::test]
async fn a_client_that_does_not_read_is_cut() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    let (events, reply) = Reply::events();
    upstream.next(reply);
    let mut stream = dial(&gateway).await;
    stream.write_all(call(&gateway).as_bytes()).await.unwrap();
    stream.read_exact(&mut [0; 12]).await.unwrap();
    let seconds = seconds_held(&events).await;
    assert!((59..=62).contains(&seconds), "{seconds}");
}

/// What is still in flight when the drain time is over is cut, and the upstream hears of it.
#[tokio::test]
async fn the_drain_time_is_kept() {
    let upstream = Upstream::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identifier = format!("http://{}/mcp", listener.local_addr().unwrap());
    let limits = ServeLimits { drain: Duration::from_secs(5), ..ServeLimits::default() };
    let settings = settings_at(&upstream.url(), &identifier);
    let gateway = run_within(listener, vec![settings], Default::default(), limits);
    let events = upstream.opens(": open\n\n").await;
    let mut answer = gateway.call().send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    time::pause();
    let start = Instant::now();
    gateway.drain.begin();
    gateway.serving.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 5);
    events.closed().await;
    time::resume();
    assert!(answer.chunk().await.is_err(), "a cut answer is not taken for a whole one");
}

/// More connections than there is room for wait; they are served once there is, and do not keep a drain from beginning.
#[tokio::test]
async fn a_full_house_lets_nobody_in_and_can_still_be_drained() {
    let upstream = Upstream::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identifier = format!("http://{}/mcp", listener.local_addr().unwrap());
    let limits = ServeLimits { connections: 1, drain: Duration::from_secs(1), ..ServeLimits::default() };
    let settings = settings_at(&upstream.url(), &identifier);
    let gateway = run_within(listener, vec![settings], Default::default(), limits);
    let health = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
    let healthy = async |stream: &mut TcpStream| {
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
    };
    let mut first = dial(&gateway).await;
    first.write_all(health.as_bytes()).await.unwrap();
    healthy(&mut first).await;
    let mut second = dial(&gateway).await;
    second.write_all(health.as_bytes()).await.unwrap();
    time::pause();
    let waits = time::timeout(Duration::from_secs(1), second.readable()).await;
    time::resume();
    assert!(waits.is_err(), "there is room for one");
    drop(first);
    healthy(&mut second).await;
    gateway.drain.begin();
    gateway.serving.await.unwrap();
}

/// What is taken from an upstream at a time is what a client that stops reading makes the gateway hold.
#[tokio::test]
async fn an_answer_crosses_in_small_pieces_however_large_the_upstreams_are() {
    const LARGEST: usize = 2 * 64 * 1024;
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    let (events, reply) = Reply::events();
    upstream.next(reply);
    let headers =
        format!("Content-Length: {}\r\nAccept: application/json, text/event-stream\r\n", CALL.len());
    let request = request(&gateway, &headers, CALL);
    let pour = async move {
        for _ in 0..8 {
            assert!(events.raw(vec![b'x'; 1 << 20]).await);
        }
    };
    let (answer, ()) = tokio::join!(exchange(&gateway, &request), pour);
    let (head, mut rest) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("chunked"), "{head}");
    let mut pieces = Vec::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        pieces.push(size);
        rest = after.get(size + 2..).unwrap();
    }
    assert_eq!(pieces.iter().sum::<usize>(), 8 << 20);
    assert!(pieces.iter().all(|size| *size <= LARGEST), "{pieces:?}");
}
