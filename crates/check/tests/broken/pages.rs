//! What a page in a browser meets.

use crate::{
    fixture::{Known, Spoil, check, not_applicable, nothing, only},
    spoil::{answers, replace, set},
};
use axum::http::{Method, Request, Response};
use bytes::Bytes;
use portcullis_check::{Level, Outcome};
use portcullis_testing::Spoiled;

const FOREIGN: &str = "https://portcullis-check.invalid";

fn is_preflight(asked: &Request<Bytes>) -> bool {
    asked.method() == Method::OPTIONS && asked.uri().path() == "/mcp"
}

/// Whatever is said in this header, the server takes it for its own.
fn trusting(header: &'static str) -> impl FnOnce(&Known) -> Spoil {
    move |known| {
        let own = known.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
        Spoil::server(Spoiled::requests(move |request| {
            let value = request.headers().get(header).map(|value| value.to_str().unwrap().to_owned());
            if value.is_some_and(|value| value.contains("portcullis-check.invalid")) {
                request.headers_mut().insert("host", own.parse().unwrap());
                request.headers_mut().remove("origin");
            }
        }))
    }
}

/// TM-02, TL-17
#[tokio::test]
async fn a_server_that_any_page_may_call_is_told() {
    assert_eq!(only(&check(trusting("origin")).await, "TM-02").outcome, Outcome::Failed);
}

/// TM-02: behind a refusal for lack of a token, nothing can be seen.
#[tokio::test]
async fn a_foreign_page_without_a_token_is_not_judged() {
    let report = check(|known| trusting("origin")(known).without_token()).await;
    nothing(&report);
    not_applicable(&report, "TM-02");
}

/// TM-02: whether the token is good is seen without any page, too.
#[tokio::test]
async fn a_foreign_page_that_is_asked_for_a_good_token_is_told() {
    let report = check(answers(|asked, answer| {
        if is_preflight(asked) {
            replace(answer, 403, "application/json", "{}");
        } else if asked.headers().get("origin").is_some_and(|origin| origin == FOREIGN) {
            *answer.status_mut() = axum::http::StatusCode::UNAUTHORIZED;
        }
    }))
    .await;
    assert!(only(&report, "TM-02").said.unwrap().contains("401"));
}

/// TM-41
#[tokio::test]
async fn a_server_that_answers_to_any_name_is_told() {
    assert_eq!(only(&check(trusting("host")).await, "TM-41").level, Level::Practice);
}

/// CO-01
#[tokio::test]
async fn credentials_of_any_page_are_told() {
    let report = check(answers(|asked, answer| {
        if is_preflight(asked) {
            set(answer, "access-control-allow-origin", "*");
            set(answer, "access-control-allow-credentials", "true");
        }
    }))
    .await;
    assert_eq!(only(&report, "CO-01").outcome, Outcome::Warned);
    let report = check(answers(|asked, answer| {
        if asked.headers().get("origin").is_some_and(|origin| origin == FOREIGN) {
            set(answer, "access-control-allow-origin", FOREIGN);
            set(answer, "access-control-allow-credentials", "true");
        }
    }))
    .await;
    assert_eq!(only(&report, "CO-01").outcome, Outcome::Warned);
}

/// CH-22: and what would be in the answer is not missed.
#[tokio::test]
async fn a_preflight_that_is_not_answered_is_told() {
    for status in [401, 405, 200] {
        let report = check(answers(move |asked, answer| {
            if is_preflight(asked) {
                replace(answer, status, "application/json", "{}");
            }
        }))
        .await;
        only(&report, "CH-22");
        not_applicable(&report, "TM-17");
        not_applicable(&report, "TL-11");
    }
}

/// CH-22: whoever lets no page in may do so.
#[tokio::test]
async fn a_server_that_lets_no_page_in_is_good() {
    let report = check(answers(|asked, answer| {
        if is_preflight(asked) {
            replace(answer, 403, "application/json", "{}");
        }
    }))
    .await;
    nothing(&report);
    not_applicable(&report, "CH-22");
}

/// TM-17
#[tokio::test]
async fn a_header_that_no_page_may_send_is_told() {
    for (allowed, missing) in [
        ("*", "authorization"),
        ("Authorization, Content-Type, Mcp-Session-Id, MCP-Protocol-Version", "mcp-method, mcp-name"),
    ] {
        let report = check(answers(move |asked, answer| {
            if is_preflight(asked) {
                set(answer, "access-control-allow-headers", allowed);
            }
        }))
        .await;
        assert!(only(&report, "TM-17").said.unwrap().ends_with(missing));
    }
}

/// CH-22
#[tokio::test]
async fn a_challenge_that_no_page_can_read_is_told() {
    let hide: fn(&mut Response<Bytes>) =
        |answer| drop(answer.headers_mut().remove("access-control-allow-origin"));
    let unexpose: fn(&mut Response<Bytes>) =
        |answer| set(answer, "access-control-expose-headers", "Mcp-Session-Id");
    for change in [hide, unexpose] {
        let report = check(answers(move |_, answer| {
            if answer.status() == 401 {
                change(answer);
            }
        }))
        .await;
        only(&report, "CH-22");
    }
}

/// TL-11
#[tokio::test]
async fn a_session_that_no_page_can_read_is_told() {
    let report = check(answers(|_, answer| {
        if answer.headers().contains_key("access-control-expose-headers") {
            set(answer, "access-control-expose-headers", "WWW-Authenticate");
        }
    }))
    .await;
    only(&report, "TL-11");
}

/// TL-22
#[tokio::test]
async fn metadata_that_no_page_can_read_is_told() {
    for method in [Method::GET, Method::OPTIONS] {
        let report = check(answers(move |asked, answer| {
            if asked.uri().path().contains("/.well-known/") && *asked.method() == method {
                answer.headers_mut().remove("access-control-allow-origin");
            }
        }))
        .await;
        only(&report, "TL-22");
    }
    let report = check(answers(|asked, answer| {
        if asked.uri().path().contains("/.well-known/") && asked.method() == Method::OPTIONS {
            set(answer, "access-control-allow-headers", "Authorization");
        }
    }))
    .await;
    only(&report, "TL-22");
}
