//! How we say at the introspection endpoint who we are.

use crate::asking::{AS, Asking, ENDPOINT, TOKEN};
use portcullis_oauth::Clock as _;
use portcullis_resource_server::{Algorithm, AssertionAudience, ClientKey, ClientProof, ClientSecret, Proof};
use portcullis_testing::{
    Answer, TestKey,
    introspection::{CLIENT_ID, CLIENT_SECRET},
};
use serde_json::{Value, json};
use std::sync::Arc;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// IN-02, RS-17: a wrong secret is ours to put right. It is no fault of the caller, and is not in the log.
#[tokio::test]
async fn refused_credentials_are_the_operators_affair() {
    let wrong = ClientProof::SecretBasic(ClientSecret::new("hunter2-of-the-gateway"));
    let a = Asking::with(|settings| settings.client.proof = wrong);
    a.say(a.good());
    assert_eq!(a.call().await, "introspection_unavailable");
    let Proof::Introspection(introspection) = &a.f.line.verifier.issuers()[0].proof else { panic!() };
    let printed = format!("{introspection:?} {:?} {:?}", a.f.line.verifier.issuers(), a.f.events());
    assert!(!printed.contains("hunter2") && !printed.contains(TOKEN), "{printed}");
}

/// IN-02: each method, as the server reads it.
#[tokio::test]
async fn the_client_says_who_it_is_in_the_way_it_is_registered() {
    let secret = || ClientSecret::new(CLIENT_SECRET);
    for (proof, name) in [
        (ClientProof::SecretBasic(secret()), "client_secret_basic"),
        (ClientProof::SecretPost(secret()), "client_secret_post"),
    ] {
        let a = Asking::with(|settings| settings.client.proof = proof);
        a.say(a.good());
        assert_eq!(a.call().await, "ok", "{name}");
    }
}

/// IN-02, RFC 7523 §3: with every kind of key, read by somebody else's reader.
#[tokio::test]
async fn an_assertion_is_short_signed_and_for_the_issuer_alone() {
    let issuer = || AssertionAudience::Issuer(AS.to_owned());
    for (key, algorithm, name, audience, expected) in [
        (TestKey::p256(), None, "ES256", issuer(), AS),
        (TestKey::p256(), None, "ES256", AssertionAudience::Endpoint, ENDPOINT),
        (TestKey::p384(), None, "ES384", issuer(), AS),
        (TestKey::ed25519(), None, "EdDSA", issuer(), AS),
        (TestKey::rsa(), None, "RS256", issuer(), AS),
        (TestKey::rsa(), Some(Algorithm::Ps256), "PS256", issuer(), AS),
    ] {
        let ours = Arc::new(ClientKey::parse(&key.pem(), Some("k-1".to_owned()), algorithm).unwrap());
        let proof = ClientProof::PrivateKeyJwt { key: ours, audience };
        let a = Asking::with(|settings| settings.client.proof = proof);
        a.say(a.good());
        a.server.say("another", Answer::Json(a.good()));
        assert_eq!((a.call().await, a.f.call("another").await), ("ok", "ok"), "{name}");
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.jwk("k-1")).unwrap();
        let theirs = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let mut rules = jsonwebtoken::Validation::new(name.parse().unwrap());
        rules.set_audience(&[expected]);
        rules.validate_exp = false; // the clock is the test's
        let mut names = Vec::new();
        for question in a.server.questions() {
            assert_eq!(question.parameter("client_assertion_type"), Some(ASSERTION_TYPE));
            let assertion = question.parameter("client_assertion").unwrap();
            let read = jsonwebtoken::decode::<Value>(assertion, &theirs, &rules).unwrap();
            assert_eq!(read.header.typ.as_deref(), Some("client-authentication+jwt"));
            assert_eq!(read.header.kid.as_deref(), Some("k-1"));
            let (claims, now) = (read.claims, a.f.clock.now().0);
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT_ID), &json!(CLIENT_ID)));
            assert_eq!((&claims["aud"], &claims["iat"]), (&json!(expected), &json!(now)));
            assert_eq!(claims["exp"], json!(now + 60));
            names.push(claims["jti"].as_str().unwrap().to_owned());
        }
        assert_ne!(names[0], names[1], "an assertion is used once");
        assert!(names.iter().all(|name| name.len() >= 20), "{names:?}");
    }
}
