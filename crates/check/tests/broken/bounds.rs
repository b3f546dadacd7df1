//! What a look costs: its time has an end, and nothing is left behind.

use crate::{
    fixture::{Spoil, check, nothing},
    spoil::replace,
};
use axum::http::Method;
use portcullis_testing::Spoiled;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

/// When the time is up, nothing is asked, and nothing is said of the server but that.
#[tokio::test]
async fn what_there_was_no_time_for_is_not_judged() {
    let asked = Arc::new(Mutex::new(0));
    let counted = asked.clone();
    let report = check(move |_| {
        Spoil::server(Spoiled::requests(move |_| *counted.lock().unwrap() += 1))
            .for_no_longer_than(Duration::ZERO)
    })
    .await;
    assert_eq!(*asked.lock().unwrap(), 0);
    assert!(report.cut_short.is_some());
    nothing(&report);
    for client in &report.clients {
        assert!(client.stops.is_none() && !client.reaches_sign_in, "{client:?}");
        assert!(client.not_played.as_deref().is_some_and(|why| why.contains("time")), "{client:?}");
    }
    assert!(check(|_| Spoil::default()).await.cut_short.is_none());
}

/// TL-13: those that pages open too, and those of a server that lets everybody in.
#[tokio::test]
async fn every_session_that_is_opened_is_ended() {
    for lets_in_everybody in [false, true] {
        let open = Arc::new(Mutex::new((0, BTreeSet::new())));
        let sessions = open.clone();
        check(move |_| {
            Spoil::server(Spoiled::answers(move |asked, answer| {
                let (opened, open) = &mut *sessions.lock().unwrap();
                if let Some(session) = asked.headers().get("mcp-session-id") {
                    if *asked.method() == Method::DELETE {
                        open.remove(session.to_str().unwrap());
                    }
                } else if *asked.method() == Method::POST
                    && (lets_in_everybody || asked.headers().contains_key("authorization"))
                    && String::from_utf8_lossy(asked.body()).contains("\"initialize\"")
                {
                    *opened += 1;
                    let body = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25"}}"#;
                    replace(answer, 200, "application/json", body);
                    let id = format!("session-{opened}");
                    answer.headers_mut().insert("mcp-session-id", id.parse().unwrap());
                    open.insert(id);
                }
            }))
        })
        .await;
        let (opened, open) = &*open.lock().unwrap();
        assert!(*opened > 5 && open.is_empty(), "{opened}: {open:?}");
    }
}
