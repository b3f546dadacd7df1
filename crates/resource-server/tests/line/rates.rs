//! Limits as a caller meets them: 429 with a time to come back, which the clock keeps; and as the operator reads of them.

use crate::fixture::{Fixture, LIST, post};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use portcullis_resource_server::{AddressLimit, ClientAddress, InMemory, Observer, RateLimits};
use portcullis_testing::TestKey;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

fn limited(limits: impl FnOnce(&dyn Fn(&str) -> Arc<InMemory>, &Fixture) -> RateLimits) -> Fixture {
    let mut f = Fixture::new();
    let clock = f.clock.clone();
    f.line.rates = limits(&|rate| Arc::new(InMemory::new(rate.parse().unwrap(), clock.clone())), &f);
    f
}

fn per_address(rate: &str) -> Fixture {
    limited(|limit, f| {
        RateLimits::off().per_address(Arc::new(AddressLimit::new(limit(rate), f.clock.clone())))
    })
}

fn from(address: Option<&str>, token: &str) -> Request<Full<Bytes>> {
    let mut request = post(token, LIST);
    if let Some(address) = address {
        request.extensions_mut().insert(ClientAddress(address.parse().unwrap()));
    }
    request
}

async fn reason(f: &Fixture, request: Request<Full<Bytes>>) -> &'static str {
    match f.admit(request).await {
        Ok(_) => "ok",
        Err(refusal) => refusal.reason.code(),
    }
}

fn token_of(f: &Fixture, subject: &str, client: &str) -> String {
    let token = f.token().claim("sub", subject).claim("client_id", client);
    token.claim("scope", "todo:read todo:write").sign(&TestKey::rsa())
}

fn call(tool: &str) -> String {
    LIST.replace("list_todos", tool)
}

/// TM-34, G-05, G-23, CH-18: 429, a time that is kept, a JSON-RPC error without a reserved code, and no challenge.
#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_back() {
    let f = limited(|limit, _| RateLimits::off().per_subject(limit("6/minute burst 2")));
    let token = token_of(&f, "alice", "client-1");
    for _ in 0..2 {
        assert_eq!(f.call(&token).await, "ok");
    }
    let refusal = f.admit(post(&token, LIST)).await.unwrap_err();
    let (head, body) = refusal.response(&f.line.challenge_context()).into_parts();
    assert_eq!((head.status.as_u16(), head.headers[header::RETRY_AFTER].to_str().unwrap()), (429, "10"));
    assert!(!head.headers.contains_key(header::WWW_AUTHENTICATE));
    assert_eq!(head.headers[header::CONTENT_TYPE], "application/json");
    let body: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!((&body["id"], &body["error"]["code"]), (&Value::from(1), &Value::from(429)));
    f.clock.advance(9);
    assert_eq!(f.call(&token).await, "rate_limited_caller");
    f.clock.advance(1);
    assert_eq!(f.call(&token).await, "ok");
}

/// TM-34: before the token is looked at; of nobody's address all requests are counted as one's.
#[tokio::test]
async fn an_address_is_limited_whatever_it_sends() {
    let f = per_address("60/minute burst 2");
    let good = token_of(&f, "alice", "client-1");
    for address in [Some("203.0.113.7"), None] {
        assert_eq!(reason(&f, from(address, "forged")).await, "token_malformed");
        assert_eq!(reason(&f, from(address, &good)).await, "ok");
        let refusal = f.admit(from(address, &good)).await.unwrap_err();
        assert_eq!(refusal.reason.code(), "rate_limited_address");
        let response = refusal.response(&f.line.challenge_context());
        assert_eq!(
            (response.status().as_u16(), response.headers()[header::RETRY_AFTER].to_str().unwrap()),
            (429, "1")
        );
    }
    let checks = f.signature_checks();
    assert_eq!(
        reason(&f, from(Some("203.0.113.7"), &token_of(&f, "new", "c"))).await,
        "rate_limited_address"
    );
    assert_eq!(f.signature_checks(), checks, "nothing was verified");
    assert_eq!(reason(&f, from(Some("203.0.113.8"), &good)).await, "ok", "one subject at another address");
}

/// TM-34: an IPv4 address is one however it is written; of IPv6 a whole /64 is one, and its neighbour another.
#[tokio::test]
async fn an_address_is_counted_as_what_one_party_has() {
    for (first, second, expected) in [
        ("203.0.113.7", "::ffff:203.0.113.7", "rate_limited_address"),
        ("203.0.113.7", "203.0.113.8", "ok"),
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", "rate_limited_address"),
        ("2001:db8::1", "2001:db8:0:1::1", "ok"),
        ("2001:db8::1", "203.0.113.7", "ok"),
    ] {
        let f = per_address("1/minute");
        let good = token_of(&f, "alice", "client-1");
        assert_eq!(reason(&f, from(Some(first), &good)).await, "ok");
        assert_eq!(reason(&f, from(Some(second), &good)).await, expected, "{first} {second}");
    }
}

/// TM-34: a person is one with every client, token and address; the same name at another client is the same person, and
/// another person is not.
#[tokio::test]
async fn a_subject_is_one_whatever_client_and_token_it_comes_with() {
    let f = limited(|limit, _| RateLimits::off().per_subject(limit("2/minute")));
    assert_eq!(f.call(&token_of(&f, "alice", "client-1")).await, "ok");
    assert_eq!(f.call(&token_of(&f, "alice", "client-2")).await, "ok");
    assert_eq!(f.call(&token_of(&f, "alice", "client-3")).await, "rate_limited_caller");
    assert_eq!(f.call(&token_of(&f, "bob", "client-1")).await, "ok");
}

/// TM-34
#[tokio::test]
async fn a_client_is_one_for_all_its_users() {
    let f = limited(|limit, _| RateLimits::off().per_client(limit("2/minute")));
    assert_eq!(f.call(&token_of(&f, "alice", "client-1")).await, "ok");
    assert_eq!(f.call(&token_of(&f, "bob", "client-1")).await, "ok");
    assert_eq!(f.call(&token_of(&f, "carol", "client-1")).await, "rate_limited_caller");
    assert_eq!(f.call(&token_of(&f, "carol", "client-2")).await, "ok");
}

/// TM-34: the rule that names most of a tool limits it, for each subject and each tool.
#[tokio::test]
async fn a_tool_is_limited_by_the_rule_that_names_most_of_it() {
    let f = limited(|limit, _| {
        RateLimits::off()
            .tool("*", limit("3/hour"))
            .tool("delete_todo", limit("1/hour"))
            .tool("*_todo", limit("2/hour"))
    });
    let (alice, bob) = (token_of(&f, "alice", "c"), token_of(&f, "bob", "c"));
    for (tool, allowed) in [("list_todos", 3), ("create_todo", 2), ("delete_todo", 1), ("update_todo", 2)] {
        for token in [&alice, &bob] {
            for _ in 0..allowed {
                assert_eq!(reason(&f, post(token, &call(tool))).await, "ok", "{tool}");
            }
            assert_eq!(reason(&f, post(token, &call(tool))).await, "rate_limited_tool", "{tool}");
        }
    }
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    assert_eq!(reason(&f, post(&alice, ping)).await, "ok", "no tool");
}

/// TL-03: one request with many calls in it is many.
#[tokio::test]
async fn a_batch_counts_as_what_is_in_it() {
    let f = limited(|limit, _| RateLimits::off().per_subject(limit("3/hour")).tool("*", limit("2/hour")));
    let one = |id: usize| LIST.replace("\"id\":1", &format!("\"id\":{id}"));
    let batch = |calls: usize| format!("[{}]", (0..calls).map(one).collect::<Vec<_>>().join(","));
    let with = |user: &str, calls| post(&token_of(&f, user, "c"), &batch(calls));
    assert_eq!(reason(&f, with("alice", 4)).await, "rate_limited_caller");
    assert_eq!(reason(&f, with("alice", 3)).await, "rate_limited_tool");
    assert_eq!(reason(&f, with("bob", 2)).await, "ok");
    assert_eq!(reason(&f, with("bob", 1)).await, "rate_limited_tool");
}

/// TM-34: a name that no rule lists is refused as ever, and asking for it is counted as ever.
#[tokio::test]
async fn guessing_tools_is_counted() {
    let f = limited(|limit, _| RateLimits::off().per_subject(limit("2/hour")));
    let token = token_of(&f, "alice", "c");
    for (tool, expected) in [("a", "unlisted"), ("b", "unlisted"), ("c", "rate_limited_caller")] {
        assert_eq!(reason(&f, post(&token, &call(tool))).await, expected);
    }
}

/// A flood from one address is one event a minute, which says how many there were; a caller is recorded each time.
#[tokio::test]
async fn a_flood_is_in_the_log_and_the_log_is_not_the_flood() {
    let f = per_address("1/hour");
    let events = |f: &Fixture| -> Vec<Value> {
        let all =
            f.events().iter().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
        all.into_iter().filter(|event| event["reason"] == "rate_limited_address").collect()
    };
    for _ in 0..1001 {
        reason(&f, from(Some("203.0.113.7"), "forged")).await;
    }
    let first = events(&f);
    assert_eq!((first.len(), first[0].get("unrecorded")), (1, None));
    let detail = first[0]["detail"].as_str().unwrap();
    assert!(detail.contains("from 203.0.113.7") && detail.contains("3600 s"), "{detail}");
    assert_eq!(first[0]["status"], 429);
    f.clock.advance(60);
    reason(&f, from(Some("203.0.113.7"), "forged")).await;
    let second = events(&f);
    assert_eq!((second.len(), &second[1]["unrecorded"]), (2, &Value::from(999)));
    let f = limited(|limit, _| RateLimits::off().per_subject(limit("1/hour")));
    let token = token_of(&f, "alice", "client-1");
    for _ in 0..4 {
        f.call(&token).await;
    }
    let of_alice = f.events().iter().filter(|event| event.contains("rate_limited_caller")).count();
    assert_eq!((of_alice, f.events().len()), (3, 4));
    assert!(f.events()[3].contains(r#""sub":"alice""#) && f.events()[3].contains("list_todos"));
}

/// Counts decisions.
#[derive(Default)]
struct Counted(Mutex<BTreeMap<(&'static str, &'static str), u64>>);

impl Observer for Counted {
    fn decided(&self, decision: &'static str, reason: &'static str) {
        *self.0.lock().unwrap().entry((decision, reason)).or_default() += 1;
    }
}

/// A flood is counted to the last request, also where none of it is an event of its own.
#[tokio::test]
async fn a_flood_is_counted_to_the_last_request() {
    let mut f = per_address("2/hour");
    let counted = Arc::new(Counted::default());
    f.line.observer = Some(counted.clone());
    let good = token_of(&f, "alice", "client-1");
    for token in ["forged", &good].into_iter().chain([good.as_str(); 1000]) {
        reason(&f, from(Some("203.0.113.7"), token)).await;
    }
    let expected = [
        (("admitted", "ok"), 1),
        (("refused", "rate_limited_address"), 1000),
        (("refused", "token_malformed"), 1),
    ];
    assert_eq!(*counted.0.lock().unwrap(), BTreeMap::from(expected));
    assert_eq!(f.events().len(), 3);
}

/// Exactly as many pass as may, however many come at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_requests_at_once_exactly_as_many_pass_as_may() {
    let f = Arc::new(limited(|limit, _| RateLimits::off().per_subject(limit("10/hour"))));
    let token = token_of(&f, "alice", "client-1");
    f.call(&token_of(&f, "bob", "client-1")).await; // keys are there
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let (f, token) = (f.clone(), token.clone());
            tokio::spawn(async move { f.call(&token).await })
        })
        .collect();
    let mut passed = 0;
    for call in calls {
        passed += u32::from(call.await.unwrap() == "ok");
    }
    assert_eq!(passed, 10);
}
