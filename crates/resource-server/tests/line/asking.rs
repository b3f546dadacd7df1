//! A line whose issuer is asked about its tokens, and what a good server says of a good one.

use crate::fixture::{Fixture, RESOURCE, policy};
use portcullis_oauth::{Clock as _, Issuer, ResourceIdentifier};
use portcullis_resource_server::{
    Audiences, ClientProof, ClientSecret, DEFAULT_CACHE, EndpointLocation, Introspection,
    IntrospectionClient, IntrospectionSettings, Proof, TrustedIssuer,
};
use portcullis_testing::{
    Answer, FakeFetch, IntrospectionStandIn, TestClock,
    introspection::{CLIENT_ID, CLIENT_SECRET},
};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const AS: &str = "https://as.example";
pub(crate) const ENDPOINT: &str = "https://as.example/introspect";
pub(crate) const TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";

/// A line that asks one authorization server, whose answers a test writes.
pub(crate) struct Asking {
    pub(crate) f: Fixture,
    pub(crate) server: Arc<IntrospectionStandIn>,
}

pub(crate) fn settings() -> IntrospectionSettings {
    IntrospectionSettings {
        endpoint: EndpointLocation::At(ENDPOINT.parse().unwrap()),
        client: IntrospectionClient {
            client_id: CLIENT_ID.to_owned(),
            proof: ClientProof::SecretBasic(ClientSecret::new(CLIENT_SECRET)),
        },
        cache: DEFAULT_CACHE,
        token_prefix: None,
        dangerous_accept_missing_audience: false,
    }
}

/// An issuer that is asked.
pub(crate) fn asked(
    name: &str,
    server: &Arc<IntrospectionStandIn>,
    clock: &Arc<TestClock>,
    settings: IntrospectionSettings,
) -> TrustedIssuer {
    TrustedIssuer {
        name: name.to_owned(),
        issuers: vec![Issuer::parse(name).unwrap()],
        audiences: Audiences::Resource(ResourceIdentifier::parse(RESOURCE).unwrap()),
        proof: Proof::Introspection(Introspection::new(settings, server.clone(), clock.clone())),
        scopes_claim: false,
        tenant_claim: Some("tenant".to_owned()),
        leeway: 30,
    }
}

impl Asking {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut IntrospectionSettings)) -> Self {
        let server = IntrospectionStandIn::new();
        let clock = Arc::new(TestClock::default());
        let mut settings = settings();
        change(&mut settings);
        let issuers = vec![asked(AS, &server, &clock, settings)];
        let fetch = Arc::new(FakeFetch::new(Answer::Down));
        Self { f: Fixture::of(issuers, RESOURCE, policy(), fetch, clock), server }
    }

    /// What a good server says of a good token.
    pub(crate) fn good(&self) -> Value {
        good(self.f.clock.now().0)
    }

    /// The same, changed.
    pub(crate) fn good_but(&self, name: &str, value: Value) -> Value {
        let mut answer = self.good();
        answer[name] = value;
        answer
    }

    pub(crate) fn good_without(&self, name: &str) -> Value {
        let mut answer = self.good();
        answer.as_object_mut().unwrap().remove(name);
        answer
    }

    pub(crate) fn say(&self, answer: Value) {
        self.server.say(TOKEN, Answer::Json(answer));
    }

    pub(crate) async fn call(&self) -> &'static str {
        self.f.call(TOKEN).await
    }
}

pub(crate) fn good(now: u64) -> Value {
    json!({
        "active": true, "iss": AS, "aud": RESOURCE, "sub": "user-1", "client_id": "client-1",
        "scope": "todo:read", "iat": now, "exp": now + 600, "token_type": "Bearer",
    })
}
