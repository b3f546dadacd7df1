//! Upstreams that misbehave, by mistake or on purpose: one row a misbehaviour, and what its caller then reads. Every row has
//! the same around it: the gateway serves another caller before, meanwhile where it takes time, and afterwards; and
//! nothing of the upstream's inside shows. What bytes belong to whom under load is in `tags`.

mod bodies;
mod heads;
mod liar;
mod patience;
mod tags;

use crate::fixture::{CALL, Running, before};
use liar::{Act, Liar};
use reqwest::Response;
use serde_json::Value;
use std::time::Duration;
use tokio::time;

/// What the caller of a misbehaving upstream reads.
#[derive(Clone, Copy, Debug)]
enum Reads {
    /// Our own words, with the id of the request.
    Error(u16),
    /// The upstream's answer, as it is.
    Whole(u16, &'static str),
    /// An answer that is seen to be torn.
    Torn,
    /// The same, when its time is over.
    TornInTime,
}

/// In every head and body that must not show.
const INSIDE: &str = "inner-secret";
/// Longer than an upstream may take for anything.
const TOO_LONG: Duration = Duration::from_secs(3601);

/// A gateway, and the upstream behind it.
struct Stage {
    liar: Liar,
    gateway: Running,
}

impl Stage {
    async fn new() -> Self {
        let liar = Liar::start().await;
        let gateway = before(&liar.url(), Default::default()).await;
        Self { liar, gateway }
    }

    /// One row.
    async fn row(&mut self, what: &str, acts: Vec<Act>, reads: Reads) {
        self.row_with(what, CALL, acts, reads).await;
    }

    /// One row, whose caller sends this.
    async fn row_with(&mut self, what: &str, body: &str, acts: Vec<Act>, reads: Reads) {
        let never_ends = matches!(acts.last(), Some(Act::Stall | Act::Flood(_)));
        let takes_time = never_ends && !matches!(reads, Reads::Error(502) | Reads::Torn);
        self.liar.will(acts);
        self.good("before", what).await;
        let bad = self.caller(what).header("x-request-id", "bad").body(body.to_owned()).build().unwrap();
        let bad = tokio::spawn(self.gateway.client.execute(bad));
        if takes_time {
            self.liar.is_stuck().await;
            self.good("meanwhile", what).await;
            time::pause();
            time::advance(TOO_LONG).await;
            time::resume();
        }
        match (bad.await.unwrap(), reads) {
            // Before its first byte.
            (Err(error), Reads::Torn) => {
                assert!(!error.is_connect() && !error.is_timeout(), "{what}: {error:?}")
            }
            (answer, _) => is_read(answer.unwrap(), reads, &self.liar, what).await,
        }
        if never_ends {
            self.liar.is_let_go().await;
        }
        if takes_time {
            // One whose connections are not old.
            self.gateway.client = reqwest::Client::builder().no_proxy().build().unwrap();
        }
        for after in ["after", "and after", "and again"] {
            self.good(after, what).await;
        }
    }

    /// A call of the one who is named like this row.
    fn caller(&self, what: &str) -> reqwest::RequestBuilder {
        self.gateway.call_at(&self.gateway.url(), &self.gateway.token().claim("sub", what))
    }

    /// Another caller, whose answer is its own.
    async fn good(&self, name: &str, what: &str) {
        is_answered(self.caller("somebody else"), name, what).await;
    }
}

async fn is_answered(call: reqwest::RequestBuilder, name: &str, what: &str) {
    let answer = call.header("x-request-id", name).send().await;
    let answer = answer.unwrap_or_else(|error| panic!("{name} {what}: {error:?}"));
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap_or_else(|error| panic!("{name} {what}: {error:?}"));
    assert_eq!((status, text.as_str()), (200, name), "{what}");
}

async fn is_read(mut answer: Response, reads: Reads, liar: &Liar, what: &str) {
    let status = answer.status().as_u16();
    let head = format!("{:?}", answer.headers());
    assert!(!answer.headers().contains_key("mcp-session-id"), "{what}: no id crosses unsealed");
    let mut body = Vec::new();
    let end = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            end => break end.map(drop),
        }
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    match reads {
        Reads::Whole(expected, text) => {
            assert!(end.is_ok(), "{what}: {end:?}");
            assert_eq!((status, body.as_str()), (expected, text), "{what}");
        }
        Reads::Torn | Reads::TornInTime => {
            assert!(end.is_err(), "{what}: {status} {body}");
            assert_eq!(status, 200, "{what}");
        }
        Reads::Error(expected) => {
            assert!(end.is_ok(), "{what}: {end:?}");
            assert_eq!(status, expected, "{what}: {body}");
            let error: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((&error["id"], &error["error"]["code"]), (&1.into(), &(-32603).into()), "{what}");
            for inside in [INSIDE, &liar.address.to_string(), "/inner"] {
                assert!(!head.contains(inside) && !body.contains(inside), "{what}: {head} {body}");
            }
        }
    }
}

fn say(bytes: impl AsRef<[u8]>) -> Act {
    Act::Say(bytes.as_ref().to_vec())
}

/// These acts, and then the end of the connection.
fn then_close(bytes: impl AsRef<[u8]>) -> Vec<Act> {
    vec![say(bytes), Act::Close]
}
