//! A protected resource whose keys, clock and audit a test holds.

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use portcullis::{
    Line, ProtectedResource, PublishedMetadata, StreamLimits,
    oauth::{Clock as _, Issuer, ResourceIdentifier, Scope},
    resource_server::{
        Algorithm, Audiences, Audit, AuditEvent, BodyLimits, ClientTokens, DefaultRule, DpopSettings,
        KeyLocation, KeySource, Policy, Possession, Proof, RateLimits, Reach, SessionSealer, Signature,
        StepUp, TrustedIssuer, TypRule, Verifier,
    },
};
use portcullis_testing::{Answer, FakeFetch, TestClock, TestKey, Token};
use std::sync::Arc;

pub(crate) const RESOURCE: &str = "https://mcp.example.com/mcp";
pub(crate) const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}"#;

struct Silent;

impl Audit for Silent {
    fn record(&self, _: &AuditEvent<'_>) {}
}

/// `whoami` for everybody with a token; `delete_*` needs `todo:write`.
pub(crate) fn protected() -> ProtectedResource {
    let clock = Arc::new(TestClock::default());
    let fetch = Arc::new(FakeFetch::new(Answer::Json(TestKey::rsa().jwks("key-1"))));
    let resource = ResourceIdentifier::parse(RESOURCE).unwrap();
    let keys = KeyLocation::At("https://issuer.example/keys".parse().unwrap());
    let issuer = TrustedIssuer {
        name: "issuer".into(),
        issuers: vec![Issuer::parse("https://issuer.example").unwrap()],
        audiences: Audiences::Resource(resource.clone()),
        proof: Proof::Signature(Signature {
            keys: KeySource::new(keys, Algorithm::ALL.to_vec(), fetch, clock.clone()),
            algorithms: Algorithm::ALL.to_vec(),
            typ: TypRule::AccessToken,
        }),
        scopes_claim: false,
        tenant_claim: None,
        leeway: 30,
    };
    let policy = Policy::new(DefaultRule::Refuse)
        .tool("whoami", Scope::default())
        .tool("delete_*", Scope::parse("todo:write").unwrap());
    let metadata = PublishedMetadata::generate(
        &resource,
        vec!["https://issuer.example".into()],
        &policy.every_scope(),
        None,
        None,
        &DpopSettings::default(),
    );
    let line = Line {
        reach: Reach::of(&resource).allow_origin("https://app.example"),
        verifier: Verifier::new(vec![issuer], clock.clone()),
        possession: Possession::off(),
        revocations: None,
        policy,
        mirrored: Default::default(),
        step_up: StepUp::default(),
        rates: RateLimits::off(),
        check: None,
        limits: BodyLimits::default(),
        sessions: SessionSealer::new(&[7; 32], RESOURCE, "in process", 3600).unwrap(),
        client_tokens: ClientTokens::default(),
        audit: Arc::new(Silent),
        observer: None,
        clock,
        resource,
    };
    ProtectedResource::new(line, metadata, true, StreamLimits::default())
}

/// A token of this subject.
pub(crate) fn token(subject: &str) -> String {
    Token::at(TestClock::default().now()).claim("aud", RESOURCE).claim("sub", subject).sign(&TestKey::rsa())
}

/// A POST of this body under this token.
pub(crate) fn post<B: From<String>>(token: &str, body: &str) -> Request<B> {
    Request::post(RESOURCE)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(body.to_owned().into())
        .unwrap()
}

/// The whole body as text.
pub(crate) async fn text<B>(answer: Response<B>) -> String
where
    B: http_body::Body<Data = bytes::Bytes>,
    B::Error: std::fmt::Debug,
{
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// The body type of requests that no server made.
pub(crate) type Whole = Full<bytes::Bytes>;
