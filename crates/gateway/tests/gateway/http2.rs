//! HTTP/2 on either side, or on both. What HTTP/1.1 keeps apart by connections is kept apart by streams.

use crate::fixture::{CALL, Running, run, settings_at};
use http::Version;
use portcullis_gateway::{ResourceSettings, UpstreamConnections};
use portcullis_testing::{Upstream, upstream::Reply};
use std::time::Duration;
use tokio::{net::TcpListener, time};

/// More than one connection's window is worth of streams that nobody reads would fill, were it hyper's.
const STOPPED: usize = 24;

async fn gateway(upstream: &Upstream, is_http2: bool) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identifier = format!("http://{}/mcp", listener.local_addr().unwrap());
    let upstream_connections =
        if is_http2 { UpstreamConnections::Http2 } else { UpstreamConnections::default() };
    let settings = ResourceSettings { upstream_connections, ..settings_at(&upstream.url(), &identifier) };
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
        let (events, reply) = Reply::events();
        upstream.next(reply);
        assert!(events.raw(": open\n\n").await);
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
    let (leaves, reply) = Reply::events();
    upstream.next(reply);
    assert!(leaves.raw(": open\n\n").await);
    let first = gateway.call().send().await.unwrap();
    let (stays, reply) = Reply::events();
    upstream.next(reply);
    assert!(stays.raw("data: 1\n\n").await);
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
