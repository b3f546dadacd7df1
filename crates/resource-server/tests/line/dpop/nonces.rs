//! Nonces: asked for, used, renewed, and good at every replica with the key.

use super::{Caller, alice, line, mode, prove, request};
use crate::fixture::{Fixture, LIST};
use http::header;
use portcullis_oauth::{Challenge, ErrorCode};
use portcullis_resource_server::{DpopMode, DpopSettings, Possession};
use portcullis_testing::TestKey;

fn asking() -> Fixture {
    line(DpopSettings { nonce: true, ..mode(DpopMode::Supported) })
}

/// The nonce that a refusal brings.
async fn told(f: &Fixture, caller: &Caller, proof: &str) -> String {
    let refusal = f.admit(request(&format!("DPoP {}", caller.token), &[proof])).await.unwrap_err();
    let response = refusal.response(&f.line.challenge_context());
    assert_eq!((response.status().as_u16(), refusal.reason.code()), (401, "proof_nonce"));
    let mut challenges = response.headers().get_all(header::WWW_AUTHENTICATE).iter();
    let dpop: Challenge = challenges.next_back().unwrap().to_str().unwrap().parse().unwrap();
    assert_eq!(dpop.error_code(), Some(ErrorCode::UseDpopNonce));
    response.headers()["dpop-nonce"].to_str().unwrap().to_owned()
}

fn with(f: &Fixture, caller: &Caller, nonce: &str) -> String {
    caller.proof(f).claim("nonce", nonce).sign(&caller.key)
}

/// DP-08: without a nonce, 401 with one; with it, through; and a proof without is refused ever after.
#[tokio::test]
async fn a_client_is_given_a_nonce_and_needs_it_from_then_on() {
    let f = asking();
    let alice = alice(&f);
    let nonce = told(&f, &alice, &alice.signed(&f)).await;
    for _ in 0..2 {
        assert_eq!(prove(&f, &alice.token, &[&with(&f, &alice, &nonce)]).await, "ok");
    }
    told(&f, &alice, &alice.signed(&f)).await;
    for wrong in ["", "x", &nonce[1..], &"A".repeat(54)] {
        assert_eq!(told(&f, &alice, &with(&f, &alice, wrong)).await, nonce, "{wrong:?}");
    }
    assert_eq!(f.line.possession.signature_checks(), 2, "a proof without a good nonce costs none");
    // A nonce of the wrong kind is no proof at all.
    let number = alice.proof(&f).claim("nonce", 7).sign(&alice.key);
    assert_eq!(prove(&f, &alice.token, &[&number]).await, "proof_malformed");
}

/// DP-08, RFC 9449 §8.2: an answer brings a fresh one in time, and the old one dies by itself.
#[tokio::test]
async fn a_nonce_about_to_expire_is_renewed_with_the_answer() {
    let f = asking();
    let alice = alice(&f);
    let first = told(&f, &alice, &alice.signed(&f)).await;
    let admit = async |nonce: &str| {
        let proof = with(&f, &alice, nonce);
        let admitted = f.admit(request(&format!("DPoP {}", alice.token), &[&proof])).await;
        admitted.map(|admitted| admitted.fresh_nonce().map(|nonce| nonce.to_str().unwrap().to_owned()))
    };
    assert_eq!(admit(&first).await.unwrap(), None, "it is fresh");
    f.clock.advance(300);
    let second = admit(&first).await.unwrap().expect("a fresh one");
    assert_ne!(first, second);
    assert_eq!(admit(&second).await.unwrap(), None);
    f.clock.advance(300);
    assert_eq!(admit(&first).await.unwrap_err().reason.code(), "proof_nonce");
    assert!(admit(&second).await.unwrap().is_some());
}

/// DP-08, RFC 9449 §8.2: any answer may bring one. A client whose good proof is followed by a no, for whatever reason, has the
/// next nonce all the same; without a good proof nobody is told one but by being asked for it.
#[tokio::test]
async fn a_refusal_after_the_proof_brings_a_fresh_nonce_too() {
    let f = asking();
    let alice = alice(&f);
    let first = told(&f, &alice, &alice.signed(&f)).await;
    let ask = async |body: &str, nonce: &str| {
        let mut request = request(&format!("DPoP {}", alice.token), &[&with(&f, &alice, nonce)]);
        *request.body_mut() = body.to_owned().into();
        let refusal = f.admit(request).await.unwrap_err();
        let response = refusal.response(&f.line.challenge_context());
        let nonce = response.headers().get("dpop-nonce").map(|nonce| nonce.to_str().unwrap().to_owned());
        (refusal.reason.code(), nonce)
    };
    let refused = [
        (LIST.replace("list_todos", "drop_all"), "unlisted"),
        (LIST.replace("list_todos", "create_todo"), "insufficient_scope"),
        ("{".to_owned(), "body_not_json"),
    ];
    for (body, expected) in &refused {
        assert_eq!(ask(body, &first).await, (*expected, None), "the one it has is fresh");
    }
    f.clock.advance(300);
    let mut fresh = None;
    for (body, expected) in &refused {
        let (reason, nonce) = ask(body, &first).await;
        assert_eq!(reason, *expected);
        fresh = Some(nonce.expect(expected));
    }
    assert_eq!(ask(&refused[0].0, &fresh.unwrap()).await, ("unlisted", None));
    let stolen = alice.proof(&f).claim("nonce", first.as_str()).sign(&TestKey::p384());
    let request = request(&format!("DPoP {}", alice.token), &[&stolen]);
    let response = f.admit(request).await.unwrap_err().response(&f.line.challenge_context());
    assert!(!response.headers().contains_key("dpop-nonce"), "no proof, and so no nonce");
}

/// DP-08: replicas share a key and nothing else; another resource's nonce, or another key's, is none.
#[tokio::test]
async fn a_nonce_is_good_at_every_replica_and_at_this_resource_alone() {
    let f = asking();
    let alice = alice(&f);
    let nonce = told(&f, &alice, &alice.signed(&f)).await;
    let settings = DpopSettings { nonce: true, ..mode(DpopMode::Supported) };
    for (key, resource, expected) in [
        ([7; 32], "https://mcp.example.com/mcp", "ok"),
        ([8; 32], "https://mcp.example.com/mcp", "proof_nonce"),
        ([7; 32], "https://mcp.example.com/mcp?other", "proof_nonce"),
    ] {
        let mut replica = asking();
        let resource = portcullis_oauth::ResourceIdentifier::parse(resource).unwrap();
        replica.line.possession = Possession::new(&settings, &resource, &key);
        let proof = with(&replica, &alice, &nonce);
        assert_eq!(prove(&replica, &alice.token, &[&proof]).await, expected, "{resource}");
    }
}

/// DP-04, DP-08: a nonce does not make an old proof young, nor a used one new.
#[tokio::test]
async fn a_nonce_takes_no_other_check_away() {
    let f = asking();
    let alice = alice(&f);
    let nonce = told(&f, &alice, &alice.signed(&f)).await;
    let now = portcullis_oauth::Clock::now(&*f.clock).0;
    let old = alice.proof(&f).claim("nonce", nonce.as_str()).claim("iat", now - 301).sign(&alice.key);
    assert_eq!(prove(&f, &alice.token, &[&old]).await, "proof_time");
    let good = with(&f, &alice, &nonce);
    assert_eq!(prove(&f, &alice.token, &[&good]).await, "ok");
    assert_eq!(prove(&f, &alice.token, &[&good]).await, "proof_replayed");
}
