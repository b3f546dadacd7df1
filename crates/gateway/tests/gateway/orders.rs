//! Orders to revoke: understood whole or refused, in effect when they are answered, and kept. The attacks: an order that
//! means less than its author thinks; many at once; a restart; a disk that is full.

use crate::administered::{Administered, ISSUER, answering, before, deleted, start};
use portcullis_oauth::Clock as _;
use portcullis_testing::Token;
use reqwest::Method;
use serde_json::{Value, json};
use std::{fs, sync::Arc};
use tokio::task::JoinSet;

/// An order that is understood in part would revoke less, or more, than was meant.
#[tokio::test]
async fn an_order_is_understood_whole_or_refused() {
    let gateway = start(None).await;
    let now = gateway.running.clock.now().0;
    let long = "x".repeat(1025);
    for (name, order) in [
        ("nobody", json!({ "issuer": ISSUER })),
        ("two kinds", json!({ "issuer": ISSUER, "jti": "token-1", "subject": "user-1" })),
        ("no issuer", json!({ "subject": "user-1" })),
        (
            "an issuer that is not configured",
            json!({ "issuer": "https://issuer.exampl", "subject": "user-1" }),
        ),
        ("an issuer with a slash more", json!({ "issuer": format!("{ISSUER}/"), "subject": "user-1" })),
        ("an empty name", json!({ "issuer": ISSUER, "subject": "" })),
        ("a long name", json!({ "issuer": ISSUER, "subject": long })),
        ("a number for a name", json!({ "issuer": ISSUER, "subject": 7 })),
        ("an unknown member", json!({ "issuer": ISSUER, "subject": "user-1", "tenant": "a" })),
        ("a misspelled member", json!({ "issuer": ISSUER, "subject": "user-1", "Before": now })),
        ("milliseconds", json!({ "issuer": ISSUER, "subject": "user-1", "before": now * 1000 })),
        ("a time in words", json!({ "issuer": ISSUER, "subject": "user-1", "before": "now" })),
        ("a time for one token", json!({ "issuer": ISSUER, "jti": "token-1", "before": now })),
        ("no time at all", json!({ "issuer": ISSUER, "subject": "user-1", "expires_in": 0 })),
        ("less than that", json!({ "issuer": ISSUER, "subject": "user-1", "expires_in": -1 })),
        ("more than a year", json!({ "issuer": ISSUER, "subject": "user-1", "expires_in": 31_622_401 })),
        ("a list", json!([ISSUER, "token-1", null, null, null, null, null])),
        ("a text", json!("user-1")),
    ] {
        let (status, answer) = gateway.revoke(order).await;
        assert_eq!((status, &answer["error"]), (400, &Value::from("invalid_request")), "{name}: {answer}");
    }
    for body in [
        format!(r#"{{"issuer":"{ISSUER}","subject":"user-2","subject":"user-1"}}"#),
        format!(r#"{{"issuer":"{ISSUER}","subject":"user-1"}} {{}}"#),
        format!(r#"{{"issuer":"{ISSUER}","subject":"user-1""#),
    ] {
        let request = gateway.ask(Method::POST, "/revocations").header("content-type", "application/json");
        assert_eq!(request.body(body.clone()).send().await.unwrap().status(), 400, "{body}");
    }
    assert_eq!(gateway.get("/revocations").await, json!({ "revocations": [] }));
    assert_eq!(gateway.call(&gateway.token()).await, 200);
}

/// To send an order again, because nobody knows whether it arrived, is to say it once.
#[tokio::test]
async fn an_order_that_comes_again_is_the_same_revocation() {
    let gateway = start(None).await;
    let order = json!({ "issuer": ISSUER, "subject": "user-1", "expires_in": 100 });
    let id = gateway.revoked(order.clone()).await;
    let (status, again) = gateway.revoke(order).await;
    assert_eq!((status, again["id"].as_u64()), (200, Some(id)));
    let (status, longer) =
        gateway.revoke(json!({ "issuer": ISSUER, "subject": "user-1", "expires_in": 500 })).await;
    assert_eq!((status, longer["id"].as_u64()), (200, Some(id)));
    let (status, shorter) =
        gateway.revoke(json!({ "issuer": ISSUER, "subject": "user-1", "expires_in": 5 })).await;
    assert_eq!((status, &shorter["expires_at"]), (200, &longer["expires_at"]), "it is not cut short");
    let other = gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-1", "before": 5 })).await;
    assert_ne!(other, id, "which means fewer tokens");
    gateway.running.clock.advance(400);
    assert_eq!(gateway.call(&gateway.token()).await, 401);
}

#[tokio::test]
async fn revocations_are_listed_page_by_page() {
    let gateway = start(None).await;
    for number in 0..5 {
        gateway.revoked(json!({ "issuer": ISSUER, "jti": format!("token-{number}") })).await;
    }
    let (mut path, mut seen) = ("/revocations?limit=2".to_owned(), Vec::new());
    loop {
        let page = gateway.get(&path).await;
        let entries = page["revocations"].as_array().unwrap().clone();
        assert!(entries.len() <= 2);
        seen.extend(entries.iter().map(|entry| entry["jti"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = next.to_owned();
    }
    assert_eq!(seen, ["token-0", "token-1", "token-2", "token-3", "token-4"]);
}

/// Orders at once, while calls run: each is in effect when it is answered, and none is lost on the way to the disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_at_once_are_all_in_effect_and_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("revocations.json");
    let gateway = Arc::new(start(Some(&file)).await);
    let mut orders = JoinSet::new();
    for number in 0..40 {
        let gateway = gateway.clone();
        orders.spawn(async move {
            let user = format!("user-{number}");
            let token = gateway.token().claim("sub", user.clone()).claim("jti", user.clone());
            assert_eq!(gateway.call(&token).await, 200);
            gateway.revoked(json!({ "issuer": ISSUER, "subject": user })).await;
            assert_eq!(gateway.call(&token).await, 401);
            assert_eq!(gateway.call(&gateway.token().claim("sub", "nobody")).await, 200);
        });
    }
    while let Some(order) = orders.join_next().await {
        order.unwrap();
    }
    let again = start(Some(&file)).await;
    assert_eq!(again.get("/revocations").await["revocations"].as_array().unwrap().len(), 40);
    for number in 0..40 {
        let token = again.token().claim("sub", format!("user-{number}"));
        assert_eq!(again.call(&token).await, 401, "{number}");
    }
}

/// What was revoked stays so, ids included, and what has expired meanwhile is gone.
#[tokio::test]
async fn a_restart_forgets_nothing_that_is_in_effect() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("revocations.json");
    let lasting = |gateway: &Administered| -> Token {
        gateway.token().claim("exp", gateway.running.clock.now().plus(100_000).0)
    };
    let (first, last) = {
        let gateway = start(Some(&file)).await;
        let first = gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-1" })).await;
        gateway.revoked(json!({ "issuer": ISSUER, "client": "client-2", "expires_in": 10 })).await;
        let removed = gateway.revoked(json!({ "issuer": ISSUER, "jti": "token-3" })).await;
        assert_eq!(deleted(&gateway, removed).await, 204);
        (first, removed)
    };
    let clock = Arc::<portcullis_testing::TestClock>::default();
    clock.advance(100);
    let gateway = { before(answering().await, Some(&file), clock).await };
    let token = lasting(&gateway);
    assert_eq!(gateway.call(&token).await, 401);
    let others = token.clone().claim("sub", "user-2");
    assert_eq!(gateway.call(&others.clone().claim("client_id", "client-2")).await, 200);
    assert_eq!(gateway.call(&others.clone().claim("jti", "token-3")).await, 200);
    let listed = gateway.get("/revocations").await;
    assert_eq!(
        (listed["revocations"].as_array().unwrap().len(), listed["revocations"][0]["id"].as_u64()),
        (1, Some(first))
    );
    assert!(
        gateway.revoked(json!({ "issuer": ISSUER, "jti": "token-4" })).await > last,
        "no id is given twice"
    );
}

/// The disk is full, or gone: whoever asked is told what is true.
#[tokio::test]
async fn a_file_that_cannot_be_written_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    let gateway = start(Some(&home.join("revocations.json"))).await;
    let kept = gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-1" })).await;
    let away = folder.path().join("away");
    fs::rename(&home, &away).unwrap();

    let order = json!({ "issuer": ISSUER, "subject": "user-2" });
    let (status, answer) = gateway.revoke(order.clone()).await;
    assert_eq!((status, &answer["error"], &answer["in_effect"]), (503, &"not_saved".into(), &true.into()));
    assert_eq!(gateway.call(&gateway.token().claim("sub", "user-2")).await, 401, "as it was said");
    let (status, _) = gateway.revoke(order.clone()).await;
    assert_eq!(status, 503, "it is still not written");
    assert_eq!(deleted(&gateway, kept).await, 503);
    assert_eq!(gateway.call(&gateway.token()).await, 401, "what could not be taken back is in effect");

    fs::rename(&away, &home).unwrap();
    let (status, _) = gateway.revoke(order).await;
    assert_eq!(status, 200, "the same order again writes what is missing");
    assert!(fs::read_to_string(home.join("revocations.json")).unwrap().contains("user-2"));
    assert_eq!(deleted(&gateway, kept).await, 204);
    assert_eq!(gateway.call(&gateway.token()).await, 200);
}
