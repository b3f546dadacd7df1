//! What clients read without a token: metadata at every form they probe, and JSON for everything that is not there.

use crate::metadata::PublishedMetadata;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;

const ROOT: &str = "/.well-known/oauth-protected-resource";
/// An hour is what clients' own caches hold; a change of issuers shows within minutes (PRM-21).
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The answer, if this path is one of the well-known ones; `None` lets the request go on to others.
///
/// Served are the path form (PRM-04), with one optional trailing slash, and, if this resource is `at_root`, the root
/// form (PRM-05, G-04). Anything else under `/.well-known/` is a JSON 404, because clients parse it.
pub(crate) fn answer<B>(
    request: &Request<B>,
    metadata: &PublishedMetadata,
    at_root: bool,
) -> Option<Response<Full<Bytes>>> {
    let path = request.uri().path();
    if !path.starts_with("/.well-known/") {
        return None;
    }
    let is_here = is_at(path, metadata, at_root);
    Some(if is_here { document(request.method(), metadata.document()) } else { not_found() })
}

/// A JSON document that anybody may read, from any page: the answer to this method.
pub fn document(method: &Method, document: &Bytes) -> Response<Full<Bytes>> {
    match *method {
        Method::GET | Method::HEAD => {
            let mut response = json(StatusCode::OK, document.clone());
            response.headers_mut().insert(header::CACHE_CONTROL, CACHE);
            response
        }
        Method::OPTIONS => preflight(),
        _ => {
            let mut response = json(
                StatusCode::METHOD_NOT_ALLOWED,
                Bytes::from_static(br#"{"error":"method_not_allowed"}"#),
            );
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
            response
        }
    }
}

/// Whether the document is what is read at `path`.
pub(crate) fn is_at(path: &str, metadata: &PublishedMetadata, at_root: bool) -> bool {
    metadata.is_at(path) || (at_root && path.strip_suffix('/').unwrap_or(path) == ROOT)
}

/// Where it is read, without the one slash that may follow.
pub(crate) fn paths(metadata: &PublishedMetadata, at_root: bool) -> Vec<&str> {
    let own = metadata.path();
    let root = (at_root && own != ROOT).then_some(ROOT);
    std::iter::once(own).chain(root).collect()
}

/// A 404 that a client can parse.
pub(crate) fn not_found() -> Response<Full<Bytes>> {
    json(StatusCode::NOT_FOUND, Bytes::from_static(br#"{"error":"not_found"}"#))
}

fn preflight() -> Response<Full<Bytes>> {
    let mut response = json(StatusCode::NO_CONTENT, Bytes::new());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    // TL-22: clients of 2025-03-26 send their version while discovering.
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Authorization, Content-Type, MCP-Protocol-Version"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

/// Public documents may be read by any page; no credentials are involved.
fn json(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
