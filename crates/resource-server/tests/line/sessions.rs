//! Legacy sessions: whose is whose (TL-10..TL-15, G-08).

use crate::fixture::{Fixture, LIST, RESOURCE, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::Full;
use portcullis_resource_server::SESSION_ID;
use portcullis_testing::{TestKey, Token};

/// Opens a session as this token's owner; what the client gets to see.
async fn opened(f: &Fixture, token: &Token) -> String {
    let admitted = f.admit(post(&token.sign(&TestKey::rsa()), LIST)).await.unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(SESSION_ID, HeaderValue::from_static("upstream-session"));
    f.line.seal_session(admitted.permit(), &mut headers);
    headers[SESSION_ID].to_str().unwrap().to_owned()
}

/// What the upstream sees of the session, or the reason why it sees nothing.
async fn used(f: &Fixture, token: &Token, session: &str, method: Method) -> Result<String, &'static str> {
    let request = Request::builder()
        .method(method)
        .uri(RESOURCE)
        .header("authorization", format!("Bearer {}", token.sign(&TestKey::rsa())))
        .header("content-type", "application/json")
        .header(SESSION_ID, session)
        .body(Full::new(Bytes::from(LIST)))
        .unwrap();
    match f.admit(request).await {
        Ok(admitted) => {
            let (_, request) = admitted.into_parts();
            Ok(request.headers()[SESSION_ID].to_str().unwrap().to_owned())
        }
        Err(refusal) => Err(refusal.reason.code()),
    }
}

/// TL-10, TL-14, TL-15
#[tokio::test]
async fn a_session_serves_its_owner_and_nobody_else() {
    let f = Fixture::new();
    let owner = f.token();
    let session = opened(&f, &owner).await;
    assert!(session.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(!session.contains("upstream"));
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let used_by = |token: Token| {
            let (f, session, method) = (&f, &session, method.clone());
            async move { used(f, &token, session, method).await }
        };
        assert_eq!(used_by(owner.clone()).await.as_deref(), Ok("upstream-session"), "{method}");
        let refreshed = owner.clone().claim("jti", "token-2").claim("scope", "todo:read todo:write");
        assert_eq!(used_by(refreshed).await.as_deref(), Ok("upstream-session"), "{method} after a step-up");
        for (name, token) in [
            ("another user", owner.clone().claim("sub", "user-2")),
            ("another client", owner.clone().claim("client_id", "client-2")),
            ("no client", owner.clone().without("client_id")),
        ] {
            assert_eq!(used_by(token).await, Err("session_unknown"), "{method}: {name}");
        }
    }
}

/// TL-12, G-08: too old, changed, made up: all alike.
#[tokio::test]
async fn a_session_that_is_not_sealed_here_is_unknown() {
    let f = Fixture::new();
    let owner = f.token().claim("exp", 9_000_000_000_u64);
    let session = opened(&f, &owner).await;
    let mut changed = session.clone().into_bytes();
    changed[20] ^= 1;
    let changed = String::from_utf8_lossy(&changed).into_owned();
    for forged in ["upstream-session", "", "AA", &changed, &session[..session.len() - 4], &"A".repeat(5000)] {
        assert_eq!(used(&f, &owner, forged, Method::POST).await, Err("session_unknown"), "{forged}");
    }
    f.clock.advance(3600);
    assert_eq!(used(&f, &owner, &session, Method::POST).await, Err("session_unknown"), "after its lifetime");
}

/// TL-15: an upstream that repeats its session id does not prolong it.
#[tokio::test]
async fn a_session_keeps_its_name_and_its_age() {
    let f = Fixture::new();
    let owner = f.token();
    let session = opened(&f, &owner).await;
    let mut request = post(&owner.sign(&TestKey::rsa()), LIST);
    request.headers_mut().insert(SESSION_ID, session.parse().unwrap());
    let admitted = f.admit(request).await.unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(SESSION_ID, HeaderValue::from_static("upstream-session"));
    f.line.seal_session(admitted.permit(), &mut headers);
    assert_eq!(headers[SESSION_ID], session.as_str());
}

/// TL-14: a session id without a token is nothing.
#[tokio::test]
async fn a_session_is_no_authentication() {
    let f = Fixture::new();
    let session = opened(&f, &f.token()).await;
    let request = Request::get(RESOURCE).header(SESSION_ID, session).body(Full::new(Bytes::new())).unwrap();
    assert_eq!(f.admit(request).await.unwrap_err().reason.code(), "token_missing");
}
