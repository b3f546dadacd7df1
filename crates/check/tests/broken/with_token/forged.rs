//! Tokens that nobody issued, and tokens in places where none belongs.

use super::{error, header, requests, set_header};
use crate::fixture::{Spoil, check, only};
use axum::http::{HeaderValue, Request};
use bytes::Bytes;
use portcullis_check::Outcome;
use portcullis_testing::Spoiled;
use serde_json::json;

/// What stands before the signature, and the signature.
fn split(bearer: &str) -> (&str, &str) {
    bearer.rsplit_once('.').unwrap_or_default()
}

fn is_tampered(good: &str, asked: &Request<Bytes>) -> bool {
    let (bearer, good) = (split(header(asked, "authorization")), split(good));
    bearer.0 == good.0 && bearer.1 != good.1 && !bearer.1.is_empty() && !bearer.1.contains(' ')
}

async fn accepting(
    is_taken: impl Fn(&str, &Request<Bytes>) -> bool + Send + Sync + 'static,
    row: &str,
    expected: &str,
) {
    let report = check(requests(move |good, request| {
        if is_taken(good, request) {
            set_header(request, "authorization", good);
        }
    }))
    .await;
    let finding = only(&report, row);
    assert!(finding.said.as_ref().unwrap().contains(expected), "{finding:?}");
    assert_eq!(finding.outcome, Outcome::Failed);
}

/// JW-04
#[tokio::test]
async fn a_signature_that_is_not_verified_is_told() {
    accepting(is_tampered, "JW-04", "tampered").await;
}

/// JW-04: the signature is a good one, of other claims.
#[tokio::test]
async fn claims_that_nobody_signed_are_told() {
    let is_altered = |good: &str, asked: &Request<Bytes>| {
        let (bearer, good) = (split(header(asked, "authorization")), split(good));
        bearer.1 == good.1 && bearer.0 != good.0 && bearer.0.starts_with("Bearer ey")
    };
    accepting(is_altered, "JW-04", "altered").await;
}

/// JW-04
#[tokio::test]
async fn a_token_without_a_signature_that_is_let_in_is_told() {
    let is_unsigned = |_: &str, asked: &Request<Bytes>| header(asked, "authorization").ends_with('.');
    accepting(is_unsigned, "JW-04", "alg: none").await;
    let is_stripped =
        |good: &str, asked: &Request<Bytes>| header(asked, "authorization") == format!("{}.", split(good).0);
    accepting(is_stripped, "JW-04", "without its signature").await;
}

/// RS-14
#[tokio::test]
async fn a_bad_token_and_another_status_than_401_is_told() {
    let report = check(|known| {
        let good = format!("Bearer {}", known.token);
        Spoil::server(Spoiled::answers(move |asked, answer| {
            if is_tampered(&good, asked) {
                error(answer, 403, json!({ "code": 1, "message": "no" }));
            }
        }))
    })
    .await;
    assert!(only(&report, "RS-14").said.unwrap().contains("403"));
}

/// RS-05: it is sent only where everything is looked at.
#[tokio::test]
async fn a_token_that_is_read_from_the_query_is_told() {
    let report = check(|known| {
        let (good, query) = (format!("Bearer {}", known.token), format!("access_token={}", known.token));
        Spoil::server(Spoiled::requests(move |request| {
            if request.uri().query() == Some(&query) {
                set_header(request, "authorization", &good);
            }
        }))
        .thorough()
    })
    .await;
    assert!(only(&report, "RS-05").said.unwrap().contains("in the query alone"));
}

/// RS-06
#[tokio::test]
async fn a_token_that_is_read_from_a_form_is_told() {
    let report = check(requests(|good, request| {
        if request.body().starts_with(b"access_token=") {
            for name in ["mcp-protocol-version", "mcp-method", "mcp-session-id"] {
                request.headers_mut().remove(name);
            }
            set_header(request, "authorization", good);
            set_header(request, "content-type", "application/json");
            *request.body_mut() = initialize();
        }
    }))
    .await;
    only(&report, "RS-06");
}

fn initialize() -> Bytes {
    let client = json!({ "name": "form", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }).to_string().into()
}

/// RS-07: whichever of the two is taken.
#[tokio::test]
async fn a_second_authorization_header_that_is_not_seen_is_told() {
    for takes_first in [true, false] {
        let report = check(requests(move |_, request| {
            let all: Vec<HeaderValue> = request.headers().get_all("authorization").iter().cloned().collect();
            if let [first, second] = &all[..] {
                let taken = if takes_first { first } else { second };
                request.headers_mut().insert("authorization", taken.clone());
            }
        }))
        .await;
        let finding = only(&report, "RS-07");
        assert_eq!(finding.outcome, Outcome::Warned);
        assert!(finding.said.unwrap().contains(if takes_first { "the first" } else { "the second" }));
    }
}

/// RS-04
#[tokio::test]
async fn what_is_no_token_and_is_read_as_one_is_told() {
    let is_quoted = |_: &str, asked: &Request<Bytes>| header(asked, "authorization").ends_with('"');
    accepting(is_quoted, "RS-04", "quotation marks").await;
    let is_followed = |good: &str, asked: &Request<Bytes>| {
        header(asked, "authorization").strip_prefix(good).is_some_and(|rest| rest.starts_with(' '))
    };
    accepting(is_followed, "RS-04", "another word").await;
}

/// CH-18: where a token was sent, too.
#[tokio::test]
async fn a_reserved_code_in_a_refusal_is_told() {
    for (code, outcome) in [(-32020, Outcome::Failed), (-32001, Outcome::Warned)] {
        let report = check(|known| {
            let good = format!("Bearer {}", known.token);
            Spoil::server(Spoiled::answers(move |asked, answer| {
                if is_tampered(&good, asked) {
                    let body = json!({ "jsonrpc": "2.0", "error": { "code": code, "message": "no" } });
                    *answer.body_mut() = body.to_string().into();
                }
            }))
        })
        .await;
        assert_eq!(only(&report, "CH-18").outcome, outcome);
        assert_eq!(
            report.findings().filter(|finding| finding.row == "CH-18").count(),
            2,
            "one for each range"
        );
    }
}
