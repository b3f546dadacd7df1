//! What a client is told, and under which scheme; what the operator is told.

use super::{Caller, alice, line, mode, request};
use crate::fixture::{Fixture, LIST, RESOURCE};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use portcullis_oauth::{AuthScheme, Challenge, ErrorCode};
use portcullis_resource_server::{DpopMode, DpopSettings};
use portcullis_testing::TestKey;
use serde_json::Value;

const METADATA: &str = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";

async fn refused(f: &Fixture, request: Request<Full<Bytes>>) -> Response<Value> {
    let refusal = f.admit(request).await.expect_err("refused");
    let (head, body) = refusal.response(&f.line.challenge_context()).into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(head, serde_json::from_slice(&body).unwrap())
}

fn challenges(response: &Response<Value>) -> Vec<Challenge> {
    let values = response.headers().get_all(header::WWW_AUTHENTICATE).iter();
    values.map(|value| value.to_str().unwrap().parse().unwrap()).collect()
}

fn schemes(challenges: &[Challenge]) -> Vec<AuthScheme> {
    challenges.iter().map(Challenge::scheme).collect()
}

fn nobody() -> Request<Full<Bytes>> {
    Request::post(RESOURCE).body(Full::new(Bytes::from(LIST))).unwrap()
}

/// CH-05, CH-10, CH-19, CL-10, DP-07: without credentials each scheme is told, Bearer first, and no error in any.
#[tokio::test]
async fn a_stranger_is_told_each_scheme_that_is_accepted() {
    use AuthScheme::{Bearer, Dpop};
    for (dpop, expected) in [
        (DpopMode::Off, vec![Bearer]),
        (DpopMode::Supported, vec![Bearer, Dpop]),
        (DpopMode::Required, vec![Dpop]),
    ] {
        let f = line(DpopSettings {
            algorithms: vec!["ES256".parse().unwrap(), "EdDSA".parse().unwrap()],
            ..mode(dpop)
        });
        let seen = refused(&f, nobody()).await;
        let told = challenges(&seen);
        assert_eq!((seen.status().as_u16(), schemes(&told)), (401, expected), "{dpop:?}");
        for challenge in &told {
            assert_eq!(challenge.error_code(), None, "{dpop:?}");
            assert_eq!(challenge.metadata_url(), Some(METADATA), "{dpop:?}");
            assert_eq!(challenge.scopes().to_string(), "todo:read todo:write", "{dpop:?}");
            assert_eq!(challenge.algs(), (challenge.scheme() == Dpop).then_some("ES256 EdDSA"), "{dpop:?}");
        }
    }
}

/// CH-06, CH-19, DP-06, DP-07, CH-15: what was wrong is said once, in the challenge of the scheme that was used.
#[tokio::test]
async fn the_error_is_in_the_challenge_of_the_scheme_that_was_used() {
    use AuthScheme::{Bearer, Dpop};
    let supported = || line(mode(DpopMode::Supported));
    let f = supported();
    let alice = alice(&f);
    let (bound, plain) = (alice.token.as_str(), f.token().sign(&TestKey::rsa()));
    let expired = f.token().claim("exp", 1).sign(&TestKey::rsa());
    let no_scope = f.token().without("scope").sign(&TestKey::rsa());
    let poor = Caller {
        token: f.token().without("scope").bound_to(&alice.key).sign(&TestKey::rsa()),
        key: alice.key.clone(),
    };
    let (good, for_poor) = (alice.signed(&f), poor.signed(&f));
    for (name, authorization, proofs, status, code, scheme) in [
        ("bound as Bearer", format!("Bearer {bound}"), vec![], 401, ErrorCode::InvalidToken, Bearer),
        ("expired Bearer", format!("Bearer {expired}"), vec![], 401, ErrorCode::InvalidToken, Bearer),
        ("expired DPoP", format!("DPoP {expired}"), vec![], 401, ErrorCode::InvalidToken, Dpop),
        ("malformed DPoP", "DPoP ".to_owned(), vec![], 401, ErrorCode::InvalidToken, Dpop),
        ("plain as DPoP", format!("DPoP {plain}"), vec![&good], 401, ErrorCode::InvalidToken, Dpop),
        ("no proof", format!("DPoP {bound}"), vec![], 401, ErrorCode::InvalidDpopProof, Dpop),
        ("two proofs", format!("DPoP {bound}"), vec![&good, &good], 401, ErrorCode::InvalidDpopProof, Dpop),
        (
            "a proof of another token",
            format!("DPoP {bound}"),
            vec![&for_poor],
            401,
            ErrorCode::InvalidDpopProof,
            Dpop,
        ),
        (
            "no scope as Bearer",
            format!("Bearer {no_scope}"),
            vec![],
            403,
            ErrorCode::InsufficientScope,
            Bearer,
        ),
        (
            "no scope as DPoP",
            format!("DPoP {}", poor.token),
            vec![&for_poor],
            403,
            ErrorCode::InsufficientScope,
            Dpop,
        ),
    ] {
        let proofs: Vec<&str> = proofs.into_iter().map(String::as_str).collect();
        let seen = refused(&f, request(&authorization, &proofs)).await;
        let told = challenges(&seen);
        assert_eq!((seen.status().as_u16(), schemes(&told)), (status, vec![Bearer, Dpop]), "{name}");
        for challenge in &told {
            let expected = (challenge.scheme() == scheme).then_some(code);
            assert_eq!(challenge.error_code(), expected, "{name}, {:?}", challenge.scheme());
            assert_eq!(
                challenge.scopes(),
                told[0].scopes(),
                "{name}: a simple reader finds no contradiction"
            );
            assert_eq!(challenge.metadata_url(), Some(METADATA), "{name}");
        }
        match status {
            403 => assert_eq!(seen.body()["error"]["code"], status, "{name}: the request was read"),
            _ => assert_eq!(seen.body()["error"], code.as_str(), "{name}"),
        }
    }
    // RS-07: no scheme was used alone.
    let mut twice = request(&format!("DPoP {bound}"), &[&good]);
    twice.headers_mut().append("authorization", "Bearer x".parse().unwrap());
    let seen = refused(&f, twice).await;
    assert_eq!((seen.status().as_u16(), &seen.body()["error"]), (400, &Value::from("invalid_request")));
}

/// DP-06, DP-07: where all tokens are bound, whoever sends one as Bearer is told of DPoP alone.
#[tokio::test]
async fn where_dpop_is_required_no_bearer_challenge_leads_anyone_astray() {
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    for token in [alice.token.as_str(), &f.token().sign(&TestKey::rsa()), "x"] {
        let told = challenges(&refused(&f, request(&format!("Bearer {token}"), &[])).await);
        assert_eq!(schemes(&told), [AuthScheme::Dpop]);
        assert_eq!(told[0].error_code(), Some(ErrorCode::InvalidToken));
    }
}

/// DP-07: RFC 9449 §7.1 has a key that is not the token's as an invalid token.
#[tokio::test]
async fn a_proof_by_another_key_is_an_invalid_token() {
    let f = line(mode(DpopMode::Required));
    let (alice, mallory) = (alice(&f), Caller::new(&f, "mallory", TestKey::p256()));
    let proof = Caller { key: mallory.key, token: alice.token }.signed(&f);
    let bound = f.token().claim("sub", "alice").bound_to(&alice.key).sign(&TestKey::rsa());
    let told = challenges(&refused(&f, request(&format!("DPoP {bound}"), &[&proof])).await);
    assert_eq!(told[0].error_code(), Some(ErrorCode::InvalidToken));
}

/// DP-05: a full memory refuses whom it cannot remember, for a while, as nobody's fault; others go on.
#[tokio::test]
async fn a_full_memory_is_503_for_newcomers_and_no_way_in() {
    let f = line(DpopSettings { remembered_proofs: 1, ..mode(DpopMode::Required) });
    let (alice, bob) = (alice(&f), Caller::new(&f, "bob", TestKey::p256()));
    let as_alice = format!("DPoP {}", alice.token);
    let first = alice.signed(&f);
    assert!(f.admit(request(&as_alice, &[&first])).await.is_ok());
    f.clock.advance(1);
    let seen = refused(&f, request(&format!("DPoP {}", bob.token), &[&bob.signed(&f)])).await;
    assert_eq!((seen.status().as_u16(), seen.headers()["retry-after"].to_str().unwrap()), (503, "300"));
    assert!(challenges(&seen).is_empty(), "no token is at fault");
    assert!(f.admit(request(&as_alice, &[&alice.signed(&f)])).await.is_ok());
    let again = f.admit(request(&as_alice, &[&first])).await.unwrap_err();
    assert_eq!(again.reason.code(), "proof_forgotten");
}

/// CH-04, RS-17: the operator learns who and why; nobody's proof, key or token is written anywhere.
#[tokio::test]
async fn a_refused_proof_is_one_event_that_names_the_caller_and_no_secret() {
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    let proof = alice.proof(&f).claim("htu", "http://mcp.example.com/mcp\u{1b}[2J").claim("jti", "hush-jti");
    let proof = proof.sign(&alice.key);
    f.admit(request(&format!("DPoP {}", alice.token), &[&proof])).await.unwrap_err();
    let events = f.events();
    let event: Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!((events.len(), &event["reason"], &event["sub"]), (1, &"proof_target".into(), &"alice".into()));
    assert_eq!(event["status"], 401);
    let detail = event["detail"].as_str().unwrap();
    assert!(detail.contains("http://mcp.example.com/mcp") && detail.contains("https://mcp.example.com/mcp"));
    assert!(!events[0].contains('\u{1b}') && !events[0].contains("hush-jti"));
    for part in proof.split('.').chain(alice.token.split('.')) {
        assert!(!events[0].contains(part));
    }
}
