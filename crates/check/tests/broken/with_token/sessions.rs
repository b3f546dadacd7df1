//! Sessions that stand for more than they may.

use super::{good_answers, header, is_modern, method, requests, set_header};
use crate::{
    fixture::{Known, Spoil, check, only},
    spoil::{replace, set},
};
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use portcullis_check::{Other, Outcome};
use portcullis_testing::Spoiled;
use std::sync::{Arc, Mutex};

async fn told(spoil: impl FnOnce(&Known) -> Spoil, row: &str, expected: &str) -> Outcome {
    let report = check(spoil).await;
    let finding = only(&report, row);
    assert!(finding.said.as_ref().unwrap().contains(expected), "{finding:?}");
    finding.outcome
}

/// TL-14
#[tokio::test]
async fn a_session_that_stands_for_a_token_is_told() {
    let spoil = requests(|good, request| {
        let is_in_session = !header(request, "mcp-session-id").is_empty() && method(request) == "ping";
        if is_in_session && !request.headers().contains_key("authorization") {
            set_header(request, "authorization", good);
        }
    });
    told(spoil, "TL-14", "answered with 200").await;
}

/// TL-15, G-08
#[tokio::test]
async fn a_session_that_is_open_to_another_user_is_told() {
    let spoil = |known: &Known| {
        let bob = known.mint_for_bob();
        let (alices, bobs) = (format!("Bearer {}", known.token), format!("Bearer {bob}"));
        let swap = Spoiled::requests(move |request| {
            if !header(request, "mcp-session-id").is_empty() && header(request, "authorization") == bobs {
                set_header(request, "authorization", &alices);
            }
        });
        Spoil::server(swap).and_other(Other::User, &bob)
    };
    told(spoil, "TL-15", "let into the session").await;
}

/// Sessions have other ids on their way out, and their own on their way in.
fn renamed(rename: fn(usize) -> String) -> impl FnOnce(&Known) -> Spoil {
    move |_| {
        let real = Arc::new(Mutex::new(Vec::<String>::new()));
        let known = real.clone();
        let inwards = Spoiled::requests(move |request| {
            let real = known.lock().unwrap();
            let found =
                (0..real.len()).rev().find(|index| rename(*index) == header(request, "mcp-session-id"));
            if let Some(index) = found {
                set_header(request, "mcp-session-id", &real[index]);
            }
        });
        Spoil::server(inwards.and_answers(move |asked, answer| {
            let id = answer.headers().get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
            if let Some(id) = id.filter(|_| method(asked) == "initialize") {
                let mut real = real.lock().unwrap();
                set(answer, "mcp-session-id", &rename(real.len()));
                real.push(id);
            }
        }))
    }
}

/// TL-10
#[tokio::test]
async fn a_session_id_that_is_not_visible_is_told() {
    let spoil = renamed(|index| format!("6f1c2e9a-8a3b-4f56 {index:012}"));
    assert_eq!(told(spoil, "TL-10", "a blank").await, Outcome::Failed);
}

/// TL-10
#[tokio::test]
async fn a_session_id_that_can_be_guessed_is_told() {
    let spoil = renamed(|index| format!("session-{index}"));
    assert_eq!(told(spoil, "TL-10", "a session id of 9 characters").await, Outcome::Warned);
}

/// TL-11
#[tokio::test]
async fn a_missing_session_and_another_status_than_400_is_told() {
    let spoil = good_answers(|asked, answer| {
        let is_legacy =
            header(asked, "mcp-protocol-version") == "2025-11-25" && method(asked) == "tools/list";
        if is_legacy && header(asked, "mcp-session-id").is_empty() {
            replace(answer, 404, "application/json", "{}");
        }
    });
    told(spoil, "TL-11", "404, not 400").await;
}

/// TL-12
#[tokio::test]
async fn an_unknown_session_and_another_status_than_404_is_told() {
    let spoil = good_answers(|asked, answer| {
        if header(asked, "mcp-session-id") == "portcullis-check-has-no-such-session" {
            *answer.status_mut() = StatusCode::BAD_REQUEST;
        }
    });
    told(spoil, "TL-12", "400, not 404").await;
}

/// TL-12: seen only where everything is looked at.
#[tokio::test]
async fn a_session_that_outlives_its_end_is_told() {
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let spoil = move |_: &Known| {
        let kept = Spoiled::requests(move |request| {
            if *request.method() == Method::DELETE {
                *request.method_mut() = Method::POST;
                *request.body_mut() = Bytes::from_static(ping.as_bytes());
                set_header(request, "content-type", "application/json");
                set_header(request, "accept", "application/json, text/event-stream");
            }
        });
        let kept = kept.and_answers(|asked, answer| {
            if *asked.method() == Method::DELETE && answer.status() == StatusCode::OK {
                replace(answer, 202, "application/json", "");
            }
        });
        Spoil::server(kept).thorough()
    };
    told(spoil, "TL-12", "a session that was ended was answered with 200").await;
}

/// TL-13
#[tokio::test]
async fn a_session_that_cannot_be_ended_is_told() {
    let spoil = good_answers(|asked, answer| {
        if *asked.method() == Method::DELETE && !is_modern(asked) {
            replace(answer, 404, "application/json", "{}");
        }
    });
    told(spoil, "TL-13", "DELETE was answered with 404").await;
}
