//! Whom a request means by `Host`. Under a name of its own, a page of the web could reach this machine (DNS rebinding,
//! TM-02), so only our own spellings are answered.

use crate::{reply::oauth_error, server::Shared};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;

pub(crate) async fn known_host(State(server): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if is_ours(request.uri(), request.headers(), &server.hosts) {
        return next.run(request).await;
    }
    oauth_error(StatusCode::FORBIDDEN, "access_denied", "this Host is not served here")
}

/// It may be said in the request line, in `:authority` and in `Host`; wherever it is said, it must be ours.
fn is_ours(uri: &Uri, headers: &HeaderMap, hosts: &[String]) -> bool {
    let in_uri = uri.authority().map(|authority| authority.as_str().as_bytes());
    let mut said = in_uri.into_iter().chain(headers.get_all(header::HOST).iter().map(|host| host.as_bytes()));
    let is_known = |host: &[u8]| hosts.iter().any(|ours| ours.as_bytes().eq_ignore_ascii_case(host));
    said.next().is_some_and(is_known) && said.all(is_known)
}
