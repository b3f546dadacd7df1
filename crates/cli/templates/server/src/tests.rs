//! Whoever has no token is refused, and learns where to get one. No network is needed to say so.

use super::*;
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use tower::ServiceExt as _;

/// The URL that clients dial.
const RESOURCE: &str = {{resource}};

fn described() -> Builder<HasIssuer> {
    {{described}}
}

#[tokio::test]
async fn a_call_without_a_token_is_refused_and_the_challenge_leads_to_the_metadata() {
    let app = app(described()).unwrap();

    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet_user","arguments":{"name":"Ada"}}}"#;
    let request = Request::post(RESOURCE)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(Body::from(call))
        .unwrap();
    let answer = app.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    let (_, after) = challenge.split_once("resource_metadata=\"").unwrap();
    let (metadata, _) = after.split_once('"').unwrap();

    let request = Request::get(metadata).body(Body::empty()).unwrap();
    let answer = app.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let body = to_bytes(answer.into_body(), 64 * 1024).await.unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(metadata["resource"], RESOURCE);
    assert!(metadata["authorization_servers"][0].is_string());
}
