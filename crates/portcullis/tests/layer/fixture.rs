//! A protected resource whose keys, clock and audit a test holds.

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use portcullis::{
    Builder, HasIssuer, ProtectedResource, TrustedIssuer,
    oauth::Clock as _,
    resource_server::{Audit, AuditEvent},
};
use portcullis_testing::{Answer, FakeFetch, TestClock, TestKey, Token};
use std::sync::{Arc, Mutex};

pub(crate) const RESOURCE: &str = "https://mcp.example.com/mcp";
pub(crate) const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}"#;

/// What was recorded.
#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<serde_json::Value>>);

impl Audit for Events {
    fn record(&self, event: &AuditEvent<'_>) {
        self.0.lock().unwrap().push(serde_json::to_value(event).unwrap());
    }
}

impl Events {
    /// The last of it.
    pub(crate) fn last(&self) -> serde_json::Value {
        self.0.lock().unwrap().last().cloned().unwrap()
    }
}

/// `whoami` for everybody with a token; `delete_*` needs `todo:write`.
pub(crate) fn protected() -> ProtectedResource {
    described().tool("whoami", []).tool("delete_*", ["todo:write"]).build().unwrap()
}

/// A resource of one issuer, so far without rules.
pub(crate) fn described() -> Builder<HasIssuer> {
    let issuer = TrustedIssuer::new("https://issuer.example").jwks_uri("https://issuer.example/keys");
    ProtectedResource::builder(RESOURCE)
        .issuer(issuer)
        .allow_origin("https://app.example")
        .session_key([7; 32])
        .audit(Arc::new(Events::default()))
        .clock(Arc::new(TestClock::default()))
        .fetch(Arc::new(FakeFetch::new(Answer::Json(TestKey::rsa().jwks("key-1")))))
}

/// A token of this subject.
pub(crate) fn token(subject: &str) -> String {
    Token::at(TestClock::default().now()).claim("aud", RESOURCE).claim("sub", subject).sign(&TestKey::rsa())
}

/// A token of this subject with these scopes.
pub(crate) fn with_scope(subject: &str, scope: &str) -> String {
    let token = Token::at(TestClock::default().now()).claim("aud", RESOURCE).claim("sub", subject);
    token.claim("scope", scope).sign(&TestKey::rsa())
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
