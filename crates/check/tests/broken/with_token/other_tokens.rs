//! What only another token shows.

use super::{error, header, set_header};
use crate::{
    fixture::{Known, Spoil, check, not_applicable, nothing, only},
    spoil::{replace, set},
};
use axum::http::Response;
use bytes::Bytes;
use portcullis::oauth::Clock as _;
use portcullis_check::{Other, Outcome, Report};
use portcullis_testing::{Spoiled, TestClock, TestKey, Token};
use serde_json::json;

fn for_another_server(known: &Known) -> String {
    known.mint(&["https://elsewhere.example/mcp".to_owned()], "todo:read", 3600)
}

fn of_another_issuer(known: &Known) -> String {
    Token::at(TestClock::default().now()).claim("aud", known.url.as_str()).sign(&TestKey::rsa())
}

type Minted = fn(&Known) -> String;

/// Each with its row.
const BAD: [(Other, &str, Minted); 5] = [
    (Other::Audience, "RS-09", for_another_server),
    (Other::Issuer, "RS-16", of_another_issuer),
    (Other::Expired, "JW-05", Known::mint_expired),
    (Other::Revoked, "RS-14", of_another_issuer),
    (Other::Kind, "JW-14", of_another_issuer),
];

fn passed(report: &Report, row: &str) -> bool {
    report.findings().any(|finding| finding.row == row && finding.outcome == Outcome::Passed)
}

/// RS-09, RS-16, JW-05, RS-14, JW-14
#[tokio::test]
async fn other_tokens_that_are_refused_are_no_complaint() {
    let report = check(|known| {
        let mut spoil = Spoil::default();
        for (other, _, token) in BAD {
            spoil = spoil.and_other(other, &token(known));
        }
        spoil.and_other(Other::User, &known.mint_for_bob())
    })
    .await;
    nothing(&report);
    for (_, row, _) in BAD {
        assert!(passed(&report, row), "{row}");
    }
    assert!(passed(&report, "TL-15"));
}

/// RS-09, RS-16, JW-05, RS-14, JW-14
#[tokio::test]
async fn each_other_token_that_is_let_in_is_told() {
    for (other, row, token) in BAD {
        let report = check(|known| {
            let token = token(known);
            let (good, bad) = (format!("Bearer {}", known.token), format!("Bearer {token}"));
            let swap = Spoiled::requests(move |request| {
                if header(request, "authorization") == bad {
                    set_header(request, "authorization", &good);
                }
            });
            Spoil::server(swap).and_other(other, &token)
        })
        .await;
        assert_eq!(only(&report, row).outcome, Outcome::Failed);
    }
}

/// What whoever has a token with these scopes is answered.
async fn with_scopes(scopes: &str, change: impl Fn(&mut Response<Bytes>) + Send + Sync + 'static) -> Report {
    check(|known| {
        let token = known.mint(std::slice::from_ref(&known.url), scopes, 3600);
        let lacking = format!("Bearer {token}");
        let spoiled = Spoiled::answers(move |asked, answer| {
            if header(asked, "authorization") == lacking {
                change(answer);
            }
        });
        Spoil::server(spoiled).and_other(Other::Scope, &token)
    })
    .await
}

const WHOLE: &str =
    "Bearer error=\"insufficient_scope\", scope=\"todo:read\", resource_metadata=\"https://h.example\"";

fn denied(answer: &mut Response<Bytes>, challenge: &str) {
    replace(answer, 403, "application/json", "{}");
    set(answer, "www-authenticate", challenge);
}

/// CH-13, CH-15: what is harmless may need no scope.
#[tokio::test]
async fn a_token_that_lacks_scopes_and_is_told_which_is_no_complaint() {
    let report = with_scopes("", |_| ()).await;
    nothing(&report);
    not_applicable(&report, "CH-13");
    let report = with_scopes("", |answer| denied(answer, WHOLE)).await;
    nothing(&report);
    assert!(passed(&report, "CH-13") && passed(&report, "CH-15"));
}

/// RS-15
#[tokio::test]
async fn a_401_for_missing_scopes_is_told() {
    let report = with_scopes("", |answer| {
        error(answer, 401, json!({ "code": 1, "message": "no" }));
        set(answer, "www-authenticate", "Bearer resource_metadata=\"https://h.example\"");
    })
    .await;
    assert_eq!(only(&report, "RS-15").outcome, Outcome::Failed);
}

/// CH-13
#[tokio::test]
async fn a_403_that_does_not_say_which_scopes_is_told() {
    for (challenge, expected) in [
        ("Basic realm=\"x\"", "without a challenge"),
        ("Bearer scope=\"todo:read\", resource_metadata=\"https://h.example\"", "without `error"),
        (
            "Bearer error=\"insufficient_scope\", resource_metadata=\"https://h.example\"",
            "without the scopes",
        ),
        ("Bearer error=\"insufficient_scope\", scope=\"todo:read\"", "without `resource_metadata`"),
    ] {
        let report = with_scopes("", move |answer| denied(answer, challenge)).await;
        let finding = only(&report, "CH-13");
        assert!(finding.said.as_ref().unwrap().contains(expected), "{finding:?}");
    }
}

/// CH-15
#[tokio::test]
async fn a_403_that_asks_for_what_the_token_has_is_told() {
    let report = with_scopes("todo:read", |answer| denied(answer, WHOLE)).await;
    only(&report, "CH-15");
}

/// CH-15: of two tokens that lack scopes, each is judged by its own.
#[tokio::test]
async fn a_403_is_judged_by_the_scopes_of_the_token_that_was_sent() {
    let report = check(|known| {
        let of = |scopes: &str| known.mint(std::slice::from_ref(&known.url), scopes, 3600);
        let (none, some) = (of(""), of("todo:read"));
        let lacking = [format!("Bearer {none}"), format!("Bearer {some}")];
        let spoiled = Spoiled::answers(move |asked, answer| {
            if lacking.iter().any(|lacking| header(asked, "authorization") == lacking) {
                denied(answer, WHOLE);
            }
        });
        Spoil::server(spoiled).and_other(Other::Scope, &none).and_other(Other::Scope, &some)
    })
    .await;
    only(&report, "CH-15");
}
