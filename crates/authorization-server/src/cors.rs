//! CORS for what any page may use, without credentials: metadata, keys, registration, tokens. The authorization endpoint
//! is not behind this layer (AS-22).

use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::reply::set;

/// Answers preflights, and lets every origin read every other answer.
pub(crate) async fn cors(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if is_preflight {
        set(
            response.headers_mut(),
            &[
                (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST"),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, MCP-Protocol-Version"),
                (header::ACCESS_CONTROL_MAX_AGE, "600"),
            ],
        );
    }
    response
}
