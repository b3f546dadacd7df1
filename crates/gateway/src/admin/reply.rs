//! Answers of the administration: JSON, and one page of text.

use crate::{body::GatewayBody, metrics::MEDIA_TYPE};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;
use serde_json::json;

pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<GatewayBody> {
    whole(status, "application/json", serde_json::to_vec(value).unwrap_or_default())
}

pub(crate) fn error(status: StatusCode, error: &str, description: &str) -> Response<GatewayBody> {
    json(status, &json!({ "error": error, "error_description": description }))
}

pub(crate) fn metrics(text: String) -> Response<GatewayBody> {
    whole(StatusCode::OK, MEDIA_TYPE, text.into_bytes())
}

pub(crate) fn nothing() -> Response<GatewayBody> {
    let mut answer = whole(StatusCode::NO_CONTENT, MEDIA_TYPE, Vec::new());
    answer.headers_mut().remove(header::CONTENT_TYPE);
    answer
}

pub(crate) fn not_found() -> Response<GatewayBody> {
    error(StatusCode::NOT_FOUND, "not_found", "there is /metrics and /revocations")
}

pub(crate) fn method_not_allowed(allowed: &'static str) -> Response<GatewayBody> {
    let description = format!("use {allowed}");
    let mut answer = error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &description);
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    answer
}

fn whole(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response<GatewayBody> {
    let mut answer = Response::new(Full::new(Bytes::from(body)).into());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
