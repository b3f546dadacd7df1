//! The checks of RFC 9449 §4.3, one by one: what passes each, and what does not.

use super::{Caller, alice, line, mode, prove, request};
use crate::fixture::{Fixture, LIST, RESOURCE, issuer, policy};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use portcullis_oauth::Clock as _;
use portcullis_resource_server::{DpopMode, MAX_JTI_BYTES, MAX_PROOF_BYTES, Possession};
use portcullis_testing::{TestKey, Token, thumbprint};
use serde_json::{Value, json};

/// DP-01, DP-03, DP-04, DP-05, DP-15
#[tokio::test]
async fn good_proofs_are_accepted() {
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    let now = f.clock.now().0;
    let proof = || alice.proof(&f);
    for (name, proof) in [
        ("plain", proof()),
        ("as old as may be", proof().claim("iat", now - 300)),
        ("as far ahead as may be", proof().claim("iat", now + 300)),
        ("a moment with a fraction", proof().claim("iat", now as f64 + 0.5)),
        ("a query", proof().claim("htu", "https://mcp.example.com/mcp?a=b#c")),
        ("upper case and port", proof().claim("htu", "HTTPS://MCP.Example.com:443/mcp")),
        ("escapes and dots", proof().claim("htu", "https://mcp.example.com/x/../%6Dcp")),
        ("with a slash", proof().claim("htu", "https://mcp.example.com/mcp/")),
        ("claims nobody asks for", proof().claim("content_digest", "x").claim("nonce", "of somebody")),
        ("the longest jti", proof().claim("jti", "j".repeat(MAX_JTI_BYTES))),
        ("a key with a name", proof().header("jwk", alice.key.jwk("named"))),
    ] {
        assert_eq!(prove(&f, &alice.token, &[&proof.sign(&alice.key)]).await, "ok", "{name}");
    }
    for method in [Method::GET, Method::DELETE] {
        let proof = proof().claim("htm", method.as_str()).sign(&alice.key);
        let request = Request::builder().method(&method).uri(RESOURCE).header("dpop", proof);
        let request = request.header("authorization", format!("DPoP {}", alice.token));
        assert!(f.admit(request.body(Full::default()).unwrap()).await.is_ok(), "{method}");
    }
}

/// DP-02, JW-11
#[tokio::test]
async fn proofs_are_accepted_with_every_asymmetric_algorithm_and_the_key_for_it() {
    let f = line(mode(DpopMode::Required));
    for (alg, key) in TestKey::for_every_algorithm() {
        let caller = Caller::new(&f, "alice", key);
        let proof = caller.proof(&f).header("alg", alg).sign(&caller.key);
        assert_eq!(prove(&f, &caller.token, &[&proof]).await, "ok", "{alg}");
    }
}

/// DP-01, DP-02, DP-04, DP-05, JW-18, JW-19: one wrong proof a check, and none of them costs a signature.
#[tokio::test]
#[rustfmt::skip]
async fn refuses_each_wrong_proof_for_its_own_reason_without_a_signature_check() {
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    let (key, now) = (&alice.key, f.clock.now().0);
    let proof = || alice.proof(&f);
    let good = alice.signed(&f);
    let header = |jwk: &str| format!(r#"{{"typ":"dpop+jwt","alg":"ES256",{jwk}}}"#);
    let jwk = key.public_jwk();
    let with = |name: &str, value: Value| { let mut jwk = jwk.clone(); jwk[name] = value; jwk };
    let hs256 = {
        let input = proof().header("alg", "HS256").signing_input();
        let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key.public_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&secret, input.as_bytes())))
    };
    let claims = |rest: &str| format!(r#"{{"htm":"POST","htu":"{RESOURCE}","iat":{now},"jti":"a"{rest}}}"#);
    let cases: Vec<(&str, Vec<String>, &str)> = vec![
        ("none", vec![], "proof_missing"),
        ("two", vec![alice.signed(&f), alice.signed(&f)], "proof_repeated"),
        ("the same twice", vec![good.clone(), good.clone()], "proof_repeated"),
        ("two in one, as a proxy joins them", vec![format!("{good}, {}", alice.signed(&f))], "proof_malformed"),
        ("empty", vec![String::new()], "proof_malformed"),
        ("no JWT", vec!["proof".into()], "proof_malformed"),
        ("five parts", vec![format!("{good}.a.b")], "proof_malformed"),
        ("padding", vec![format!("{good}=")], "proof_malformed"),
        ("too long", vec![proof().claim("x", "x".repeat(MAX_PROOF_BYTES)).sign(key)], "proof_malformed"),
        ("crit", vec![proof().header("crit", json!(["exp"])).sign(key)], "proof_malformed"),
        ("b64", vec![proof().header("b64", false).sign(key)], "proof_malformed"),
        ("a header that is no object", vec![proof().raw_header("[]").sign(key)], "proof_malformed"),
        ("a header member twice", vec![proof().raw_header(&header(&format!(r#""alg":"ES256","jwk":{jwk}"#))).sign(key)], "proof_malformed"),
        ("two keys", vec![proof().raw_header(&header(&format!(r#""jwk":{jwk},"jwk":{jwk}"#))).sign(key)], "proof_malformed"),
        ("a member of the key twice", vec![proof().raw_header(&header(r#""jwk":{"kty":"EC","kty":"EC"}"#)).sign(key)], "proof_malformed"),
        ("a claim twice", vec![proof().raw_claims(&claims(r#","jti":"b""#)).sign(key)], "proof_malformed"),
        ("no typ", vec![proof().without_header("typ").sign(key)], "proof_type"),
        ("an ordinary JWT", vec![proof().header("typ", "JWT").sign(key)], "proof_type"),
        ("an access token", vec![proof().header("typ", "at+jwt").sign(key)], "proof_type"),
        ("its own access token", vec![alice.token.clone()], "proof_type"),
        ("alg none", vec![format!("{}.", proof().header("alg", "none").signing_input())], "proof_algorithm"),
        ("alg NONE", vec![format!("{}.", proof().header("alg", "NONE").signing_input())], "proof_algorithm"),
        ("HS256 with the public key as secret", vec![hs256], "proof_algorithm"),
        ("no alg", vec![proof().without_header("alg").sign(key)], "proof_malformed"),
        ("no jwk", vec![proof().without_header("jwk").sign(key)], "proof_malformed"),
        ("a jwk that is a text", vec![proof().header("jwk", jwk.to_string()).sign(key)], "proof_malformed"),
        ("a private key", vec![proof().header("jwk", with("d", "AAAA".into())).sign(key)], "proof_private_key"),
        ("a private key, though null", vec![proof().header("jwk", with("d", Value::Null)).sign(key)], "proof_private_key"),
        ("a symmetric key", vec![proof().header("jwk", json!({ "kty": "oct", "k": "AAAA" })).sign(key)], "proof_private_key"),
        ("no jti", vec![proof().without("jti").sign(key)], "proof_malformed"),
        ("an empty jti", vec![proof().claim("jti", "").sign(key)], "proof_malformed"),
        ("a huge jti", vec![proof().claim("jti", "j".repeat(MAX_JTI_BYTES + 1)).sign(key)], "proof_malformed"),
        ("a jti that is a number", vec![proof().claim("jti", 7).sign(key)], "proof_malformed"),
        ("no htm", vec![proof().without("htm").sign(key)], "proof_malformed"),
        ("another method", vec![proof().claim("htm", "GET").sign(key)], "proof_method"),
        ("the method in lower case", vec![proof().claim("htm", "post").sign(key)], "proof_method"),
        ("no htu", vec![proof().without("htu").sign(key)], "proof_malformed"),
        ("another resource of the host", vec![proof().claim("htu", "https://mcp.example.com/other").sign(key)], "proof_target"),
        ("the host alone", vec![proof().claim("htu", "https://mcp.example.com").sign(key)], "proof_target"),
        ("another host", vec![proof().claim("htu", "https://evil.example/mcp").sign(key)], "proof_target"),
        ("plain http", vec![proof().claim("htu", "http://mcp.example.com/mcp").sign(key)], "proof_target"),
        ("another port", vec![proof().claim("htu", "https://mcp.example.com:8443/mcp").sign(key)], "proof_target"),
        ("a host before an at sign", vec![proof().claim("htu", "https://evil.example@mcp.example.com/mcp").sign(key)], "proof_target"),
        ("a path alone", vec![proof().claim("htu", "/mcp").sign(key)], "proof_target"),
        ("no iat", vec![proof().without("iat").sign(key)], "proof_malformed"),
        ("iat is a text", vec![proof().claim("iat", now.to_string()).sign(key)], "proof_malformed"),
        ("too old", vec![proof().claim("iat", now - 301).sign(key)], "proof_time"),
        ("too far ahead", vec![proof().claim("iat", now + 301).sign(key)], "proof_time"),
        ("at the end of time", vec![proof().claim("iat", u64::MAX).sign(key)], "proof_time"),
        ("no ath", vec![proof().without("ath").sign(key)], "proof_token"),
        ("an empty ath", vec![proof().claim("ath", "").sign(key)], "proof_token"),
        ("the token itself as ath", vec![proof().claim("ath", alice.token.as_str()).sign(key)], "proof_token"),
        ("somebody else's key", vec![Token::proof(&TestKey::p256(), RESOURCE, &alice.token, f.clock.now()).sign(key)], "proof_other_key"),
        ("a key without a thumbprint", vec![proof().header("jwk", json!({ "kty": "EC", "crv": "P-256" })).sign(key)], "proof_other_key"),
    ];
    for (name, proofs, reason) in cases {
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        assert_eq!(prove(&f, &alice.token, &proofs).await, reason, "{name}");
    }
    assert_eq!(f.line.possession.signature_checks(), 0);
    assert_eq!(prove(&f, &alice.token, &[&good]).await, "ok", "and none of it has used up a good one");
}

/// DP-02: a signature by somebody else costs the one check it takes.
#[tokio::test]
async fn refuses_a_forged_proof_by_one_check() {
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    let changed = {
        let (good, other) = (alice.signed(&f), alice.proof(&f).signing_input());
        format!("{other}.{}", good.rsplit_once('.').unwrap().1)
    };
    let cases = [
        ("another key has signed", alice.proof(&f).sign(&TestKey::p256())),
        ("claims were changed", changed),
        ("the signature is empty", format!("{}.", alice.proof(&f).signing_input())),
    ];
    for (index, (name, proof)) in cases.iter().enumerate() {
        assert_eq!(prove(&f, &alice.token, &[proof]).await, "proof_signature", "{name}");
        assert_eq!(f.line.possession.signature_checks(), index as u64 + 1, "{name}");
    }
}

/// DP-02, JW-11, JW-18: a token may be bound to any key, and not every key is one we verify with.
#[tokio::test]
async fn refuses_keys_that_are_none_for_the_algorithm() {
    let f = line(mode(DpopMode::Required));
    let (p256, rsa) = (TestKey::p256().public_jwk(), TestKey::rsa().public_jwk());
    let with = |jwk: &Value, name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    let number = |bytes: usize| Value::from(URL_SAFE_NO_PAD.encode(vec![0xff; bytes]));
    for (name, alg, jwk) in [
        ("RSA of 1024 bits", "RS256", with(&rsa, "n", number(128))),
        ("RSA of 16384 bits", "RS256", with(&rsa, "n", number(2048))),
        ("an even exponent", "RS256", with(&rsa, "e", "AQAC".into())),
        ("the exponent 1", "RS256", with(&rsa, "e", "AQ".into())),
        ("an exponent without end", "RS256", with(&rsa, "e", number(9))),
        ("a point that is not on the curve", "ES256", with(&p256, "y", number(32))),
        ("a coordinate that is too short", "ES256", with(&p256, "y", number(31))),
        ("an EC key under RS256", "RS256", p256.clone()),
        ("an RSA key under ES256", "ES256", rsa.clone()),
        ("a key of one curve under the other's algorithm", "ES384", p256.clone()),
        ("a key for another algorithm", "RS256", with(&rsa, "alg", "PS256".into())),
        ("a key for encryption", "ES256", with(&p256, "use", "enc".into())),
        ("a curve we do not know", "ES256", with(&p256, "crv", "P-521".into())),
    ] {
        let bound = f.token().claim("cnf", json!({ "jkt": thumbprint(&jwk) })).sign(&TestKey::rsa());
        let signer = if alg.starts_with("RS") { TestKey::rsa() } else { TestKey::p256() };
        let proof = Token::proof(&signer, RESOURCE, &bound, f.clock.now());
        let proof = proof.header("alg", alg).header("jwk", jwk).sign(&signer);
        assert_eq!(prove(&f, &bound, &[&proof]).await, "proof_key", "{name}");
    }
    assert_eq!(f.line.possession.signature_checks(), 0);
}

/// DP-02: nothing of another's is good for anyone: not the token with one's own proof, nor the proof with one's own token.
#[tokio::test]
async fn two_users_cannot_use_each_others_tokens_or_proofs() {
    let f = line(mode(DpopMode::Supported));
    let alice = Caller::new(&f, "alice", TestKey::p256());
    let mallory = Caller::new(&f, "mallory", TestKey::p256());
    let about = |token: &str, key: &TestKey| Token::proof(key, RESOURCE, token, f.clock.now()).sign(key);
    for (name, token, proof, reason) in [
        ("her token, her proof for hers", &alice.token, mallory.signed(&f), "proof_token"),
        (
            "her token, a proof for it by mallory",
            &alice.token,
            about(&alice.token, &mallory.key),
            "proof_other_key",
        ),
        ("mallory's token, alice's proof", &mallory.token, alice.signed(&f), "proof_token"),
        (
            "mallory's token, a proof for it by alice",
            &mallory.token,
            about(&mallory.token, &alice.key),
            "proof_other_key",
        ),
    ] {
        assert_eq!(prove(&f, token, &[&proof]).await, reason, "{name}");
    }
    // Not even from one's own token to the next one of the same key.
    let second = f.token().claim("sub", "alice").claim("jti", "2").bound_to(&alice.key).sign(&TestKey::rsa());
    assert_eq!(prove(&f, &second, &[&alice.signed(&f)]).await, "proof_token");
    assert_eq!(prove(&f, &second, &[&about(&second, &alice.key)]).await, "ok");
}

/// DP-14, RS-09: a proof for one resource is none for the next, and the audience counts as before.
#[tokio::test]
async fn a_proof_for_another_resource_of_the_host_is_none() {
    let f = line(mode(DpopMode::Required));
    let other = "https://mcp.example.com/other";
    let issuers = vec![issuer("https://issuer.example", other, f.fetch.clone(), f.clock.clone())];
    let mut there = Fixture::of(issuers, other, policy(), f.fetch.clone(), f.clock.clone());
    let settings = mode(DpopMode::Required);
    there.line.possession = Possession::new(&settings, &there.line.resource, &[7; 32]);
    let alice = alice(&f);
    assert_eq!(prove(&there, &alice.token, &[&alice.signed(&f)]).await, "token_audience");
    let token = f.token().claim("aud", json!([RESOURCE, other])).bound_to(&alice.key).sign(&TestKey::rsa());
    let proof = Token::proof(&alice.key, RESOURCE, &token, f.clock.now()).sign(&alice.key);
    assert_eq!(prove(&there, &token, &[&proof]).await, "proof_target");
    assert_eq!(prove(&f, &token, &[&proof]).await, "ok");
}

/// DP-05, RS-21: a token that is remembered needs a new proof each time; each proof is good once.
#[tokio::test]
async fn a_remembered_token_still_needs_a_proof_of_its_own_for_every_request() {
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    let first = alice.signed(&f);
    assert_eq!(prove(&f, &alice.token, &[&first]).await, "ok");
    assert_eq!(prove(&f, &alice.token, &[&first]).await, "proof_replayed");
    assert_eq!(prove(&f, &alice.token, &[]).await, "proof_missing");
    assert_eq!(prove(&f, &alice.token, &[&alice.signed(&f)]).await, "ok");
    assert_eq!(f.signature_checks(), 1, "of the token");
    assert_eq!(f.line.possession.signature_checks(), 3, "of proofs");
    // ECDSA signatures can be changed into other good ones; the proof stays the same.
    let again = alice.proof(&f).claim("jti", "same");
    assert_eq!(prove(&f, &alice.token, &[&again.sign(&alice.key)]).await, "ok");
    assert_eq!(prove(&f, &alice.token, &[&again.sign(&alice.key)]).await, "proof_replayed");
    f.clock.advance(301);
    assert_eq!(prove(&f, &alice.token, &[&first]).await, "proof_time", "and then it is too old");
}

/// DP-05: of several at once with one proof, exactly one.
#[tokio::test]
async fn of_two_requests_at_once_with_one_proof_one_passes() {
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    let (authorization, proof) = (format!("DPoP {}", alice.token), alice.signed(&f));
    let attempt = || f.admit(request(&authorization, &[&proof]));
    let (a, b, c) = tokio::join!(attempt(), attempt(), attempt());
    let passed = [a, b, c].into_iter().filter(Result::is_ok).count();
    assert_eq!(passed, 1);
}

/// DP-05: memory that is off lets a proof pass again, and only that.
#[tokio::test]
async fn without_a_memory_a_proof_is_good_until_it_is_too_old() {
    let mut settings = mode(DpopMode::Required);
    (settings.remembered_proofs, settings.proof_seconds) = (0, 60);
    let f = line(settings);
    let alice = alice(&f);
    let proof = alice.signed(&f);
    for expected in ["ok", "ok"] {
        assert_eq!(prove(&f, &alice.token, &[&proof]).await, expected);
    }
    f.clock.advance(61);
    assert_eq!(prove(&f, &alice.token, &[&proof]).await, "proof_time");
}

/// DP-13, RS-12: neither token nor proof goes on; and a proof in another header is none.
#[tokio::test]
async fn the_proof_stays_behind_as_the_token_does() {
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    let request = request(&format!("DPoP {}", alice.token), &[&alice.signed(&f)]);
    let (_, request) = f.admit(request).await.unwrap().into_parts();
    assert!(!request.headers().contains_key("dpop") && !request.headers().contains_key("authorization"));
    let elsewhere = Request::post(RESOURCE)
        .header("proxy-authorization", format!("DPoP {}", alice.token))
        .header("dpop", alice.signed(&f))
        .body(Full::new(Bytes::from(LIST)))
        .unwrap();
    assert_eq!(f.admit(elsewhere).await.unwrap_err().reason.code(), "token_missing");
}
