//! What answers have in common: JSON, and who may keep it.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Serialize;

/// JSON that nobody keeps.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    *response.status_mut() = status;
    set(
        response.headers_mut(),
        &[
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
    );
    response
}

/// An error as OAuth writes it (AS-26, DC-04).
pub(crate) fn oauth_error(status: StatusCode, error: &str, description: &str) -> Response {
    json(status, &serde_json::json!({ "error": error, "error_description": description }))
}

/// The same, as something public that may be kept for a minute: a restart changes little, and that soon.
pub(crate) fn public(mut response: Response) -> Response {
    set(response.headers_mut(), &[(header::CACHE_CONTROL, "public, max-age=60")]);
    response
}

pub(crate) fn set(headers: &mut HeaderMap, all: &[(HeaderName, &'static str)]) {
    for (name, value) in all {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
}

/// Clients probe many paths and parse whatever they get.
pub(crate) async fn not_found() -> Response {
    oauth_error(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
}

/// The router adds `Allow`.
pub(crate) async fn method_not_allowed() -> Response {
    oauth_error(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "use a method that `Allow` names")
}

/// What whoever sent it reads.
pub(crate) const UNREADABLE_BODY: &str = "the body could not be read, or is longer than 64 KiB";
