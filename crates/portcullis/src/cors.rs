//! CORS (Fetch standard §3.2), outside authentication: a preflight never needs a token, and every answer to an
//! allowed page says so. Never `*` together with credentials, and on the endpoint never `*` at all: the page's own
//! origin is echoed once it has been found allowed.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};

const METHODS: HeaderValue = HeaderValue::from_static("POST, GET, DELETE, OPTIONS");
/// What clients of any revision send (TL-22, TM-17), and their proofs (RFC 9449 §4.1).
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name",
);
/// What pages must be able to read (CH-22, RFC 9449 §8).
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, MCP-Protocol-Version, Retry-After",
);
/// A day, cut by browsers to their own maximum.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");
const PARAM_PREFIX: &str = "mcp-param-";

/// Whether this is a preflight: `OPTIONS` with what the page wants to do.
pub(crate) fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight, for an origin already found allowed.
pub(crate) fn preflight<B: Default>(asked: &HeaderMap) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed_headers(asked));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}

/// Ours, and those `Mcp-Param-*` that the page names (TM-24).
fn allowed_headers(asked: &HeaderMap) -> HeaderValue {
    let names = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|value| value.to_str().ok());
    let parameters: Vec<&str> = names
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|name| name.to_ascii_lowercase().starts_with(PARAM_PREFIX))
        .filter(|name| name.parse::<HeaderName>().is_ok())
        .collect();
    if parameters.is_empty() {
        return REQUEST_HEADERS;
    }
    let all = format!("{}, {}", REQUEST_HEADERS.to_str().unwrap_or_default(), parameters.join(", "));
    HeaderValue::try_from(all).unwrap_or(REQUEST_HEADERS)
}

/// Lets the page at `origin` read the answer; replaces whatever an upstream said of CORS.
pub(crate) fn expose(headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    for name in [
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
    ] {
        headers.remove(name);
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
}
