//! The token itself: let in in every form, and if not, the token is asked why.

use super::{good_answers, header, is_modern, method, requests, set_header};
use crate::{
    fixture::{Known, Spoil, check, only},
    spoil::{replace, set},
};
use axum::http::Method;
use portcullis::oauth::Clock as _;
use portcullis_check::Outcome;
use portcullis_testing::{Spoiled, TestClock, TestKey, Token};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// Whoever comes with this token comes in, in every form in which a good one does.
fn takes(known: &Known, token: &str) -> Spoil {
    let (good, taken) = (known.token.clone(), token.to_owned());
    let swap = Spoiled::requests(move |request| {
        let swapped = header(request, "authorization").replace(&taken, &good);
        if !swapped.is_empty() {
            set_header(request, "authorization", &swapped);
        }
    });
    Spoil::server(swap).with_token(token.to_owned())
}

async fn said_of(token: impl FnOnce(&Known) -> String) -> String {
    let report = check(|known| Spoil::default().with_token(token(known))).await;
    let finding = only(&report, "RS-03");
    assert_eq!(finding.outcome, Outcome::Failed);
    assert!(finding.change.unwrap().starts_with("Change what this finding says is wrong with the token"));
    finding.said.unwrap()
}

/// RS-03, RS-09: the mistake and its remedy are the first thing that is said.
#[tokio::test]
async fn an_audience_with_a_slash_too_many_is_told() {
    let mut url = String::new();
    let said = said_of(|known| {
        url.clone_from(&known.url);
        known.mint(&[format!("{}/", known.url)], "todo:read", 3600)
    })
    .await;
    let expected = format!(
        "the token was refused with 401. The token is for \"{url}/\" and the server is \"{url}\": a trailing slash. Ask for the \
         token with resource={url}, or have the server accept both."
    );
    assert_eq!(said, expected);
}

/// RS-03, JW-05: by the server's own clock.
#[tokio::test]
async fn a_token_whose_time_is_over_is_told() {
    let said = said_of(Known::mint_expired).await;
    assert!(said.contains("The token expired 60 min ago"), "{said}");
}

/// RS-03, RS-16
#[tokio::test]
async fn a_token_of_another_issuer_is_told() {
    let said = said_of(|known| {
        let token = Token::at(TestClock::default().now()).claim("aud", known.url.as_str());
        token.claim("iss", "https://other.example").claim("exp", u32::MAX).sign(&TestKey::rsa())
    })
    .await;
    assert!(said.contains("The token was issued by \"https://other.example\""), "{said}");
}

/// RS-03
#[tokio::test]
async fn a_token_that_is_no_jwt_is_told() {
    let said = said_of(|_| "portcullis-test-opaque".to_owned()).await;
    assert!(said.contains("The token is no JWT"), "{said}");
}

/// RS-03, CH-13
#[tokio::test]
async fn a_token_that_lacks_scopes_everywhere_is_told_which() {
    let report = check(good_answers(|_, answer| {
        replace(answer, 403, "application/json", "{}");
        set(
            answer,
            "www-authenticate",
            "Bearer error=\"insufficient_scope\", scope=\"todo:admin\", resource_metadata=\"https://h.example\"",
        );
    }))
    .await;
    let said = only(&report, "RS-03").said.unwrap();
    assert!(said.contains("\"todo:admin\" are asked for; the token has \"todo:read todo:write\""), "{said}");
}

/// RS-04
#[tokio::test]
async fn a_scheme_that_must_be_in_one_case_is_told() {
    let report = check(requests(|_, request| {
        if header(request, "authorization").starts_with("bearer ") {
            request.headers_mut().remove("authorization");
        }
    }))
    .await;
    assert!(only(&report, "RS-04").said.unwrap().contains("`bearer`"));
}

/// RS-04
#[tokio::test]
async fn a_second_space_that_is_not_skipped_is_told() {
    let report = check(requests(|_, request| {
        if header(request, "authorization").starts_with("Bearer  ") {
            request.headers_mut().remove("authorization");
        }
    }))
    .await;
    assert!(only(&report, "RS-04").said.unwrap().contains("two spaces"));
}

/// RS-15: VS Code throws the sign-in away.
#[tokio::test]
async fn a_401_to_a_good_token_is_told_for_get_and_delete() {
    for refused in [Method::GET, Method::DELETE] {
        let method = refused.clone();
        let report = check(good_answers(move |asked, answer| {
            if *asked.method() == refused {
                replace(answer, 401, "application/json", "{}");
                set(answer, "www-authenticate", "Bearer resource_metadata=\"https://h.example\"");
            }
        }))
        .await;
        assert!(only(&report, "RS-15").said.unwrap().contains(method.as_str()));
    }
}

/// RS-09, RS-10
#[tokio::test]
async fn a_token_without_audience_that_is_let_in_is_told() {
    let report = check(|known| takes(known, &known.mint(&[], "todo:read", 3600))).await;
    assert!(only(&report, "RS-09").said.unwrap().contains("without an audience"));
}

/// RS-09
#[tokio::test]
async fn a_token_for_its_client_that_is_let_in_is_told() {
    let client = "portcullis-check".to_owned();
    let report = check(|known| takes(known, &known.mint(&[client], "todo:read", 3600))).await;
    assert!(only(&report, "RS-09").said.unwrap().contains("the client it was issued to"));
}

/// RS-09, JW-14
#[tokio::test]
async fn an_id_token_that_is_let_in_is_told() {
    let report = check(|known| {
        let token = Token::at(TestClock::default().now()).claim("aud", known.url.as_str());
        takes(known, &token.claim("nonce", "n").claim("exp", u32::MAX).sign(&TestKey::rsa()))
    })
    .await;
    assert!(only(&report, "RS-09").said.unwrap().contains("an ID token"));
}

/// JW-05, JW-21
#[tokio::test]
async fn a_token_of_another_time_that_is_let_in_is_told() {
    let report = check(|known| takes(known, &known.mint_expired())).await;
    assert!(only(&report, "JW-05").said.unwrap().contains("`exp` is over"));
    let report = check(|known| {
        let token = Token::at(TestClock::default().now()).claim("aud", known.url.as_str());
        let token = token.claim("exp", u32::MAX).claim("nbf", u32::MAX - 1);
        takes(known, &token.sign(&TestKey::rsa()))
    })
    .await;
    assert!(only(&report, "JW-05").said.unwrap().contains("`nbf` has not come"));
}

/// RS-05, G-03
#[tokio::test]
async fn a_query_that_is_read_beside_the_header_is_told() {
    let report = check(requests(|_, request| {
        let query = request.uri().query().and_then(|query| query.strip_prefix("access_token="));
        if let Some(token) = query.map(|token| format!("Bearer {token}"))
            && request.headers().contains_key("authorization")
        {
            set_header(request, "authorization", &token);
        }
    }))
    .await;
    assert!(only(&report, "RS-05").said.unwrap().contains("another in the query"));
}

/// RS-21
#[tokio::test]
async fn a_connection_that_stays_let_in_is_told() {
    let is_let_in = AtomicBool::new(false);
    let report = check(requests(move |good, request| {
        if method(request) != "server/discover" || !is_modern(request) {
            return;
        }
        if header(request, "authorization") == good {
            is_let_in.store(true, SeqCst);
        } else if !request.headers().contains_key("authorization")
            && request.uri().query().is_none()
            && is_let_in.load(SeqCst)
        {
            set_header(request, "authorization", good);
        }
    }))
    .await;
    only(&report, "RS-21");
}

/// RS-02: of a server that needs no token, nothing is said of tokens.
#[tokio::test]
async fn a_server_that_is_open_is_told_once_with_a_token_too() {
    let report = check(requests(|good, request| {
        if *request.method() != Method::OPTIONS {
            request.headers_mut().remove("authorization");
            set_header(request, "authorization", good);
        }
    }))
    .await;
    only(&report, "RS-02");
}
