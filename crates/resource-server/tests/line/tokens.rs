//! Tokens as providers and attackers make them: each refused by its own rule, and what is refused cheaply costs no
//! signature check.

use crate::fixture::{Fixture, LIST, RESOURCE, issuer, policy, post, signature};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::{Clock as _, Issuer};
use portcullis_resource_server::TypRule;
use portcullis_testing::{Answer, FakeFetch, TestClock, TestKey};
use serde_json::json;
use std::sync::Arc;

/// RS-03, RS-08, JW-03, JW-04, RS-22, JW-01
#[tokio::test]
async fn accepts_good_tokens() {
    let f = Fixture::new();
    let key = TestKey::rsa();
    for (name, token) in [
        ("plain", f.token()),
        (
            "audience in an array",
            f.token().claim("aud", json!(["https://other.example", "https://mcp.example.com/mcp"])),
        ),
        ("audience in upper case", f.token().claim("aud", "HTTPS://MCP.Example.com/mcp")),
        ("typ in full", f.token().header("typ", "application/AT+JWT")),
        ("scopes in an array", f.token().without("scope").claim("scp", json!(["todo:read"]))),
        ("just expired, within leeway", f.token().claim("exp", f.clock.now().0 - 29)),
        ("a fraction", f.token().claim("exp", (f.clock.now().0 as f64) + 10.5)),
    ] {
        assert_eq!(f.call(&token.sign(&key)).await, "ok", "{name}");
    }
}

/// JW-11: every algorithm, with the key that fits it.
#[tokio::test]
async fn accepts_every_asymmetric_algorithm() {
    for (alg, key) in TestKey::for_every_algorithm() {
        let f = Fixture::new();
        f.fetch.set(Answer::Json(key.jwks("key-1")));
        assert_eq!(f.call(&f.token().header("alg", alg).sign(&key)).await, "ok", "{alg}");
    }
}

/// RS-08..RS-10, RS-14, RS-16, JW-01..JW-06, JW-12, JW-14..JW-21, CH-08: without a signature check.
#[tokio::test]
async fn refuses_what_is_malformed_foreign_or_expired_without_a_signature_check() {
    let f = Fixture::new();
    let key = TestKey::rsa();
    let now = f.clock.now().0;
    let good = f.token();
    let signed = good.sign(&key);
    let (input, signature) = signed.rsplit_once('.').unwrap();
    let cases: Vec<(&str, String, &str)> = vec![
        ("no parts", "abc".into(), "token_malformed"),
        ("two parts", input.into(), "token_malformed"),
        ("five parts, as an encrypted token", format!("{signed}.a.b"), "token_malformed"),
        ("padding", format!("{input}.{signature}="), "token_malformed"),
        ("header twice alg", good.clone().raw_header(r#"{"alg":"none","alg":"RS256","typ":"at+jwt"}"#).sign(&key), "token_malformed"),
        ("claims twice aud", good.clone().raw_claims(r#"{"iss":"https://issuer.example","aud":"x","aud":"https://mcp.example.com/mcp","exp":9999999999,"sub":"a"}"#).sign(&key), "token_malformed"),
        ("claims are an array", good.clone().raw_claims("[]").sign(&key), "token_malformed"),
        ("trailing bytes", good.clone().raw_claims("{} {}").sign(&key), "token_malformed"),
        ("crit", good.clone().header("crit", json!(["exp"])).sign(&key), "token_critical_header"),
        ("b64", good.clone().header("b64", false).sign(&key), "token_critical_header"),
        ("zip", good.clone().header("zip", "DEF").sign(&key), "token_critical_header"),
        ("foreign issuer", good.clone().claim("iss", "https://evil.example").sign(&key), "token_issuer"),
        ("issuer with a slash", good.clone().claim("iss", "https://issuer.example/").sign(&key), "token_issuer"),
        ("issuer in an array", good.clone().claim("iss", json!(["https://issuer.example"])).sign(&key), "token_malformed"),
        ("no issuer", good.clone().without("iss").sign(&key), "token_claim_missing"),
        ("none", good.clone().header("alg", "none").sign(&key), "token_algorithm"),
        ("None", good.clone().header("alg", "None").sign(&key), "token_algorithm"),
        ("HS256", good.clone().header("alg", "HS256").sign(&key), "token_algorithm"),
        ("rs256", good.clone().header("alg", "rs256").sign(&key), "token_algorithm"),
        ("expired", good.clone().claim("exp", now - 31).sign(&key), "token_expired"),
        ("no exp", good.clone().without("exp").sign(&key), "token_claim_missing"),
        ("exp is text", good.clone().claim("exp", "9999999999").sign(&key), "token_malformed"),
        ("nbf to come", good.clone().claim("nbf", now + 31).sign(&key), "token_not_yet_valid"),
        ("iat to come", good.clone().claim("iat", now + 31).sign(&key), "token_not_yet_valid"),
        ("typ JWT", good.clone().header("typ", "JWT").sign(&key), "token_type"),
        ("no typ", good.clone().without_header("typ").sign(&key), "token_type"),
        ("dpop+jwt", good.clone().header("typ", "dpop+jwt").sign(&key), "token_type"),
        ("logout+jwt", good.clone().header("typ", "logout+jwt").sign(&key), "token_type"),
        ("no aud", good.clone().without("aud").sign(&key), "token_claim_missing"),
        ("aud empty", good.clone().claim("aud", json!([])).sign(&key), "token_claim_missing"),
        ("aud a number", good.clone().claim("aud", 7).sign(&key), "token_malformed"),
        ("another resource", good.clone().claim("aud", "https://mcp.example.com/other").sign(&key), "token_audience"),
        ("a sibling path", good.clone().claim("aud", "https://mcp.example.com/mcp/x").sign(&key), "token_audience"),
        ("no sub", good.clone().without("sub").sign(&key), "token_claim_missing"),
        ("sub empty", good.clone().claim("sub", "").sign(&key), "token_claim_missing"),
        ("a proof of DPoP", good.clone().header("typ", "dpop+jwt").sign(&key), "token_type"),
    ];
    for (name, token, reason) in cases {
        assert_eq!(f.call(&token).await, reason, "{name}");
    }
    assert_eq!(f.signature_checks(), 0);
    assert_eq!(f.fetch.calls(), 0, "nor do they make us fetch keys");
}

/// JW-04, JW-11, JW-13, JW-16, JW-17: with the one signature check that it takes.
#[tokio::test]
async fn refuses_forged_signatures_by_one_check() {
    let f = Fixture::new();
    let (key, other) = (TestKey::rsa(), TestKey::other_rsa());
    let good = f.token();
    let swapped = {
        let signed = good.sign(&key);
        let (_, signature) = signed.rsplit_once('.').unwrap();
        format!("{}.{signature}", good.clone().claim("sub", "admin").signing_input())
    };
    let cases = [
        ("another key", good.sign(&other)),
        ("claims changed", swapped),
        ("empty signature", format!("{}.", good.signing_input())),
        ("its own key in the header", good.clone().header("jwk", other.jwk("key-1")).sign(&other)),
        ("jku", good.clone().header("jku", "http://169.254.169.254/keys").sign(&other)),
        ("x5u", good.clone().header("x5u", "https://evil.example/cert").sign(&other)),
    ];
    for (index, (name, token)) in cases.iter().enumerate() {
        assert_eq!(f.call(token).await, "token_signature", "{name}");
        assert_eq!(f.signature_checks(), index as u64 + 1, "{name}");
    }
    assert_eq!(f.fetch.calls(), 1, "and nothing else was fetched");
}

/// JW-11: RS256 to HS256 with the public key as secret; a key of another type under the same name.
#[tokio::test]
async fn an_algorithm_is_never_the_tokens_choice() {
    let f = Fixture::new();
    let input = f.token().header("alg", "HS256").signing_input();
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &TestKey::rsa().public_bytes());
    let tag = aws_lc_rs::hmac::sign(&secret, input.as_bytes());
    let confused = format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(f.call(&confused).await, "token_algorithm");
    // An ES256 token that names the RSA key: no such key for that algorithm.
    let token = f.token().header("alg", "ES256").sign(&TestKey::p256());
    assert_eq!(f.call(&token).await, "token_key_unknown");
    // A key published for RS512 does not verify RS256.
    let f = Fixture::new();
    let mut jwk = TestKey::rsa().jwk("key-1");
    jwk["alg"] = "RS512".into();
    f.fetch.set(Answer::Json(json!({ "keys": [jwk] })));
    assert_eq!(f.call(&f.token().sign(&TestKey::rsa())).await, "token_key_unknown");
    assert_eq!(f.signature_checks(), 0);
}

/// JW-16: names are compared, and nothing else is done with them.
#[tokio::test]
async fn a_hostile_kid_is_just_an_unknown_key() {
    for kid in ["../../etc/passwd", "' OR 1=1 --", "https://evil.example/keys", "", "key-1\u{0}"] {
        let f = Fixture::new();
        let token = f.token().header("kid", kid).sign(&TestKey::rsa());
        assert_eq!(f.call(&token).await, "token_key_unknown", "{kid:?}");
    }
    let f = Fixture::new();
    assert_eq!(
        f.call(&f.token().header("kid", "k".repeat(600)).sign(&TestKey::rsa())).await,
        "token_malformed"
    );
}

/// JW-14, G-13: with `typ` relaxed, other kinds of token stay out.
#[tokio::test]
async fn a_relaxed_issuer_still_refuses_id_tokens() {
    let f = Fixture::with(|issuer| signature(issuer).typ = TypRule::Relaxed, policy());
    let key = TestKey::rsa();
    let plain = f.token().header("typ", "JWT");
    assert_eq!(f.call(&plain.sign(&key)).await, "ok");
    assert_eq!(f.call(&plain.clone().without_header("typ").sign(&key)).await, "ok");
    for (name, token) in [
        ("nonce", plain.clone().claim("nonce", "n")),
        ("at_hash", plain.clone().claim("at_hash", "h")),
        ("c_hash", plain.clone().claim("c_hash", "h")),
        ("events", plain.clone().claim("events", json!({}))),
        ("aud is the client", plain.clone().claim("aud", json!(["client-1", "https://mcp.example.com/mcp"]))),
    ] {
        assert_eq!(f.call(&token.sign(&key)).await, "token_kind", "{name}");
    }
    assert_eq!(f.call(&plain.clone().header("typ", "logout+jwt").sign(&key)).await, "token_type");
}

/// JW-13, JW-20, RS-16: two issuers with keys of one name.
#[tokio::test]
async fn a_kid_shared_by_two_issuers_cannot_cross() {
    let clock = Arc::new(TestClock::default());
    let fetch = |key: TestKey| Arc::new(FakeFetch::new(Answer::Json(key.jwks("key-1"))));
    let (a, b) = (fetch(TestKey::rsa()), fetch(TestKey::other_rsa()));
    let issuers = vec![
        issuer("https://a.example", RESOURCE, a.clone(), clock.clone()),
        issuer("https://b.example", RESOURCE, b, clock.clone()),
    ];
    let f = Fixture::of(issuers, RESOURCE, policy(), a, clock);
    let of = |issuer: &str| f.token().claim("iss", issuer);
    assert_eq!(f.call(&of("https://a.example").sign(&TestKey::rsa())).await, "ok");
    assert_eq!(f.call(&of("https://b.example").sign(&TestKey::other_rsa())).await, "ok");
    assert_eq!(f.call(&of("https://a.example").sign(&TestKey::other_rsa())).await, "token_signature");
    assert_eq!(f.call(&of("https://b.example").sign(&TestKey::rsa())).await, "token_signature");
}

/// RS-21, JW-09: a token warm at one resource is unknown at the next.
#[tokio::test]
async fn a_token_warm_at_one_resource_is_refused_at_another() {
    let f = Fixture::new();
    let token = f.token().sign(&TestKey::rsa());
    assert_eq!(f.call(&token).await, "ok");
    let other = "https://mcp.example.com/other";
    let issuers = vec![issuer("https://issuer.example", other, f.fetch.clone(), f.clock.clone())];
    let second = Fixture::of(issuers, other, policy(), f.fetch.clone(), f.clock.clone());
    assert_eq!(second.call(&token).await, "token_audience");
}

/// RS-02, RS-21, JW-05: remembered, and still judged on every request.
#[tokio::test]
async fn a_remembered_token_costs_no_signature_and_dies_on_time() {
    let f = Fixture::new();
    let token = f.token().claim("exp", f.clock.now().0 + 60).sign(&TestKey::rsa());
    for _ in 0..3 {
        assert_eq!(f.call(&token).await, "ok");
    }
    assert_eq!(f.signature_checks(), 1);
    f.clock.advance(89);
    assert_eq!(f.call(&token).await, "ok");
    f.clock.advance(1);
    assert_eq!(f.call(&token).await, "token_expired");
    assert_eq!(f.signature_checks(), 1);
}

/// JW-02: both identifiers of an issuer that migrates, and its own scope claim.
#[tokio::test]
async fn an_issuer_may_have_two_identifiers_while_it_migrates() {
    let f = Fixture::with(
        |issuer| {
            issuer.issuers.push(Issuer::parse("https://issuer.example/resources/res_1").unwrap());
            issuer.scopes_claim = true;
        },
        policy(),
    );
    let migrated = f.token().claim("iss", "https://issuer.example/resources/res_1");
    let migrated = migrated.without("scope").claim("scopes", json!(["todo:read"]));
    assert_eq!(f.call(&migrated.sign(&TestKey::rsa())).await, "ok");
}

/// RS-23
#[tokio::test]
async fn a_machine_is_told_from_a_person() {
    let f = Fixture::new();
    for (subject, expected) in [("client-1", true), ("user-1", false)] {
        let token = f.token().claim("sub", subject).sign(&TestKey::rsa());
        let admitted = f.admit(post(&token, LIST)).await.unwrap();
        assert_eq!(admitted.permit().token().is_machine(), expected, "{subject}");
    }
}

/// A second opinion on signatures: whatever jsonwebtoken verifies, we do, and nothing more.
#[tokio::test]
async fn agrees_with_jsonwebtoken_about_signatures() {
    let f = Fixture::new();
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(TestKey::rsa().jwk("key-1")).unwrap();
    let theirs = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    let token = f.token().sign(&TestKey::rsa());
    for index in (0..token.len()).step_by(7) {
        let mut changed = token.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let (input, signature) = changed.rsplit_once('.').unwrap_or((&changed, ""));
        let verified = jsonwebtoken::crypto::verify(
            signature,
            input.as_bytes(),
            &theirs,
            jsonwebtoken::Algorithm::RS256,
        );
        let ours = f.call(&changed).await == "ok";
        assert!(!ours || verified.unwrap_or(false), "byte {index}");
        assert!(!ours || changed == token, "byte {index}");
    }
    assert_eq!(f.call(&token).await, "ok");
}

/// Its users have no passwords: whoever reached it once could be anyone here.
#[tokio::test]
async fn a_token_for_development_is_good_in_development_only() {
    for (rule, plain, marked) in [
        (TypRule::AccessToken, "ok", "token_kind"),
        (TypRule::Relaxed, "ok", "token_kind"),
        (TypRule::Development, "token_kind", "ok"),
    ] {
        let f = Fixture::with(|issuer| signature(issuer).typ = rule, policy());
        let mark = |value: serde_json::Value| f.token().claim("portcullis_dev", value).sign(&TestKey::rsa());
        assert_eq!(f.call(&f.token().sign(&TestKey::rsa())).await, plain, "{rule:?}");
        assert_eq!(f.call(&mark(true.into())).await, marked, "{rule:?}");
        assert_eq!(f.call(&mark(false.into())).await, marked, "{rule:?}: the mark itself counts");
    }
}
