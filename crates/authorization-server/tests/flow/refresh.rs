//! Refresh tokens: rotation, reuse, and what they are bound to.

use crate::bench::{Bench, OTHER_SPELLING, Pairs, RESOURCE, and, but, claims, refreshed};
use axum::http::StatusCode;

async fn signed_in(bench: &Bench) -> (String, String) {
    let client_id = bench.client().await;
    let issued = bench.sign_in(&client_id).await;
    (client_id, issued["refresh_token"].as_str().unwrap().to_owned())
}

/// AS-29
#[tokio::test]
async fn each_use_brings_the_next_token_and_the_same_grant() {
    let bench = Bench::new();
    let (client_id, mut refresh_token) = signed_in(&bench).await;
    for _ in 0..3 {
        bench.advance(3600);
        let issued = bench.refresh(&client_id, &refresh_token).await.json();
        let claims = claims(issued["access_token"].as_str().unwrap());
        assert_eq!((&claims["sub"], &claims["scope"]), (&"alice".into(), &"todo:read".into()));
        assert_eq!(claims["aud"], RESOURCE);
        assert_ne!(issued["refresh_token"], refresh_token.as_str());
        refresh_token = issued["refresh_token"].as_str().unwrap().to_owned();
    }
}

/// AS-29: whoever of two has the older one, both must sign in again.
#[tokio::test]
async fn a_token_that_comes_again_revokes_its_family_and_no_other() {
    let bench = Bench::new();
    let (client_id, first) = signed_in(&bench).await;
    let bystander = bench.sign_in(&client_id).await;
    let second = bench.refresh(&client_id, &first).await.json();
    assert_eq!(bench.refresh(&client_id, &first).await.error(), "invalid_grant");
    let second = second["refresh_token"].as_str().unwrap();
    assert_eq!(bench.refresh(&client_id, second).await.error(), "invalid_grant");
    let other_family = bench.refresh(&client_id, bystander["refresh_token"].as_str().unwrap()).await;
    assert_eq!(other_family.status, StatusCode::OK);
}

/// AS-26, AS-29, AS-33; and a refusal neither uses the token up nor revokes it.
#[tokio::test]
async fn a_bad_refresh_is_refused_with_its_code() {
    let bench = Bench::new();
    let (client_id, refresh_token) = signed_in(&bench).await;
    let other = bench.client_at("http://127.0.0.1:6000/callback").await;
    let good = || refreshed(&client_id, &refresh_token);
    let cases: Vec<(&str, Pairs<'_>, &str)> = vec![
        ("no token", but(good(), "refresh_token", None), "invalid_request"),
        ("unknown token", but(good(), "refresh_token", Some("x")), "invalid_grant"),
        ("another client", but(good(), "client_id", Some(&other)), "invalid_grant"),
        ("no client", but(good(), "client_id", None), "invalid_request"),
        ("more scope", and(good(), "scope", "todo:read todo:write"), "invalid_scope"),
        ("another resource", and(good(), "resource", OTHER_SPELLING), "invalid_target"),
        (
            "as a code",
            vec![("grant_type", "authorization_code"), ("code", &refresh_token), ("client_id", &client_id)],
            "invalid_grant",
        ),
    ];
    for (name, form, expected) in cases {
        let answer = bench.token(&form).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, expected), "{name}");
        assert!(!answer.body.contains(&refresh_token), "{name}");
    }
    let same = and(and(good(), "scope", "todo:read"), "resource", RESOURCE);
    assert_eq!(bench.token(&same).await.status, StatusCode::OK);
}

/// AS-29
#[tokio::test]
async fn a_token_nobody_uses_expires() {
    let bench = Bench::new();
    let (client_id, refresh_token) = signed_in(&bench).await;
    bench.advance(12 * 3600);
    assert_eq!(bench.refresh(&client_id, &refresh_token).await.error(), "invalid_grant");
}
