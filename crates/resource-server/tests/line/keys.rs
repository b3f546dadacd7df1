//! The key endpoint slow, down, lying, rotating, and flooded with forged names.

use crate::fixture::{Fixture, RESOURCE, issuer, policy, signature};
use portcullis_fetch::Trust;
use portcullis_oauth::Issuer;
use portcullis_resource_server::{Algorithm, KeyLocation, KeySource};
use portcullis_testing::{Answer, TestKey};
use serde_json::json;
use std::{
    future::Future,
    pin::pin,
    task::{Context, Waker},
};

/// Two keys as a provider publishes them while rotating.
fn both() -> serde_json::Value {
    json!({ "keys": [TestKey::rsa().jwk("key-1"), TestKey::other_rsa().jwk("key-2")] })
}

fn new_token(f: &Fixture) -> String {
    f.token().header("kid", "key-2").sign(&TestKey::other_rsa())
}

fn old_token(f: &Fixture, number: u64) -> String {
    f.token().claim("jti", format!("token-{number}")).claim("exp", 9_000_000_000_u64).sign(&TestKey::rsa())
}

#[tokio::test]
async fn without_any_keys_the_answer_is_503_and_never_401() {
    for answer in [
        Answer::Down,
        Answer::Status(500),
        Answer::Status(404),
        Answer::Text("<html>".into()),
        Answer::Text(r#"{"keys":[{"kty":"RSA""#.into()),
        Answer::Json(json!({ "keys": [] })),
        Answer::Json(json!({})),
    ] {
        let f = Fixture::new();
        f.fetch.set(answer.clone());
        assert_eq!(f.call(&old_token(&f, 1)).await, "keys_unavailable", "{answer:?}");
    }
}

#[tokio::test]
async fn a_dead_endpoint_is_not_asked_for_every_request_and_is_asked_again_later() {
    let f = Fixture::new();
    f.fetch.set(Answer::Down);
    for number in 0..50 {
        assert_eq!(f.call(&old_token(&f, number)).await, "keys_unavailable");
    }
    assert_eq!(f.fetch.calls(), 1);
    f.fetch.set(Answer::Json(both()));
    f.clock.advance(5);
    assert_eq!(f.call(&old_token(&f, 1)).await, "ok");
}

#[tokio::test]
async fn an_outage_after_the_first_fetch_changes_nothing_for_a_day() {
    for answer in [Answer::Down, Answer::Text("garbage".into()), Answer::Json(json!({ "keys": [] }))] {
        let f = Fixture::new();
        assert_eq!(f.call(&old_token(&f, 0)).await, "ok");
        f.fetch.set(answer);
        for hour in 1..24 {
            f.clock.advance(3590);
            assert_eq!(f.call(&old_token(&f, hour)).await, "ok", "hour {hour}");
        }
        f.clock.advance(3900);
        assert_eq!(f.call(&old_token(&f, 99)).await, "keys_unavailable", "a day later");
        assert_eq!(f.call(&old_token(&f, 1)).await, "keys_unavailable", "remembered tokens too");
    }
}

#[tokio::test]
async fn one_exotic_key_does_not_spoil_the_set() {
    let f = Fixture::new();
    let good = TestKey::rsa().jwk("key-1");
    let mut encryption = TestKey::other_rsa().jwk("enc");
    encryption["use"] = "enc".into();
    f.fetch.set(Answer::Json(json!({ "keys": [
        { "kty": "oct", "k": "c2VjcmV0", "kid": "key-1" },
        { "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" },
        { "kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43), "kid": "off-curve" },
        7, null, { "kid": 1 }, encryption, good,
    ] })));
    assert_eq!(f.call(&old_token(&f, 1)).await, "ok");
    let for_encryption = f.token().header("kid", "enc").sign(&TestKey::other_rsa());
    assert_eq!(f.call(&for_encryption).await, "token_key_unknown");
}

#[tokio::test]
async fn a_rotation_is_followed_at_once_by_one_fetch() {
    let f = Fixture::new();
    assert_eq!(f.call(&old_token(&f, 1)).await, "ok");
    f.fetch.set(Answer::Json(both()));
    f.clock.advance(60);
    assert_eq!(f.call(&new_token(&f)).await, "ok");
    assert_eq!(f.call(&old_token(&f, 2)).await, "ok");
    assert_eq!(f.fetch.calls(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_stops_working_at_the_next_refresh_even_for_remembered_tokens() {
    let f = Fixture::new();
    let old = old_token(&f, 1);
    assert_eq!(f.call(&old).await, "ok");
    f.fetch.set(Answer::Json(TestKey::other_rsa().jwks("key-2")));
    f.clock.advance(1200); // overdue: the request waits for the refresh
    assert_eq!(f.call(&old).await, "token_key_unknown");
}

#[tokio::test]
async fn a_flood_of_forged_names_makes_one_fetch_and_no_signature_check() {
    let f = Fixture::new();
    assert_eq!(f.call(&old_token(&f, 1)).await, "ok");
    f.clock.advance(60);
    let checks = f.signature_checks();
    for number in 0..100 {
        let forged = f.token().header("kid", format!("forged-{number}")).sign(&TestKey::other_rsa());
        let expected = if number == 0 { "token_key_unknown" } else { "keys_unavailable" };
        assert_eq!(f.call(&forged).await, expected, "{number}");
    }
    assert_eq!((f.fetch.calls(), f.signature_checks()), (2, checks));
    assert_eq!(f.call(&old_token(&f, 2)).await, "ok", "others are not held up");
}

#[tokio::test]
async fn a_real_rotation_in_the_cool_down_is_told_to_come_back_and_never_401() {
    let f = Fixture::new();
    assert_eq!(f.call(&old_token(&f, 1)).await, "ok");
    f.clock.advance(60);
    let forged = f.token().header("kid", "forged").sign(&TestKey::other_rsa());
    assert_eq!(f.call(&forged).await, "token_key_unknown");
    f.fetch.set(Answer::Json(both()));
    f.clock.advance(1);
    assert_eq!(f.call(&new_token(&f)).await, "keys_unavailable");
    f.clock.advance(29);
    assert_eq!(f.call(&new_token(&f)).await, "ok");
}

#[tokio::test]
async fn all_who_wait_share_one_fetch_and_one_who_leaves_does_not_end_it() {
    let f = Fixture::new();
    f.fetch.set(Answer::Hang(both()));
    let (first, second, third) = (old_token(&f, 1), old_token(&f, 2), old_token(&f, 3));
    {
        // The first caller leaves while the fetch hangs.
        let mut leaving = pin!(f.call(&first));
        assert!(leaving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    let waiting = async { tokio::join!(f.call(&second), f.call(&third)) };
    let release = async {
        tokio::task::yield_now().await;
        f.fetch.release();
    };
    let (answers, ()) = tokio::join!(waiting, release);
    assert_eq!(answers, ("ok", "ok"));
    assert_eq!(f.fetch.calls(), 1);
}

#[tokio::test]
async fn a_token_without_a_key_id_is_served_only_where_there_is_one_choice() {
    let f = Fixture::new();
    let nameless = f.token().without_header("kid").sign(&TestKey::rsa());
    assert_eq!(f.call(&nameless).await, "ok");
    let f = Fixture::new();
    f.fetch.set(Answer::Json(both()));
    assert_eq!(f.call(&nameless).await, "token_key_unknown");
}

#[tokio::test]
async fn a_refresh_that_changes_nothing_forgets_no_verified_token() {
    let f = Fixture::new();
    let token = old_token(&f, 1);
    assert_eq!(f.call(&token).await, "ok");
    f.clock.advance(1200);
    assert_eq!(f.call(&token).await, "ok");
    assert_eq!((f.fetch.calls(), f.signature_checks()), (2, 1));
}

const ISSUER: &str = "https://issuer.example";

/// A line whose issuer's keys are where its metadata says; every place that nobody set answers 404.
fn discovering() -> Fixture {
    let f = Fixture::with(|_| {}, policy());
    let fetch = f.fetch.clone();
    fetch.set(Answer::Status(404));
    let (clock, algorithms) = (f.clock.clone(), Algorithm::ALL.to_vec());
    let mut trusted = issuer(ISSUER, RESOURCE, fetch.clone(), clock.clone());
    let location = KeyLocation::Discover(Issuer::parse(ISSUER).unwrap());
    signature(&mut trusted).keys = KeySource::new(location, algorithms, fetch.clone(), clock.clone());
    Fixture::of(vec![trusted], RESOURCE, policy(), fetch, clock)
}

/// CL-02, SB-10: the first place that answers is believed, and the keys are fetched as from an address that was learned.
#[tokio::test]
async fn keys_are_found_by_the_issuers_metadata() {
    for place in ["oauth-authorization-server", "openid-configuration"] {
        let f = discovering();
        let metadata = json!({ "issuer": ISSUER, "jwks_uri": "https://keys.example/jwks" });
        f.fetch.set_at(&format!("{ISSUER}/.well-known/{place}"), Answer::Json(metadata));
        f.fetch.set_at("https://keys.example/jwks", Answer::Json(TestKey::rsa().jwks("key-1")));
        assert_eq!(f.call(&f.token().sign(&TestKey::rsa())).await, "ok", "{place}");
        let (_, trust) = f.fetch.all_calls().pop().unwrap();
        assert!(matches!(trust, Trust::Learned { .. }), "{place}");
    }
}

/// PRM-08: what only clients need is not what keys depend on.
#[tokio::test]
async fn keys_are_found_beside_members_that_are_wrong() {
    let f = discovering();
    let metadata = json!({
        "issuer": ISSUER,
        "jwks_uri": "https://keys.example/jwks",
        "code_challenge_methods_supported": "S256",
        "scopes_supported": null,
    });
    f.fetch.set_at(&format!("{ISSUER}/.well-known/oauth-authorization-server"), Answer::Json(metadata));
    f.fetch.set_at("https://keys.example/jwks", Answer::Json(TestKey::rsa().jwks("key-1")));
    assert_eq!(f.call(&f.token().sign(&TestKey::rsa())).await, "ok");
}

/// CL-03, AS-04: metadata of another issuer leads nowhere, even where it names keys that would fit.
#[tokio::test]
async fn metadata_of_another_issuer_is_not_believed() {
    for (what, metadata) in [
        (
            "another issuer",
            json!({ "issuer": "https://other.example", "jwks_uri": "https://keys.example/jwks" }),
        ),
        (
            "a slash more",
            json!({ "issuer": "https://issuer.example/", "jwks_uri": "https://keys.example/jwks" }),
        ),
        ("no issuer", json!({ "jwks_uri": "https://keys.example/jwks" })),
        ("no keys", json!({ "issuer": ISSUER })),
        ("keys at no URL", json!({ "issuer": ISSUER, "jwks_uri": "nowhere" })),
    ] {
        let f = discovering();
        f.fetch.set_at(&format!("{ISSUER}/.well-known/oauth-authorization-server"), Answer::Json(metadata));
        f.fetch.set_at("https://keys.example/jwks", Answer::Json(TestKey::rsa().jwks("key-1")));
        assert_eq!(f.call(&f.token().sign(&TestKey::rsa())).await, "keys_unavailable", "{what}");
        assert_eq!(f.fetch.calls_to("https://keys.example/jwks"), 0, "{what}");
    }
}
