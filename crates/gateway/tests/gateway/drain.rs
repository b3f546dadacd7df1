//! The way out: who is in front hears of it first, and nothing is taken from anybody until then. Time is paused while
//! nothing else is to be done. (`crates/cli/tests/restart` has the same with processes, signals and load.)

use crate::fixture::{Running, run_within, settings_at};
use portcullis_gateway::ServeLimits;
use portcullis_testing::Upstream;
use reqwest::{Client, Response, Version};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{self, Instant},
};

const DELAY: Duration = Duration::from_secs(7);

async fn gateway(upstream: &Upstream) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identifier = format!("http://{}/mcp", listener.local_addr().unwrap());
    let limits = ServeLimits { drain_delay: DELAY, ..ServeLimits::default() };
    let gateway =
        run_within(listener, vec![settings_at(&upstream.url(), &identifier)], Default::default(), limits);
    assert_eq!(gateway.call().send().await.unwrap().status(), 200); // which has the keys
    assert_eq!(ready(&gateway).await.status(), 200);
    gateway
}

async fn ready(gateway: &Running) -> Response {
    gateway.client.get(format!("http://{}/ready", gateway.address)).send().await.unwrap()
}

/// An open-ended stream that has begun.
async fn stream(gateway: &Running, upstream: &Upstream) -> (portcullis_testing::upstream::Events, Response) {
    let events = upstream.opens(": open\n\n").await;
    let request = gateway.client.get(gateway.url()).bearer_auth(gateway.signed());
    let mut stream = request.header("accept", "text/event-stream").send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    (events, stream)
}

#[tokio::test]
async fn whoever_leaves_serves_until_others_have_noticed() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    let (events, mut stream) = stream(&gateway, &upstream).await;
    assert!(!gateway.call().send().await.unwrap().headers().contains_key("connection"));
    let http_2 = Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let call = |client: &Client| client.execute(gateway.call().build().unwrap());

    let start = Instant::now();
    gateway.drain.begin();
    // Over the connections that are there, and over new ones.
    for client in [&gateway.client, &Client::builder().no_proxy().build().unwrap()] {
        let answer = call(client).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["connection"].to_str().unwrap()),
            (200, &"close")
        );
    }
    let answer = call(&http_2).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    assert!(!answer.headers().contains_key("connection"), "HTTP/2 has none (RFC 9113 §8.2.2)");
    assert_eq!(ready(&gateway).await.status(), 503);
    assert!(events.raw(": still open\n\n").await);
    assert!(stream.chunk().await.unwrap().is_some());

    time::pause();
    assert_eq!(stream.chunk().await.unwrap(), None, "a whole stream, not a torn one");
    let seconds = start.elapsed().as_secs();
    time::resume();
    // What is done before the time is paused takes a busy machine some seconds.
    assert!((DELAY.as_secs()..2 * DELAY.as_secs()).contains(&seconds), "{seconds}");
    gateway.serving.await.unwrap();
}

/// Who connected before the end was told so, and may have sent a request by then.
#[tokio::test]
async fn whoever_has_just_connected_is_answered_once() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    let mut newcomers = Vec::new();
    for _ in 0..20 {
        newcomers.push(TcpStream::connect(gateway.address).await.unwrap());
    }
    let mut silent = TcpStream::connect(gateway.address).await.unwrap();
    gateway.drain.close();
    for mut newcomer in newcomers {
        let health = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
        newcomer.write_all(health.as_bytes()).await.unwrap();
        let mut answer = String::new();
        newcomer.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("connection: close"),
            "{answer}"
        );
    }
    time::pause();
    let start = Instant::now();
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0);
    gateway.serving.await.unwrap();
    let seconds = start.elapsed().as_secs();
    time::resume();
    assert!(seconds <= 1, "{seconds}");
}

#[tokio::test]
async fn closing_waits_for_nobody_to_notice() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    let (_events, mut stream) = stream(&gateway, &upstream).await;
    gateway.drain.begin();
    time::pause();
    let start = Instant::now();
    gateway.drain.close();
    assert_eq!(stream.chunk().await.unwrap(), None);
    gateway.serving.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 0);
    time::resume();
}
