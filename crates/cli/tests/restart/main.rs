//! Two `portcullis serve` behind a balancer, replaced one after the other under load: no call is lost, no stream is torn, no
//! session dies.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod client;
mod front;
mod replica;
mod upstream;

use axum::Router;
use client::{Caller, rest};
use front::{Front, Health};
use portcullis_testing::{LoopbackServer, TestKey, serve};
use replica::{Replica, Settings};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use upstream::Upstream;

/// Turns a hang into a failure.
const LONG: Duration = Duration::from_secs(180);

/// The issuer's keys and the server behind, for a gateway that is dialled at `authority`.
async fn surroundings(authority: &str, drain_delay: u64) -> (LoopbackServer, Upstream, Settings) {
    let keys = TestKey::rsa().jwks("key-1");
    let issuer = serve(Router::new().fallback(move || async move { axum::Json(keys) })).await;
    let upstream = Upstream::start().await;
    let settings = Settings {
        identifier: format!("http://{authority}/mcp"),
        upstream: upstream.url(),
        jwks: issuer.url(),
        drain_delay,
    };
    (issuer, upstream, settings)
}

/// TL-15
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_loses_nothing() {
    timeout(LONG, rolling_restart()).await.expect("it ends");
}

async fn rolling_restart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (_issuer, upstream, settings) = surroundings(&authority, 1).await;
    let mut replicas = [Replica::start(&settings), Replica::start(&settings)];
    let front = Front::start(listener, &replicas);
    for number in 0..replicas.len() {
        front.sees(number, Health::Ready).await;
    }
    let mut callers = Vec::new();
    for _ in 0..4 {
        callers.push(Caller::legacy(&settings.identifier).await);
        callers.push(Caller::modern(&settings.identifier));
    }
    let load = Load::start(&callers);

    for (number, batch) in [(0, 1), (1, 2)] {
        // Half of these are the leaving replica's, whose turn is every other time.
        let mut held = Vec::new();
        for caller in &callers {
            held.push(caller.begins(batch).await);
        }
        let replica = &mut replicas[number];
        assert!(front.served(number) > 0, "replica {number} has had calls");
        replica.signal("TERM");
        front.sees(number, Health::Refuses).await;
        assert!(!replica.has_ended(), "answers are still in flight: {}", replica.said());
        upstream.released.send_replace(batch);
        for (answer, expected) in held {
            assert_eq!(rest(answer).await, expected);
        }
        assert_eq!(replica.ended().await.code(), Some(0), "{}", replica.said());
        replica.start_again();
        front.sees(number, Health::Ready).await;
    }
    front.served(1);
    load.has_gone_on().await;
    assert!(front.served(1) > 0, "the new process has calls");
    let streams_ended = load.stop().await;
    assert!(streams_ended >= 2, "each replica held streams: {streams_ended}");
    for caller in &callers {
        caller.calls().await;
    }
}

/// Callers who call without pause, and listeners who open their stream again whenever it ends.
struct Load {
    callers: JoinSet<()>,
    listeners: JoinSet<()>,
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    streams_ended: Arc<AtomicUsize>,
}

impl Load {
    fn start(all: &[Caller]) -> Self {
        let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let streams_ended = Arc::new(AtomicUsize::new(0));
        let (mut callers, mut listeners) = (JoinSet::new(), JoinSet::new());
        for caller in all {
            let (caller, stop, calls) = (caller.clone(), stop.clone(), calls.clone());
            callers.spawn(async move {
                while !stop.load(SeqCst) {
                    caller.calls().await;
                    calls.fetch_add(1, SeqCst);
                }
            });
        }
        // Only the legacy era has streams of its own accord.
        for caller in all.iter().step_by(2) {
            let (caller, streams_ended) = (caller.clone(), streams_ended.clone());
            listeners.spawn(async move {
                loop {
                    assert_eq!(rest(caller.listens().await).await, "");
                    streams_ended.fetch_add(1, SeqCst);
                }
            });
        }
        Self { callers, listeners, stop, calls, streams_ended }
    }

    /// Waits for fifty calls more.
    async fn has_gone_on(&self) {
        let before = self.calls.load(SeqCst);
        while self.calls.load(SeqCst) < before + 50 {
            tokio::task::yield_now().await;
        }
    }

    /// How many streams ended meanwhile, all of them as they should, if every caller was content.
    async fn stop(mut self) -> usize {
        self.stop.store(true, SeqCst);
        while let Some(caller) = self.callers.join_next().await {
            caller.unwrap();
        }
        if let Some(ended) = self.listeners.try_join_next() {
            ended.unwrap();
        }
        self.streams_ended.load(SeqCst)
    }
}

/// Somebody who does not want to wait says it twice, or at the keyboard.
#[tokio::test]
async fn a_second_signal_or_ctrl_c_does_not_wait_for_balancers() {
    timeout(LONG, async {
        let (_issuer, _upstream, mut settings) = surroundings("127.0.0.1:1", 300).await;
        settings.identifier = "http://127.0.0.1:3002/mcp".into();
        let mut replica = Replica::start(&settings);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        is_ready(&client, &replica).await;
        replica.signal("TERM");
        let left = loop {
            let answer = ready(&client, &replica).await.expect("everything is served");
            if answer.status() == 503 {
                break answer;
            }
        };
        assert_eq!(left.headers()["connection"], "close");
        replica.signal("TERM");
        assert_eq!(replica.ended().await.code(), Some(0), "{}", replica.said());

        replica.start_again();
        is_ready(&client, &replica).await;
        replica.signal("INT");
        assert_eq!(replica.ended().await.code(), Some(0), "{}", replica.said());
    })
    .await
    .expect("it ends");
}

async fn ready(client: &reqwest::Client, replica: &Replica) -> reqwest::Result<reqwest::Response> {
    client.get(format!("http://{}/ready", replica.authority())).send().await
}

async fn is_ready(client: &reqwest::Client, replica: &Replica) {
    while !ready(client, replica).await.is_ok_and(|it| it.status() == 200) {
        tokio::task::yield_now().await;
    }
}
