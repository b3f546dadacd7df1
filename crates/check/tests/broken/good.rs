//! What is not broken: nobody complains.

use crate::{
    fixture::{Spoil, check, nothing, seen},
    spoil::{answers, challenge, edit},
};
use portcullis_check::{Other, Outcome, judge};
use serde_json::json;

/// With a token that it takes, without, and when everything is looked at.
#[tokio::test]
async fn of_a_good_server_nothing_is_said() {
    nothing(&check(|_| Spoil::default()).await);
    nothing(&check(|_| Spoil::default().without_token()).await);
    nothing(&check(|_| Spoil::default().thorough()).await);
}

/// CH-10, CH-19, PRM-14, PRM-15, PRM-16, PRM-18: what few servers have, as it should be.
#[tokio::test]
async fn of_what_a_good_server_may_have_nothing_is_said() {
    let report = check(answers(|asked, answer| {
        if let Some(challenge) = challenge(answer) {
            let url = challenge.split("resource_metadata=").nth(1).unwrap();
            let other = format!("DPoP algs=\"ES256\", resource_metadata={url}").parse().unwrap();
            answer.headers_mut().append("www-authenticate", other);
        }
        if asked.uri().path().starts_with("/.well-known/oauth-protected-resource") {
            edit(answer, |document| {
                document["dpop_bound_access_tokens_required"] = json!(true);
                document["dpop_signing_alg_values_supported"] = json!(["ES256"]);
                document["jwks_uri"] = json!("https://mcp.example.com/keys");
                // {"alg":"ES256"}, {"iss":"https://h/"}
                document["signed_metadata"] = json!("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2gvIn0.AAAA");
            });
        }
    }))
    .await;
    nothing(&report);
    for row in ["CH-10", "CH-19", "PRM-14", "PRM-15", "PRM-16", "PRM-18"] {
        let outcomes: Vec<_> = report.findings().filter(|it| it.row == row).map(|it| it.outcome).collect();
        assert_eq!(outcomes, [Outcome::Passed], "{row}");
    }
}

/// RS-17
#[tokio::test]
async fn no_token_is_in_what_is_kept_or_told() {
    let mut tokens = Vec::new();
    let seen = seen(|known| {
        let bobs = known.mint_for_bob();
        tokens.extend([known.token.clone(), bobs.clone()]);
        Spoil::default().and_other(Other::User, &bobs).thorough()
    })
    .await;
    let report = judge(&seen);
    nothing(&report);
    let told: Vec<_> = report.findings().map(|finding| format!("{finding:?}")).collect();
    let kept = format!("{seen:?} {told:?}");
    for part in tokens.iter().flat_map(|token| token.split('.').skip(1)) {
        assert!(!kept.contains(part));
    }
}
