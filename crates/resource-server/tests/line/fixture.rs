//! A line with a network, a clock and an audit that tests can move.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use portcullis_oauth::{Clock, Issuer, ResourceIdentifier, Scope};
use portcullis_resource_server::{
    Admitted, Algorithm, Audiences, Audit, AuditEvent, BodyLimits, ChallengeScopes, ClientTokens,
    DefaultRule, KeyLocation, KeySource, Line, Policy, Possession, Proof, RateLimits, Reach, Refusal,
    SessionSealer, Signature, StepUp, TrustedIssuer, TypRule, Verifier, reason,
};
use portcullis_testing::{Answer, FakeFetch, TestClock, TestKey, Token};
use std::sync::{Arc, Mutex};

pub(crate) const RESOURCE: &str = "https://mcp.example.com/mcp";
pub(crate) const LIST: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_todos"}}"#;

/// Keeps what was recorded.
#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<String>>);

impl Audit for Events {
    fn record(&self, event: &AuditEvent<'_>) {
        if let Some(status) = event.status {
            let row = reason(event.reason)
                .unwrap_or_else(|| panic!("{} has no row: see tests/reasons.rs", event.reason));
            assert_eq!(row.status, status, "{}", event.reason);
        }
        self.0.lock().unwrap().push(serde_json::to_string(event).unwrap());
    }
}

pub(crate) struct Fixture {
    pub(crate) line: Line,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) fetch: Arc<FakeFetch>,
    pub(crate) events: Arc<Events>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|_| {}, policy())
    }

    pub(crate) fn with(change: impl FnOnce(&mut TrustedIssuer), policy: Policy) -> Self {
        let clock = Arc::new(TestClock::default());
        let fetch = Arc::new(FakeFetch::new(Answer::Json(TestKey::rsa().jwks("key-1"))));
        let mut issuer = issuer("https://issuer.example", RESOURCE, fetch.clone(), clock.clone());
        change(&mut issuer);
        Self::of(vec![issuer], RESOURCE, policy, fetch, clock)
    }

    pub(crate) fn of(
        issuers: Vec<TrustedIssuer>,
        resource: &str,
        policy: Policy,
        fetch: Arc<FakeFetch>,
        clock: Arc<TestClock>,
    ) -> Self {
        let events = Arc::new(Events::default());
        let resource = ResourceIdentifier::parse(resource).unwrap();
        let line = Line {
            reach: Reach::of(&resource),
            verifier: Verifier::new(issuers, clock.clone()),
            possession: Possession::off(),
            revocations: None,
            step_up: StepUp::new(ChallengeScopes::Operation, &policy),
            policy,
            mirrored: Default::default(),
            rates: RateLimits::off(),
            check: None,
            limits: BodyLimits::default().bytes(4096),
            sessions: SessionSealer::new(&[7; 32], resource.as_str(), "http://127.0.0.1:8000/mcp", 3600)
                .unwrap(),
            client_tokens: ClientTokens::default(),
            audit: events.clone(),
            observer: None,
            clock: clock.clone(),
            resource,
        };
        Self { line, clock, fetch, events }
    }

    pub(crate) fn token(&self) -> Token {
        Token::at(self.clock.now())
    }

    pub(crate) async fn admit(&self, request: Request<Full<Bytes>>) -> Result<Admitted, Refusal> {
        self.line.admit(request).await
    }

    /// Calls `list_todos` with this token; the reason code, or `ok`.
    pub(crate) async fn call(&self, token: &str) -> &'static str {
        match self.admit(post(token, LIST)).await {
            Ok(_) => "ok",
            Err(refusal) => refusal.reason.code(),
        }
    }

    pub(crate) fn signature_checks(&self) -> u64 {
        self.line.verifier.signature_checks()
    }

    /// The events so far as lines, oldest first.
    pub(crate) fn events(&self) -> Vec<String> {
        self.events.0.lock().unwrap().clone()
    }
}

pub(crate) fn policy() -> Policy {
    let scope = |text| Scope::parse(text).unwrap();
    Policy::new(DefaultRule::Refuse)
        .tool("greet_user", Scope::default())
        .tool("list_todos", scope("todo:read"))
        .tool("*_todo", scope("todo:read todo:write"))
}

pub(crate) fn issuer(
    name: &str,
    resource: &str,
    fetch: Arc<FakeFetch>,
    clock: Arc<TestClock>,
) -> TrustedIssuer {
    let keys = format!("{name}/keys").parse().unwrap();
    TrustedIssuer {
        name: name.to_owned(),
        issuers: vec![Issuer::parse(name).unwrap()],
        audiences: Audiences::Resource(ResourceIdentifier::parse(resource).unwrap()),
        proof: Proof::Signature(Signature {
            keys: KeySource::new(KeyLocation::At(keys), Algorithm::ALL.to_vec(), fetch, clock),
            algorithms: Algorithm::ALL.to_vec(),
            typ: TypRule::AccessToken,
        }),
        scopes_claim: false,
        tenant_claim: Some("tenant".to_owned()),
        leeway: 30,
    }
}

/// What the tokens of an issuer must be that signs them.
pub(crate) fn signature(issuer: &mut TrustedIssuer) -> &mut Signature {
    match &mut issuer.proof {
        Proof::Signature(signature) => signature,
        Proof::Introspection(_) => panic!("this issuer is asked"),
    }
}

pub(crate) fn post(token: &str, body: &str) -> Request<Full<Bytes>> {
    Request::post(RESOURCE)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap()
}
