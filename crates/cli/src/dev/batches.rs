//! Batches, which 2025-03-26 has and the official SDK has not, though it agrees on that revision: each message of an array goes
//! to the server by itself, and the answers come back as one (TL-03).

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::Value;
use tower_service::Service as _;

const MAX_BODY: usize = 1 << 20;

/// The server, with batches.
pub(crate) fn with_batches(server: Router) -> Router {
    Router::new().fallback(move |request: Request| pass(server.clone(), request))
}

async fn pass(mut server: Router, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // GET streams and sessions' ends have no body, and what is no array is not for here.
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let Ok(messages) = serde_json::from_slice::<Vec<Value>>(&body) else {
        let request = Request::from_parts(parts, Body::from(body));
        return server.call(request).await.unwrap_or_else(|never| match never {});
    };
    let mut answers = Vec::new();
    for message in messages {
        let request = Request::from_parts(parts.clone(), Body::from(message.to_string()));
        let answer = server.call(request).await.unwrap_or_else(|never| match never {});
        let body = to_bytes(answer.into_body(), MAX_BODY).await.unwrap_or_default();
        answers.extend(answer_in(&body));
    }
    if answers.is_empty() { StatusCode::ACCEPTED.into_response() } else { Json(answers).into_response() }
}

/// In JSON, or in the last event of a stream.
fn answer_in(body: &Bytes) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    let mut data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let data = data.rfind(|data| !data.trim().is_empty()).unwrap_or(text);
    serde_json::from_str(data).ok()
}
