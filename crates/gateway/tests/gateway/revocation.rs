//! Tokens that are called back. The attacks: a token that is still remembered; a stream that is open already; the same
//! name at another issuer, or as a name of another kind; a token that outlives its revocation by the leeway, by a restart,
//! or by a lie about when it was issued. (`orders.rs` has what is ordered, and what is kept of it.)

use crate::{
    administered::{ISSUER, LIFETIME, OTHER, answering, deleted, revocable},
    driver::{Driver, for_both_drivers},
};
use portcullis_oauth::Clock as _;
use portcullis_testing::{TestKey, Upstream};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

for_both_drivers!(
    a_revoked_token_is_refused_at_once_and_no_other,
    an_issuers_tokens_are_revoked_under_each_of_its_identifiers,
    before_means_what_was_issued_until_then,
    a_revocation_outlives_its_tokens,
    an_open_stream_ends_when_its_token_is_revoked,
    a_forged_token_is_told_nothing_of_revocations
);

/// RS-14, RS-21: with the next request, although the token is remembered; and nobody else.
async fn a_revoked_token_is_refused_at_once_and_no_other(driver: Driver) {
    let gateway = revocable(driver, answering().await).await;
    let token = gateway.token().claim("grant_id", "grant-1");
    let neighbours = [
        (
            "another token",
            token
                .clone()
                .claim("jti", "token-2")
                .claim("sub", "user-2")
                .claim("client_id", "client-2")
                .claim("grant_id", "grant-2"),
        ),
        ("the same names at another issuer", token.clone().claim("iss", OTHER)),
        (
            "the names of one kind as those of another",
            token
                .clone()
                .claim("jti", "user-1")
                .claim("sub", "client-1")
                .claim("client_id", "grant-1")
                .claim("grant_id", "token-1"),
        ),
        (
            "names that begin alike",
            token
                .clone()
                .claim("jti", "token-10")
                .claim("sub", "user-10")
                .claim("client_id", "client-10")
                .claim("grant_id", "grant-10"),
        ),
        ("nothing but a subject", gateway.token().without("jti").without("client_id").claim("sub", "user-3")),
    ];
    for (kind, value) in
        [("jti", "token-1"), ("subject", "user-1"), ("client", "client-1"), ("grant", "grant-1")]
    {
        for _ in 0..2 {
            assert_eq!(gateway.call(&token).await, 200, "{kind}");
        }
        let id = gateway.revoked(json!({ "issuer": ISSUER, kind: value })).await;
        let refused = gateway.running.call_at(&gateway.running.url(), &token).send().await.unwrap();
        assert_eq!(refused.status(), 401, "{kind}");
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
        assert!(
            challenge.contains(r#"error="invalid_token""#) && challenge.contains("resource_metadata"),
            "{challenge}"
        );
        for (name, neighbour) in &neighbours {
            assert_eq!(gateway.call(neighbour).await, 200, "{kind}: {name}");
        }
        assert_eq!(deleted(&gateway, id).await, 204);
        assert_eq!(deleted(&gateway, id).await, 404);
        assert_eq!(gateway.call(&token).await, 200, "{kind}, taken back");
    }
}

/// An issuer that moves has two identifiers, and is one.
async fn an_issuers_tokens_are_revoked_under_each_of_its_identifiers(driver: Driver) {
    let gateway = revocable(driver, answering().await).await;
    let moved = gateway.token().claim("iss", "https://moved.example");
    assert_eq!(gateway.call(&moved).await, 200);
    let id = gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-1" })).await;
    assert_eq!((gateway.call(&moved).await, gateway.call(&gateway.token()).await), (401, 401));
    assert_eq!(deleted(&gateway, id).await, 204);
    gateway.revoked(json!({ "issuer": "https://moved.example", "subject": "user-1" })).await;
    assert_eq!((gateway.call(&moved).await, gateway.call(&gateway.token()).await), (401, 401));
}

/// Signing in again gives a token that is newer than the revocation.
async fn before_means_what_was_issued_until_then(driver: Driver) {
    let gateway = revocable(driver, answering().await).await;
    let now = gateway.running.clock.now().0;
    for (kind, value) in [("subject", "user-1"), ("client", "client-1"), ("grant", "grant-1")] {
        let token = gateway.token().claim("grant_id", "grant-1");
        let id = gateway.revoked(json!({ "issuer": ISSUER, kind: value, "before": now })).await;
        for (name, token, expected) in [
            ("older", token.clone().claim("iat", now - 100), 401),
            ("of the same second", token.clone().claim("iat", now), 401),
            ("of the same second, with a fraction", token.clone().claim("iat", now as f64 + 0.5), 401),
            ("newer", token.clone().claim("iat", now + 1), 200),
            ("of a time that it does not say", token.clone().without("iat"), 401),
        ] {
            assert_eq!(gateway.call(&token).await, expected, "{kind}: {name}");
        }
        assert_eq!(deleted(&gateway, id).await, 204);
    }
}

/// A revocation is forgotten when nothing that it means can be good any more, and no second earlier.
async fn a_revocation_outlives_its_tokens(driver: Driver) {
    let gateway = revocable(driver, answering().await).await;
    let clock = &gateway.running.clock;
    // Expires in 600 s, and is taken for 30 s more.
    let token = gateway.token();
    gateway.revoked(json!({ "issuer": ISSUER, "jti": "token-1", "expires_in": 600 })).await;
    gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-2" })).await;
    let lasting = gateway.token().claim("exp", clock.now().plus(1_000_000).0);
    let (same, other) = (lasting.clone(), lasting.clone().claim("jti", "token-2").claim("sub", "user-2"));
    clock.advance(629);
    assert_eq!((gateway.call(&token).await, gateway.call(&same).await), (401, 401));
    clock.advance(30);
    assert_eq!(gateway.call(&same).await, 401, "its own leeway");
    clock.advance(1);
    assert_eq!(gateway.call(&same).await, 200);
    assert_eq!(gateway.get("/revocations").await["revocations"].as_array().unwrap().len(), 1);
    clock.advance(LIFETIME + 60 - 660 - 1);
    assert_eq!(gateway.call(&other).await, 401);
    clock.advance(1);
    assert_eq!(gateway.call(&other).await, 200);
    assert_eq!(gateway.get("/revocations").await, json!({ "revocations": [] }));
}

/// G-07: an open-ended stream ends with the revocation, and nobody else's.
async fn an_open_stream_ends_when_its_token_is_revoked(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = revocable(driver, &upstream).await;
    let open = async |user: &str| {
        let events = upstream.opens(": open\n\n").await;
        let token = gateway.token().claim("sub", user);
        let mut stream = gateway.stream(&token).send().await.unwrap();
        assert_eq!(stream.status(), 200);
        assert!(stream.chunk().await.unwrap().is_some());
        (events, stream)
    };
    let (events, mut stream) = open("user-1").await;
    let (neighbours, mut other) = open("user-2").await;
    gateway.revoked(json!({ "issuer": OTHER, "subject": "user-1" })).await;
    assert!(events.raw(": still\n\n").await, "nobody has revoked this one");
    assert!(stream.chunk().await.unwrap().is_some());
    gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-1" })).await;
    let end = timeout(Duration::from_secs(60), stream.chunk()).await.expect("it ends");
    assert_eq!(end.unwrap(), None, "as a whole one");
    events.closed().await;
    assert!(neighbours.raw(": still\n\n").await);
    assert!(other.chunk().await.unwrap().is_some());
}

/// What is not signed well has no subject that could be revoked.
async fn a_forged_token_is_told_nothing_of_revocations(driver: Driver) {
    let gateway = revocable(driver, answering().await).await;
    gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-1" })).await;
    let signed = gateway.token().sign(&TestKey::rsa());
    let (head, _) = signed.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", "A".repeat(342));
    let request = gateway.running.client.post(gateway.running.url()).bearer_auth(forged);
    let answer =
        request.header("content-type", "application/json").body(crate::fixture::CALL).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(!answer.text().await.unwrap().contains("revoked"));
}
