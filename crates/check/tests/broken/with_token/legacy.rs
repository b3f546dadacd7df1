//! The revisions with a handshake, but for their sessions.

use super::{good_answers, header, is_modern, json_answer, message, method, requests};
use crate::{
    fixture::{Known, Spoil, check, only, seen},
    spoil::replace,
};
use axum::http::{Method, Request};
use bytes::Bytes;
use portcullis_fetch::End;
use serde_json::json;

async fn told(spoil: impl FnOnce(&Known) -> Spoil, row: &str, expected: &str) {
    let report = check(spoil).await;
    let finding = only(&report, row);
    assert!(finding.said.as_ref().unwrap().contains(expected), "{finding:?}");
}

/// TL-02
#[tokio::test]
async fn a_stream_that_is_none_is_told() {
    for (status, expected) in [(200, "no event stream"), (404, "404")] {
        let spoil = good_answers(move |asked, answer| {
            if *asked.method() == Method::GET {
                replace(answer, status, "application/json", "{}");
            }
        });
        told(spoil, "TL-02", expected).await;
    }
}

fn is_batch(asked: &Request<Bytes>) -> bool {
    header(asked, "mcp-protocol-version").is_empty() && message(asked).is_array()
}

fn has_initialize(asked: &Request<Bytes>) -> bool {
    message(asked)[0]["method"] == "initialize"
}

/// TL-03
#[tokio::test]
async fn batches_that_are_refused_are_told() {
    let spoil = good_answers(|asked, answer| {
        if is_batch(asked) && !has_initialize(asked) {
            replace(answer, 400, "application/json", "{}");
        }
    });
    told(spoil, "TL-03", "an array of two requests was answered with 400").await;
}

/// TL-03
#[tokio::test]
async fn a_handshake_in_a_batch_is_told() {
    let spoil = good_answers(|asked, answer| {
        if is_batch(asked) && has_initialize(asked) {
            let result = json!({ "protocolVersion": "2025-03-26", "capabilities": {} });
            json_answer(answer, 200, &json!([{ "jsonrpc": "2.0", "id": 1, "result": result }]));
        }
    });
    told(spoil, "TL-03", "with an agreement").await;
}

/// TL-04
#[tokio::test]
async fn a_batch_where_there_are_none_is_told() {
    let spoil = good_answers(|asked, answer| {
        if header(asked, "mcp-protocol-version") == "2025-11-25" && message(asked).is_array() {
            json_answer(answer, 200, &json!([]));
        }
    });
    told(spoil, "TL-04", "an array of two requests").await;
}

/// TL-05
#[tokio::test]
async fn an_answer_to_what_asks_nothing_is_told() {
    let spoil = good_answers(|asked, answer| {
        if method(asked) == "notifications/initialized" {
            replace(answer, 200, "application/json", "{}");
        }
    });
    told(spoil, "TL-05", "answered with 200").await;
}

/// TL-16
#[tokio::test]
async fn an_unknown_revision_that_is_not_seen_is_told() {
    let spoil = requests(|_, request| {
        if header(request, "mcp-protocol-version") == "1900-01-01"
            && !is_modern(request)
            && method(request) == "ping"
        {
            request.headers_mut().remove("mcp-protocol-version");
        }
    });
    told(spoil, "TL-16", "an unknown revision was answered with 200").await;
}

/// TL-02: that it is there is all there is to see; whatever is in it, nobody waits for.
#[tokio::test]
async fn a_stream_is_left_as_soon_as_it_is_there() {
    let seen = seen(|_| Spoil::default()).await;
    let legacy = seen.authorized.unwrap().accepted.unwrap().legacy.unwrap();
    let answer = legacy.get.came.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len(), answer.end), (200, 0, End::StillOpen));
}
