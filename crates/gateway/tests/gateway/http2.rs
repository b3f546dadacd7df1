//! HTTP/2 on either side, or on both. What HTTP/1.1 keeps apart by connections is kept apart by streams.

use crate::{
    connections::seconds_held,
    fixture::{CALL, Running, run, settings_at},
};
use bytes::Bytes;
use http::{Request, Version};
use http_body_util::Full;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis_gateway::{ResourceSettings, UpstreamConnections, UpstreamLimits};
use portcullis_oauth::Clock as _;
use portcullis_testing::{TestKey, Upstream, upstream::Reply};
use std::time::Duration;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{self, Instant},
};

/// More than one connection's window is worth of streams that nobody reads would fill, were it hyper's.
const STOPPED: usize = 24;

async fn gateway(upstream: &Upstream, is_http2: bool) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identifier = format!("http://{}/mcp", listener.local_addr().unwrap());
    let upstream_connections = if is_http2 { UpstreamConnections::Http2 } else { UpstreamConnections::Http1 };
    let upstream_limits =
        UpstreamLimits { headers: Duration::from_secs(86_400), ..UpstreamLimits::default() };
    let settings = settings_at(&upstream.url(), &identifier);
    let settings = ResourceSettings { upstream_connections, upstream_limits, ..settings };
    run(listener, settings, Default::default())
}

fn client(is_http2: bool) -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy();
    if is_http2 { builder.http2_prior_knowledge() } else { builder }.build().unwrap()
}

/// RS-11, RS-12: whatever either side speaks, the bytes and the host are the same, and the token stays here.
#[tokio::test]
async fn every_pair_of_protocols_carries_the_same_call() {
    for (inwards, outwards) in [(false, false), (false, true), (true, false), (true, true)] {
        let upstream = Upstream::start().await;
        let gateway = gateway(&upstream, outwards).await;
        let call = client(inwards).post(gateway.url()).bearer_auth(gateway.signed());
        let answer = call.header("content-type", "application/json").body(CALL).send().await.unwrap();
        let spoken = if inwards { Version::HTTP_2 } else { Version::HTTP_11 };
        assert_eq!((answer.status().as_u16(), answer.version()), (200, spoken));
        assert!(answer.text().await.unwrap().contains("\"id\":1"));
        let request = upstream.only_request();
        assert_eq!(request.body, CALL);
        assert!(!request.headers.contains_key("authorization"));
        let host = request.uri.authority().map(ToString::to_string);
        let named = host.or_else(|| request.header("host").map(str::to_owned));
        assert_eq!(named, Some(upstream.server().addr.to_string()), "{inwards} {outwards}");
        assert_eq!(request.uri.authority().is_some(), outwards, "it speaks HTTP/2 where it is told to");
    }
}

/// Readers that stop hold back their own answers; the next caller, on the same connection to the upstream, is answered.
#[tokio::test]
async fn readers_that_stop_hold_back_nobody_else() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, true).await;
    let mut stopped = Vec::new();
    for _ in 0..STOPPED {
        let events = upstream.opens(": open\n\n").await;
        let mut answer = gateway.call().send().await.unwrap();
        assert!(answer.chunk().await.unwrap().is_some());
        stopped.push((events, answer));
    }
    time::pause();
    for (events, _) in &stopped {
        while time::timeout(Duration::from_secs(1), events.raw(vec![b'x'; 64 * 1024])).await == Ok(true) {}
    }
    time::resume();
    assert_eq!(upstream.server().connections(), 1);
    let next = async { gateway.call().send().await.unwrap().text().await.unwrap() };
    let text = time::timeout(Duration::from_secs(20), next).await.expect("it is not held back");
    assert!(text.contains("\"id\":1"), "{text}");
}

/// TM-12 over HTTP/2: a caller that leaves resets one stream of the connection to the upstream, and no other.
#[tokio::test]
async fn a_caller_that_leaves_cancels_its_own_call() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, true).await;
    let leaves = upstream.opens(": open\n\n").await;
    let first = gateway.call().send().await.unwrap();
    let stays = upstream.opens("data: 1\n\n").await;
    let mut second = gateway.call().send().await.unwrap();
    drop(first);
    leaves.closed().await;
    assert!(stays.raw("data: 2\n\n").await);
    drop(stays);
    let mut text = Vec::new();
    while let Some(piece) = second.chunk().await.unwrap() {
        text.extend_from_slice(&piece);
    }
    assert_eq!(text, b"data: 1\n\ndata: 2\n\n");
}

/// A client that acknowledges everything and takes no answer: no stream of it has a window.
async fn without_a_window(gateway: &Running) -> (SendRequest<Full<Bytes>>, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let builder = builder.initial_stream_window_size(0);
    let (client, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    (client, tokio::spawn(connection))
}

fn request(gateway: &Running, method: &str, is_somebody: bool) -> Request<Full<Bytes>> {
    let token = gateway.token().claim("exp", gateway.clock.now().plus(300).0).sign(&TestKey::rsa());
    let request = Request::builder()
        .method(method)
        .uri(gateway.url())
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    let request =
        if is_somebody { request.header("authorization", format!("Bearer {token}")) } else { request };
    request.body(if method == "POST" { CALL } else { "" }.into()).unwrap()
}

/// An answer that nobody takes, whosever it is, holds a connection for one to two write times.
#[tokio::test]
async fn a_connection_whose_answers_nobody_takes_is_cut() {
    for (what, is_somebody, length) in
        [("a refusal", false, None), ("a whole answer", true, Some("1000000")), ("a stream", true, None)]
    {
        let upstream = Upstream::start().await;
        let gateway = gateway(&upstream, false).await;
        let (events, reply) = Reply::events();
        upstream.next(length.into_iter().fold(reply, |reply, length| reply.header("content-length", length)));
        assert!(events.raw("x").await);
        let (mut client, connection) = without_a_window(&gateway).await;
        let answer = client.send_request(request(&gateway, "POST", is_somebody)).await.unwrap();
        assert_eq!(answer.status(), if is_somebody { 200 } else { 401 }, "{what}");
        time::pause();
        let start = Instant::now();
        let end = time::timeout(Duration::from_secs(86_400), connection).await;
        time::resume();
        assert!(end.is_ok(), "{what}: it is still open");
        let seconds = start.elapsed().as_secs();
        assert!((60..=200).contains(&seconds), "{what}: {seconds}");
        if is_somebody {
            events.closed().await;
        }
    }
}

/// G-07: beside a call that still waits for the upstream the connection stays. A token ends its stream all the same, and
/// the longest call its answer, whether or not it has a length.
#[tokio::test]
async fn a_stream_without_a_window_lets_go_of_its_server_in_time() {
    for (method, length, most) in
        [("GET", None, 330), ("POST", None, 3600), ("POST", Some("100000000"), 3600)]
    {
        let upstream = Upstream::start().await;
        let gateway = gateway(&upstream, false).await;
        let (mut client, _connection) = without_a_window(&gateway).await;
        let (_thinks, reply) = Reply::events();
        upstream.next(reply.thinking());
        let beside = tokio::spawn(client.send_request(request(&gateway, "POST", true)));
        upstream.arrived(1).await;
        let (events, reply) = Reply::events();
        upstream.next(length.into_iter().fold(reply, |reply, length| reply.header("content-length", length)));
        assert!(events.raw(vec![b'x'; 1024]).await);
        let answer = client.send_request(request(&gateway, method, true)).await.unwrap();
        assert_eq!(answer.status(), 200, "{method}");
        let seconds = seconds_held(&events).await;
        assert!((most - 10..=most).contains(&seconds), "{method} {length:?}: {seconds}");
        assert!(!beside.is_finished(), "the connection stays");
    }
}

/// An upstream takes only so many calls on a connection. Whoever opens that many waits alone.
#[tokio::test]
async fn callers_share_no_connection_over_http2_either() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, true).await;
    for (user, connections) in [("one", 1), ("one", 1), ("another", 2), ("one", 2)] {
        let token = gateway.token().claim("sub", user);
        assert_eq!(gateway.call_at(&gateway.url(), &token).send().await.unwrap().status(), 200);
        assert_eq!(upstream.server().connections(), connections, "{user}");
    }
}
