//! The token endpoint: what a code becomes, and when it becomes nothing.

use crate::bench::{
    Bench, ISSUER, NOW, OTHER_SPELLING, Pairs, RESOURCE, VERIFIER, and, asked, but, claims, encode,
    form_post, redeemed, request, send,
};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

/// AS-25, AS-30, JW-07, JW-08, JW-10, RFC 9068 §2
#[tokio::test]
async fn a_code_becomes_an_access_token() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let code = bench.code(&client_id).await;
    let answer = bench.token(&redeemed(&client_id, &code)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let issued = answer.json();
    assert_eq!(
        (&issued["token_type"], &issued["expires_in"], &issued["scope"]),
        (&json!("Bearer"), &json!(3600), &json!("todo:read"))
    );
    let token = issued["access_token"].as_str().unwrap();
    let mut claims = claims(token);
    assert!(claims["jti"].as_str().unwrap().len() > 20);
    claims.as_object_mut().unwrap().remove("jti");
    assert_eq!(
        claims,
        json!({
            "iss": ISSUER, "sub": "alice", "name": "Alice Archer", "tenant": "acme", "aud": RESOURCE,
            "client_id": client_id, "scope": "todo:read", "iat": NOW, "exp": NOW + 3600,
            "portcullis_dev": true,
        })
    );
    verify(token, &bench.server.jwks());
}

/// The signature holds under the published key.
fn verify(token: &str, jwks: &str) {
    let key = serde_json::from_str::<Value>(jwks).unwrap()["keys"][0].clone();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(input.split('.').next().unwrap())).unwrap();
    assert_eq!(header, json!({ "typ": "at+jwt", "alg": "ES256", "kid": key["kid"] }));
    let [x, y] = ["x", "y"].map(|name| decode(key[name].as_str().unwrap()));
    let point = [vec![4], x, y].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(input.as_bytes(), &decode(signature)).unwrap();
}

/// AS-13, AS-23..AS-27, AS-32, AS-33; and a refusal does not use the code up.
#[tokio::test]
async fn a_bad_token_request_is_refused_with_its_code() {
    let bench = Bench::new();
    let (client_id, other) = (bench.client().await, bench.client_at("http://127.0.0.1:6000/callback").await);
    let code = bench.code(&client_id).await;
    let good = || redeemed(&client_id, &code);
    let (short, long, wrong) = ("a".repeat(42), "a".repeat(129), VERIFIER.replace('d', "e"));
    let cases: Vec<(&str, Pairs<'_>, &str)> = vec![
        ("no grant_type", but(good(), "grant_type", None), "invalid_request"),
        ("password", but(good(), "grant_type", Some("password")), "unsupported_grant_type"),
        ("no code", but(good(), "code", None), "invalid_request"),
        ("unknown code", but(good(), "code", Some("x")), "invalid_grant"),
        ("no client", but(good(), "client_id", None), "invalid_request"),
        ("unknown client", but(good(), "client_id", Some("x")), "invalid_client"),
        ("another client", but(good(), "client_id", Some(&other)), "invalid_grant"),
        ("a secret", and(good(), "client_secret", "x"), "invalid_client"),
        ("an assertion", and(good(), "client_assertion", "x"), "invalid_client"),
        ("no verifier", but(good(), "code_verifier", None), "invalid_grant"),
        ("another verifier", but(good(), "code_verifier", Some(&wrong)), "invalid_grant"),
        ("a short verifier", but(good(), "code_verifier", Some(&short)), "invalid_grant"),
        ("a long verifier", but(good(), "code_verifier", Some(&long)), "invalid_grant"),
        (
            "another redirect",
            but(good(), "redirect_uri", Some("http://127.0.0.1:1/callback")),
            "invalid_grant",
        ),
        ("an unknown resource", but(good(), "resource", Some("https://a.example/mcp")), "invalid_target"),
        ("a resource not granted", but(good(), "resource", Some(OTHER_SPELLING)), "invalid_target"),
        ("one granted, one not", and(good(), "resource", OTHER_SPELLING), "invalid_target"),
        ("two codes", and(good(), "code", &code), "invalid_request"),
        ("two of something", and(and(good(), "x", "1"), "x", "1"), "invalid_request"),
    ];
    for (name, form, expected) in cases {
        let answer = bench.token(&form).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, expected), "{name}");
        assert_eq!(answer.header("cache-control"), "no-store", "{name}");
        assert!(!answer.body.contains(&code) && !answer.body.contains(VERIFIER), "{name}");
    }
    assert_eq!(bench.token(&but(good(), "redirect_uri", None)).await.status, StatusCode::OK);
}

/// AS-25, AS-26, AS-28
#[tokio::test]
async fn only_a_form_of_a_public_client_is_a_token_request() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let code = bench.code(&client_id).await;
    let good = || form_post("/oauth/token", &redeemed(&client_id, &code));
    let mut json = good();
    json.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    assert_eq!(bench.send(json).await.error(), "invalid_request");
    let mut basic = good();
    basic.headers_mut().insert(header::AUTHORIZATION, "Basic eDp5".parse().unwrap());
    let answer = bench.send(basic).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    assert!(answer.header("www-authenticate").starts_with("Basic realm="));
    let not_utf8 = request(Method::POST, "/oauth/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(&b"code=%ff\xff"[..]));
    assert_eq!(bench.send(not_utf8.unwrap()).await.error(), "invalid_request");
    assert_eq!(bench.send(good()).await.status, StatusCode::OK);
}

/// AS-39
#[tokio::test]
async fn clients_without_metadata_find_the_endpoints_at_the_root() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let query = encode(&asked(&client_id));
    assert_eq!(bench.get(&format!("/authorize?{query}")).await.status, StatusCode::OK);
    let code = bench.code(&client_id).await;
    let answer = bench.send(form_post("/token", &redeemed(&client_id, &code))).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// AS-24
#[tokio::test]
async fn a_code_expires() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    for (age, expected) in [(59, StatusCode::OK), (60, StatusCode::BAD_REQUEST)] {
        let code = bench.code(&client_id).await;
        bench.advance(age);
        let answer = bench.token(&redeemed(&client_id, &code)).await;
        assert_eq!(answer.status, expected, "{age} s");
    }
}

/// AS-24: a good code that comes again ends what it led to, even after its time; one without the verifier ends nothing.
#[tokio::test]
async fn a_replayed_code_revokes_what_it_led_to() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let code = bench.code(&client_id).await;
    let first = bench.token(&redeemed(&client_id, &code)).await.json();
    let refresh_token = first["refresh_token"].as_str().unwrap();

    let stolen = but(redeemed(&client_id, &code), "code_verifier", Some(&VERIFIER[1..]));
    assert_eq!(bench.token(&stolen).await.error(), "invalid_grant");
    let second = bench.refresh(&client_id, refresh_token).await;
    assert_eq!(second.status, StatusCode::OK, "an invalid replay revokes nothing");

    bench.advance(3600);
    assert_eq!(bench.token(&redeemed(&client_id, &code)).await.error(), "invalid_grant");
    let second = second.json();
    let refused = bench.refresh(&client_id, second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refused.error(), "invalid_grant", "a valid replay revokes the family");
}

/// AS-24: of two redemptions at once exactly one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_redemptions_have_one_winner() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    for _ in 0..20 {
        let code = bench.code(&client_id).await;
        let together = Arc::new(Barrier::new(4));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (router, together) = (bench.server.router(), together.clone());
                let request = form_post("/oauth/token", &redeemed(&client_id, &code));
                tokio::spawn(async move {
                    together.wait().await;
                    send(router, request).await.status
                })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            won += usize::from(task.await.unwrap() == StatusCode::OK);
        }
        assert_eq!(won, 1);
    }
}
