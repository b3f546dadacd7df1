//! A token looked at check by check: the first no is the line's own, and the others are told too.

use crate::fixture::{Fixture, policy};
use portcullis_oauth::{Clock as _, Scope};
use portcullis_resource_server::{Callers, CheckOutcome, Examination, TokenCheck};
use portcullis_testing::{Answer, TestKey};
use serde_json::json;

fn bad(examination: &Examination) -> Vec<(TokenCheck, &'static str)> {
    let reason = |checked: &portcullis_resource_server::Checked| match &checked.outcome {
        CheckOutcome::Bad(error) => Some((checked.check, error.reason())),
        CheckOutcome::Good | CheckOutcome::Unknown(_) => None,
    };
    examination.checks.iter().filter_map(reason).collect()
}

#[tokio::test]
async fn every_check_that_means_something_is_told_and_the_first_no_is_the_lines_own() {
    use TokenCheck::{Algorithm, Audience, Form, Issuer, Key, Kind, Lifetime, Signature};
    let f = Fixture::new();
    let (key, other) = (TestKey::rsa(), TestKey::other_rsa());
    let (good, now) = (f.token(), f.clock.now().0);
    for (name, token, expected) in [
        ("good", good.sign(&key), vec![]),
        ("no JWT", "abc".to_owned(), vec![(Form, "token_malformed")]),
        (
            "a slash too many",
            good.clone().claim("aud", "https://mcp.example.com/mcp/").sign(&key),
            vec![(Audience, "token_audience")],
        ),
        (
            "expired, and for somebody else",
            good.clone().claim("exp", now - 100).claim("aud", "https://other.example").sign(&key),
            vec![(Lifetime, "token_expired"), (Audience, "token_audience")],
        ),
        (
            "of another issuer, and expired",
            good.clone().claim("iss", "https://other.example").claim("exp", now - 100).sign(&key),
            vec![(Issuer, "token_issuer"), (Lifetime, "token_expired")],
        ),
        ("an ID token's typ", good.clone().header("typ", "JWT").sign(&key), vec![(Kind, "token_type")]),
        ("none", good.clone().header("alg", "none").sign(&key), vec![(Algorithm, "token_algorithm")]),
        (
            "another key's name",
            good.clone().header("kid", "key-2").sign(&key),
            vec![(Key, "token_key_unknown")],
        ),
        ("another key", good.clone().sign(&other), vec![(Signature, "token_signature")]),
        ("no subject", good.clone().without("sub").sign(&key), vec![(Audience, "token_claim_missing")]),
    ] {
        let examination = f.line.verifier.examine(&token).await;
        assert_eq!(bad(&examination), expected, "{name}");
        assert_eq!(examination.is_good(), expected.is_empty(), "{name}");
        let first = expected.first().map_or("ok", |(_, reason)| reason);
        // A kid that was just looked for is looked for later again, not now.
        if first != "token_key_unknown" {
            assert_eq!(f.call(&token).await, first, "{name}");
        }
    }
}

#[tokio::test]
async fn keys_that_cannot_be_had_leave_the_signature_open() {
    let f = Fixture::new();
    f.fetch.set(Answer::Status(500));
    let examination = f.line.verifier.examine(&f.token().sign(&TestKey::rsa())).await;
    assert!(bad(&examination).is_empty() && !examination.is_good());
    assert!(matches!(examination.checks.last().unwrap().outcome, CheckOutcome::Unknown(_)));
}

/// What a token may do is told of a good one only: the claims of any other are a stranger's words.
#[tokio::test]
async fn what_it_may_do_is_told_of_a_good_token_only() {
    let f = Fixture::new();
    let needed = Scope::parse("todo:read todo:write").unwrap();
    let nobody = Callers { subjects: vec!["user-2".to_owned()], ..Callers::default() };
    let good = f.line.verifier.examine(&f.token().sign(&TestKey::rsa())).await;
    assert_eq!(good.lacks(&policy(), &needed), Some(Scope::parse("todo:write").unwrap()));
    assert_eq!((good.is_one_of(&Callers::default()), good.is_one_of(&nobody)), (Some(true), Some(false)));
    let forged = f.token().claim("scope", json!("todo:read todo:write")).sign(&TestKey::other_rsa());
    let forged = f.line.verifier.examine(&forged).await;
    assert_eq!((forged.lacks(&policy(), &needed), forged.scope()), (None, None));
    assert_eq!(forged.is_one_of(&Callers::default()), None);
}
