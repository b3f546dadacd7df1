//! Which token under which scheme, where tokens cannot, may or must be bound to a key.

use super::{Caller, alice, decide, line, mode};
use crate::fixture::{Fixture, LIST, post};
use portcullis_resource_server::{Confirmation, DpopMode};
use portcullis_testing::TestKey;
use serde_json::json;

/// DP-01, DP-06, RS-26: the whole table. Nothing that is bound gets through without its proof, in any mode.
#[tokio::test]
async fn a_bound_token_is_good_with_its_proof_alone_and_only_where_proofs_are_known() {
    use DpopMode::{Off, Required, Supported};
    for (name, token, scheme, proof, off, supported, required) in [
        ("plain", "plain", "Bearer", false, "ok", "ok", "token_unbound"),
        ("plain, with a stray proof", "plain", "Bearer", true, "ok", "ok", "token_unbound"),
        ("plain as DPoP", "plain", "DPoP", true, "token_missing", "token_unbound", "token_unbound"),
        (
            "plain as DPoP, no proof",
            "plain",
            "DPoP",
            false,
            "token_missing",
            "token_unbound",
            "token_unbound",
        ),
        ("bound", "bound", "DPoP", true, "token_missing", "ok", "ok"),
        ("bound, scheme in lower case", "bound", "dpop", true, "token_missing", "ok", "ok"),
        ("bound, no proof", "bound", "DPoP", false, "token_missing", "proof_missing", "proof_missing"),
        ("bound as Bearer", "bound", "Bearer", false, "token_bound", "token_bound", "token_bound"),
        (
            "bound as Bearer, with its proof",
            "bound",
            "Bearer",
            true,
            "token_bound",
            "token_bound",
            "token_bound",
        ),
        ("certificate", "certificate", "Bearer", false, "token_bound", "token_bound", "token_bound"),
        (
            "certificate as DPoP",
            "certificate",
            "DPoP",
            true,
            "token_missing",
            "token_binding_unsupported",
            "token_binding_unsupported",
        ),
        (
            "both",
            "both",
            "DPoP",
            true,
            "token_missing",
            "token_binding_unsupported",
            "token_binding_unsupported",
        ),
        ("cnf null", "null", "Bearer", false, "token_bound", "token_bound", "token_bound"),
    ] {
        for (dpop, expected) in [(Off, off), (Supported, supported), (Required, required)] {
            let f = line(mode(dpop));
            let key = TestKey::p256();
            let jkt = key.thumbprint();
            let signed = match token {
                "plain" => f.token(),
                "bound" => f.token().bound_to(&key),
                "certificate" => f.token().claim("cnf", json!({ "x5t#S256": jkt })),
                "both" => f.token().claim("cnf", json!({ "jkt": jkt, "x5t#S256": jkt })),
                _ => f.token().claim("cnf", json!(null)),
            }
            .sign(&TestKey::rsa());
            let caller = Caller { key, token: signed };
            // Twice: what was remembered the first time opens nothing the second.
            for time in 0..2 {
                let sent = caller.signed(&f);
                let proofs: &[&str] = if proof { &[&sent] } else { &[] };
                let decided = decide(&f, &format!("{scheme} {}", caller.token), proofs).await;
                assert_eq!(decided, expected, "{name}, {dpop:?}, time {time}");
            }
        }
    }
}

/// DP-06: a token that is warm under one scheme is judged anew under the other.
#[tokio::test]
async fn a_token_remembered_with_its_proof_is_no_bearer_token() {
    let f = line(mode(DpopMode::Supported));
    let alice = alice(&f);
    let as_dpop = format!("DPoP {}", alice.token);
    assert_eq!(decide(&f, &as_dpop, &[&alice.signed(&f)]).await, "ok");
    assert_eq!(f.call(&alice.token).await, "token_bound");
    assert_eq!(decide(&f, &as_dpop, &[&alice.signed(&f)]).await, "ok");
}

/// DP-02, JW-14: a proof is no access token, whoever has signed it.
#[tokio::test]
async fn a_proof_is_no_access_token() {
    for dpop in [DpopMode::Off, DpopMode::Supported, DpopMode::Required] {
        let f = line(mode(dpop));
        let alice = alice(&f);
        let proof = alice.signed(&f);
        assert_eq!(f.call(&proof).await, "token_claim_missing");
        let by_the_issuer = f.token().header("typ", "dpop+jwt").bound_to(&alice.key).sign(&TestKey::rsa());
        assert_eq!(f.call(&by_the_issuer).await, "token_type");
    }
}

/// RS-26: whoever comes after the line can read what a token is bound to.
#[tokio::test]
async fn the_verified_token_tells_what_it_is_bound_to() {
    let f = Fixture::new();
    let admitted = f.admit(post(&f.token().sign(&TestKey::rsa()), LIST)).await.unwrap();
    assert_eq!(admitted.permit().token().confirmation(), Confirmation::None);
    let f = line(mode(DpopMode::Required));
    let alice = alice(&f);
    let request = super::request(&format!("DPoP {}", alice.token), &[&alice.signed(&f)]);
    let admitted = f.admit(request).await.unwrap();
    assert_eq!(admitted.permit().token().confirmation(), Confirmation::Jkt(&alice.key.thumbprint()));
}
