//! The authorization server's front doors: registering, keys, the sign-in; and its clock.

use crate::{
    fixture::{Spoil, check, nothing, only},
    spoil::{answers, edit, issuer_answers, replace, set},
};
use axum::http::Method;
use portcullis_check::Outcome;
use portcullis_testing::Spoiled;
use serde_json::json;

/// DC-02, DC-04, DC-06: registering is tried only where that was asked for.
#[tokio::test]
async fn registering_that_is_closed_or_open_to_anything_is_told() {
    for (status, media_type, body, row) in [
        (401, "application/json", r#"{"error":"invalid_token"}"#, "DC-02"),
        (403, "text/html", "<p>No</p>", "DC-02"),
        (201, "application/json", r#"{"client_id":"1"}"#, "DC-06"),
        (400, "application/json", r#"{"error":"bad"}"#, "DC-04"),
        (400, "text/plain", "bad", "DC-04"),
        (500, "text/plain", "bad", "DC-04"),
    ] {
        let spoiled = Spoiled::answers(move |asked, answer| {
            if asked.method() == Method::POST && asked.uri().path() == "/oauth/register" {
                replace(answer, status, media_type, body);
            }
        });
        only(&check(|_| Spoil::issuer(spoiled.clone()).thorough()).await, row);
        nothing(&check(|_| Spoil::issuer(spoiled)).await);
    }
    nothing(&check(|_| Spoil::default().thorough()).await);
}

/// JW-10, without a token: the server has no keys to verify one with.
#[tokio::test]
async fn keys_that_cannot_be_had_are_told() {
    for (status, body) in [
        (404, "{}"),
        (200, "{}"),
        (200, "<html>"),
        (200, r#"{"keys":[]}"#),
        (200, r#"{"keys":[{"kty":"RSA","kid":"1"}]}"#),
        (200, r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"1","use":"enc"}]}"#),
    ] {
        let spoiled = Spoiled::answers(move |asked, answer| {
            if asked.uri().path() == "/oauth/jwks" {
                replace(answer, status, "application/json", body);
            }
        });
        let report = check(|_| Spoil::issuer(spoiled).without_token()).await;
        assert_eq!(only(&report, "JW-10").outcome, Outcome::Warned);
    }
}

/// KS-01
#[tokio::test]
async fn a_published_secret_is_told() {
    for (key, name) in [
        (r#"{"kty":"oct","k":"c2VjcmV0","kid":"hmac"}"#, "symmetric"),
        (r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA","kid":"ec"}"#, "private"),
    ] {
        let report = check(issuer_answers(move |asked, answer| {
            if asked.uri().path() == "/oauth/jwks" {
                edit(answer, |set| {
                    set["keys"].as_array_mut().unwrap().push(serde_json::from_str(key).unwrap())
                });
            }
        }))
        .await;
        assert!(only(&report, "KS-01").said.unwrap().contains(name));
    }
}

/// KS-02
#[tokio::test]
async fn keys_without_names_of_their_own_are_told() {
    for same in [true, false] {
        let report = check(issuer_answers(move |asked, answer| {
            if asked.uri().path() == "/oauth/jwks" {
                edit(answer, |set| {
                    let mut second = set["keys"][0].clone();
                    second["use"] = json!("enc");
                    if !same {
                        second.as_object_mut().unwrap().remove("kid");
                    }
                    set["keys"].as_array_mut().unwrap().push(second);
                });
            }
        }))
        .await;
        only(&report, "KS-02");
    }
}

/// KS-03
#[tokio::test]
async fn a_clock_that_is_wrong_is_told() {
    let report =
        check(issuer_answers(|_, answer| set(answer, "date", "Sun, 06 Nov 1994 08:49:37 GMT"))).await;
    assert!(only(&report, "KS-03").said.unwrap().contains("behind"));
    let report = check(answers(|_, answer| set(answer, "date", "Sun, 06 Nov 1994 08:49:37 GMT"))).await;
    assert!(only(&report, "KS-03").said.unwrap().contains("ahead of"));
}

/// AS-17
#[tokio::test]
async fn an_open_redirector_is_told() {
    let report = check(issuer_answers(|asked, answer| {
        if asked.uri().path() == "/oauth/authorize" {
            replace(answer, 302, "text/plain", "");
            set(answer, "location", "https://portcullis-check.invalid/callback?error=invalid_client");
        }
    }))
    .await;
    only(&report, "AS-17");
}

/// AS-21
#[tokio::test]
async fn a_page_that_can_be_framed_is_told() {
    let report = check(issuer_answers(|asked, answer| {
        if asked.uri().path() == "/oauth/authorize" {
            for name in ["content-security-policy", "x-frame-options"] {
                answer.headers_mut().remove(name);
            }
        }
    }))
    .await;
    only(&report, "AS-21");
}

/// AS-21: what is said of framing, and allows it.
#[tokio::test]
async fn a_page_that_lets_every_page_frame_it_is_told() {
    let framing = |policy: Option<&'static str>, option: Option<&'static str>| {
        check(issuer_answers(move |asked, answer| {
            if asked.uri().path() == "/oauth/authorize" {
                for (name, value) in [("content-security-policy", policy), ("x-frame-options", option)] {
                    answer.headers_mut().remove(name);
                    value.into_iter().for_each(|value| set(answer, name, value));
                }
            }
        }))
    };
    for (policy, option) in [
        (Some("frame-ancestors *"), None),
        (Some("default-src 'none'; Frame-Ancestors 'self' https:"), Some("DENY")),
        (Some("frame-ancestors https://*:*"), None),
        (Some("default-src 'none'"), Some("ALLOWALL")),
        (None, Some("ALLOW-FROM https://a.example")),
        (Some("script-src https://frame-ancestors.example"), None),
    ] {
        assert_eq!(only(&framing(policy, option).await, "AS-21").outcome, Outcome::Failed);
    }
    for (policy, option) in [
        (Some("default-src 'none'; frame-ancestors 'none'"), None),
        (Some("frame-ancestors *, frame-ancestors 'self' https://*.example.com"), None),
        (Some("frame-ancestors"), None),
        (None, Some("deny")),
        (Some("default-src 'self'"), Some("SameOrigin")),
    ] {
        nothing(&framing(policy, option).await);
    }
}

/// AS-22
#[tokio::test]
async fn a_sign_in_that_pages_can_read_is_told() {
    let report = check(issuer_answers(|asked, answer| {
        if asked.uri().path() == "/oauth/authorize" {
            set(answer, "access-control-allow-origin", "*");
        }
    }))
    .await;
    only(&report, "AS-22");
}
