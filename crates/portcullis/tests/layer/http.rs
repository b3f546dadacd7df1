//! Around an axum router: what a stranger reads, what a caller reaches, what a page may see.

use crate::fixture::{CALL, RESOURCE, post, protected, text, token};
use axum::{Extension, Router, body::Body, extract::Request, routing::any};
use http::{Method, Response, StatusCode};
use portcullis::Permit;
use tower::ServiceExt as _;

async fn handler(Extension(permit): Extension<Permit>, request: Request) -> String {
    assert!(!request.headers().contains_key("authorization"), "the token stays behind");
    permit.token().subject().to_owned()
}

fn app() -> Router {
    let resource = protected();
    let public = resource.clone();
    Router::new().route("/mcp", any(handler)).layer(resource.layer()).fallback(
        move |request: Request| async move {
            public.public_answer(&request).unwrap_or_else(|| {
                let mut answer = Response::default();
                *answer.status_mut() = StatusCode::NOT_FOUND;
                answer
            })
        },
    )
}

async fn answer(request: Request) -> Response<Body> {
    app().oneshot(request).await.unwrap()
}

fn get(path: &str) -> Request {
    Request::get(format!("https://mcp.example.com{path}")).body(Body::empty()).unwrap()
}

/// CH-01, CH-09, RS-01
#[tokio::test]
async fn a_stranger_is_told_where_to_begin() {
    let request = Request::post(RESOURCE).body(Body::from(CALL)).unwrap();
    let answer = answer(request).await;
    assert_eq!(answer.status(), 401);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    assert_eq!(
        challenge,
        "Bearer scope=\"todo:write\", \
         resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
    );
}

/// RS-02, RS-12: the handler has the caller, and nothing that proves it.
#[tokio::test]
async fn the_handler_sees_who_calls_and_no_token() {
    for user in ["user-1", "user-2"] {
        let answer = answer(post(&token(user), CALL)).await;
        assert_eq!((answer.status().as_u16(), text(answer).await.as_str()), (200, user));
    }
}

/// CH-13, CH-15
#[tokio::test]
async fn a_missing_scope_is_a_real_403() {
    let body = CALL.replace("whoami", "delete_todo");
    let answer = answer(post(&token("user-1"), &body)).await;
    assert_eq!(answer.status(), 403);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"todo:write\""));
}

/// PRM-04, PRM-05
#[tokio::test]
async fn metadata_needs_no_token() {
    let root = "/.well-known/oauth-protected-resource";
    for path in [root.to_owned(), format!("{root}/mcp")] {
        let answer = answer(get(&path)).await;
        assert_eq!(
            (answer.status(), &answer.headers()["access-control-allow-origin"]),
            (StatusCode::OK, &"*".parse().unwrap())
        );
        assert!(text(answer).await.contains(RESOURCE));
    }
    let other = answer(get(&format!("{root}/other"))).await;
    assert_eq!(other.status(), 404);
    assert!(text(other).await.starts_with('{'), "clients parse it");
}

/// CH-22: preflights come before authentication, whatever the order of layers; `*` and credentials never.
#[tokio::test]
async fn pages_that_are_allowed_may_read_every_answer() {
    let preflight = |origin: &str| {
        let request = Request::builder().method(Method::OPTIONS).uri(RESOURCE).header("origin", origin);
        request.header("access-control-request-method", "POST").body(Body::empty()).unwrap()
    };
    let allowed = answer(preflight("https://app.example")).await;
    assert_eq!(allowed.status(), 204);
    let foreign = answer(preflight("https://evil.example")).await;
    assert_eq!(foreign.status(), 403);
    let mut stranger: Request = Request::post(RESOURCE).body(Body::from(CALL)).unwrap();
    stranger.headers_mut().insert("origin", "https://app.example".parse().unwrap());
    let refused = answer(stranger).await;
    assert_eq!(refused.status(), 401);
    for headers in [allowed.headers(), refused.headers()] {
        assert_eq!(headers["access-control-allow-origin"], "https://app.example");
        assert!(!headers.contains_key("access-control-allow-credentials"));
    }
    assert!(
        refused.headers()["access-control-expose-headers"].to_str().unwrap().contains("WWW-Authenticate")
    );
    assert!(!foreign.headers().contains_key("access-control-allow-origin"));
}
