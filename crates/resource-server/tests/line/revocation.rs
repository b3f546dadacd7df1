//! Tokens that are called back: asked every time, before anything is read.

use crate::fixture::{Fixture, LIST, post};
use portcullis_resource_server::{AccessToken, Observer, Revocations, Revoked};
use portcullis_testing::TestKey;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

/// Revokes everything, or nothing.
#[derive(Default)]
struct Switch {
    revokes: AtomicBool,
    asked: AtomicUsize,
}

impl Revocations for Switch {
    fn revokes(&self, token: &AccessToken) -> Option<Revoked> {
        self.asked.fetch_add(1, SeqCst);
        assert_eq!(token.subject(), "user-1");
        self.revokes.load(SeqCst).then(|| Revoked { entry: "17".to_owned() })
    }
}

/// RS-14, RS-21: the memory of good tokens says nothing about it, in neither direction.
#[tokio::test]
async fn revocation_is_asked_with_every_request_and_never_remembered() {
    let mut fixture = Fixture::new();
    let switch = Arc::new(Switch::default());
    fixture.line.revocations = Some(switch.clone());
    let token = fixture.token().sign(&TestKey::rsa());
    for (is_revoked, expected) in
        [(false, "ok"), (true, "token_revoked"), (true, "token_revoked"), (false, "ok")]
    {
        switch.revokes.store(is_revoked, SeqCst);
        assert_eq!(fixture.call(&token).await, expected);
    }
    assert_eq!((switch.asked.load(SeqCst), fixture.signature_checks()), (4, 1));
    let event = &fixture.events()[1];
    for part in ["\"reason\":\"token_revoked\"", "\"status\":401", "\"sub\":\"user-1\"", "by entry 17"] {
        assert!(event.contains(part), "{part} in {event}");
    }
    // Whoever is not verified is not looked up.
    let forged = format!("{}AAAA", &token[..token.len() - 4]);
    assert_eq!(fixture.call(&forged).await, "token_signature");
    assert_eq!(switch.asked.load(SeqCst), 4);
}

/// CH-06, CH-08: a client that reads it gets a new token, and is told nothing of entries.
#[tokio::test]
async fn a_revoked_token_is_invalid_token() {
    let mut fixture = Fixture::new();
    fixture.line.revocations = Some(Arc::new(Switch { revokes: true.into(), ..Switch::default() }));
    let token = fixture.token().sign(&TestKey::rsa());
    let refusal = fixture.admit(post(&token, LIST)).await.unwrap_err();
    assert!(refusal.asked.is_none(), "nothing was read");
    let answer = refusal.response(&fixture.line.challenge_context());
    assert_eq!(answer.status(), 401);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("error=\"invalid_token\"") && !challenge.contains("17"), "{challenge}");
}

/// Hears how long it took.
#[derive(Default)]
struct Heard(Mutex<Vec<Duration>>);

impl Observer for Heard {
    fn verified(&self, took: Duration) {
        self.0.lock().unwrap().push(took);
    }
}

#[tokio::test]
async fn whoever_measures_hears_of_every_token_good_or_bad() {
    let mut fixture = Fixture::new();
    let heard = Arc::new(Heard::default());
    fixture.line.observer = Some(heard.clone());
    let token = fixture.token().sign(&TestKey::rsa());
    for token in [&token, &token, "nonsense"] {
        fixture.call(token).await;
    }
    assert_eq!(*heard.0.lock().unwrap(), [Duration::ZERO; 3], "by the clock that was given");
    assert_eq!(fixture.line.verifier.remembered(), (1, 2));
}
