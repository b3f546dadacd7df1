//! Sessions that stand for more than they may.

use super::{error, good_answers, header, is_modern, method, requests, set_header};
use crate::{
    fixture::{Known, Spoil, check, only},
    spoil::{replace, set},
};
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use portcullis_check::{Other, Outcome};
use portcullis_testing::Spoiled;
use serde_json::json;
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

/// A server of the revisions with sessions alone. In a session, no token is asked for, but to end it.
fn session_only(known: &Known) -> Spoil {
    let good = format!("Bearer {}", known.token);
    let let_in = Spoiled::requests(move |request| {
        if !header(request, "mcp-session-id").is_empty() && *request.method() != Method::DELETE {
            request.headers_mut().remove("authorization");
            set_header(request, "authorization", &good);
        }
    });
    Spoil::server(let_in.and_answers(|asked, answer| {
        if is_modern(asked) && answer.status() != StatusCode::UNAUTHORIZED {
            error(answer, 400, json!({ "code": -32600, "message": "no such version" }));
        }
    }))
}

/// TL-14, RS-21, JW-04, RS-07: the session is told once, and tokens are judged where no session decides.
#[tokio::test]
async fn a_session_that_stands_for_a_token_is_told_once() {
    told(session_only, "TL-14", "answered with 200").await;
    let others = |known: &Known| {
        let spoil = session_only(known).and_other(Other::User, &known.mint_for_bob());
        spoil.and_other(Other::Expired, &known.mint_expired()).thorough()
    };
    let report = check(others).await;
    only(&report, "TL-14");
    let outcome = |row: &str| report.findings().find(|finding| finding.row == row).unwrap().outcome;
    for row in ["RS-21", "JW-04", "RS-06", "RS-07"] {
        assert_eq!(outcome(row), Outcome::Passed, "{row}");
    }
    assert_eq!(outcome("TL-15"), Outcome::NotApplicable);
}

/// JW-04: a server of sessions whose signatures nobody verifies is not let off.
#[tokio::test]
async fn a_forged_token_that_opens_a_session_is_told() {
    let spoil = |known: &Known| {
        let (good, bad) = (format!("Bearer {}", known.token), known.token.clone());
        let signed = bad.rsplit_once('.').unwrap().0.to_owned();
        let forged = Spoiled::requests(move |request| {
            let bearer = header(request, "authorization").trim_start_matches("Bearer ").to_owned();
            if bearer.starts_with(&signed) && bearer.len() == bad.len() && bearer != bad {
                set_header(request, "authorization", &good);
            }
        });
        Spoil::server(forged.and_answers(|asked, answer| {
            if is_modern(asked) && answer.status() != StatusCode::UNAUTHORIZED {
                error(answer, 400, json!({ "code": -32600, "message": "no such version" }));
            }
        }))
    };
    told(spoil, "JW-04", "tampered").await;
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
