//! Every request's way in: duplicate slashes are collapsed, it is logged, browsers may read the answer.

use super::{Scalekit, authorize, jwks, metadata, register, token_endpoint};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use bytes::Bytes;
use std::{convert::Infallible, sync::Arc};
use tower_service::Service as _;
use url::form_urlencoded;

/// What the environment was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The method.
    pub method: Method,
    /// The path with single slashes.
    pub path: String,
    /// The path as it came.
    pub raw_path: String,
    /// The query.
    pub query: String,
    /// `Authorization`, if there was one.
    pub authorization: Option<HeaderValue>,
    /// The body.
    pub body: Bytes,
}

impl LoggedRequest {
    /// A parameter of the query, or of the form in the body.
    pub fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .chain(form_urlencoded::parse(&self.body))
            .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    }
}

impl Scalekit {
    /// The environment as a router, for a server of one's own.
    pub fn router(self: &Arc<Self>) -> Router {
        router(self.clone())
    }
}

pub(super) fn router(scalekit: Arc<Scalekit>) -> Router {
    let routes = Router::new()
        .route("/keys", get(jwks::keys))
        .route("/.well-known/openid-configuration", get(metadata::environment))
        .route("/.well-known/oauth-authorization-server", get(metadata::environment))
        .route("/.well-known/oauth-authorization-server/resources/{res}", get(metadata::inserted))
        .route("/resources/{res}/.well-known/oauth-authorization-server", get(metadata::appended))
        .route("/oauth/authorize", get(authorize::at_environment))
        .route("/resources/{res}/oauth/authorize", get(authorize::at_resource))
        .route("/oauth/token", post(token_endpoint::at_environment))
        .route("/resources/{res}/oauth/token", post(token_endpoint::at_resource))
        .route("/api/v1/resources/{res}/clients:register", post(register::register))
        .with_state(scalekit.clone());
    Router::new().fallback(move |request: Request| enter(scalekit.clone(), routes.clone(), request))
}

async fn enter(scalekit: Arc<Scalekit>, mut routes: Router, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 256 * 1024).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let raw_path = head.uri.path().to_owned();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let path = collapse(&raw_path);
    let mut response = if head.method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        head.uri = target.parse::<Uri>().expect("a path with fewer slashes is a path");
        scalekit.state().requests.push(LoggedRequest {
            method: head.method.clone(),
            path: path.clone(),
            raw_path,
            query,
            authorization: head.headers.get(header::AUTHORIZATION).cloned(),
            body: body.clone(),
        });
        for (name, value) in form_urlencoded::parse(&body) {
            if matches!(&*name, "client_secret" | "code_verifier") {
                crate::secret(&value);
            }
        }
        let request = Request::from_parts(head, Body::from(body));
        routes.call(request).await.unwrap_or_else(|never: Infallible| match never {})
    };
    if !path.ends_with("/oauth/authorize") {
        for name in [header::ACCESS_CONTROL_ALLOW_ORIGIN, header::ACCESS_CONTROL_ALLOW_HEADERS] {
            response.headers_mut().insert(name, HeaderValue::from_static("*"));
        }
    }
    response
}

/// One SDK writes `{environment}/` + `/keys`.
fn collapse(path: &str) -> String {
    let mut collapsed = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !collapsed.ends_with('/') {
            collapsed.push(character);
        }
    }
    collapsed
}
