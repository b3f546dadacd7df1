//! The routes, the state behind them, and what every answer has in common.

use crate::{grants::Grants, key::SigningKey, metadata, mint::TestUser, page, registration, token};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::{Clock, Issuer, Scope};
use serde::Serialize;
use std::{fmt, sync::Arc};

/// Registrations and forms are small.
const MAX_BODY: usize = 64 * 1024;

/// What the development server serves.
pub struct DevConfig {
    /// Its identifier, without a path.
    pub issuer: Issuer,
    /// The spellings of the one MCP server it issues tokens for.
    pub resources: Vec<String>,
    /// The scopes there are.
    pub scopes: Scope,
    /// Who can sign in.
    pub users: Vec<TestUser>,
    /// Under which `Host` it answers: loopback spellings only.
    pub hosts: Vec<String>,
}

/// The authorization server of `portcullis dev`.
pub struct DevAuthorizationServer(Arc<Shared>);

/// What the routes share.
pub(crate) struct Shared {
    pub(crate) issuer: String,
    pub(crate) resources: Vec<String>,
    pub(crate) scopes: Scope,
    pub(crate) users: Vec<TestUser>,
    pub(crate) hosts: Vec<String>,
    pub(crate) key: SigningKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) grants: Grants,
    randomness: Arc<dyn SecureRandom + Send + Sync>,
}

impl DevAuthorizationServer {
    /// A server that has granted nothing yet.
    pub fn new(config: DevConfig, key: SigningKey, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            issuer: config.issuer.as_str().to_owned(),
            resources: config.resources,
            scopes: config.scopes,
            users: config.users,
            hosts: config.hosts,
            key,
            clock,
            grants: Grants::default(),
            randomness: Arc::new(SystemRandom::new()),
        }))
    }

    /// Its routes, at the root of the origin.
    pub fn router(&self) -> Router {
        let public = metadata::PATHS
            .into_iter()
            .fold(Router::new(), |router, path| {
                router.route(path, get(show_metadata).fallback(method_not_allowed))
            })
            .route("/oauth/jwks", get(show_keys).fallback(method_not_allowed))
            .route("/oauth/token", post(token::token).fallback(method_not_allowed))
            .route("/oauth/register", post(registration::register).fallback(method_not_allowed))
            // Clients of 2025-03-26 that found no metadata (AS-39).
            .route("/token", post(token::token).fallback(method_not_allowed))
            .route("/register", post(registration::register).fallback(method_not_allowed))
            .layer(middleware::from_fn(cors));
        Router::new()
            .route("/oauth/authorize", get(page::show).post(page::decide))
            .route("/authorize", get(page::show).post(page::decide))
            .route("/oauth/style.css", get(style))
            .merge(public)
            .fallback(not_found)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::from_fn_with_state(self.0.clone(), known_host))
            .with_state(self.0.clone())
    }
}

impl Shared {
    /// 256 bits, for what must not be guessed.
    pub(crate) fn random(&self) -> Option<String> {
        let mut bytes = [0; 32];
        self.randomness.fill(&mut bytes).ok()?;
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }
}

async fn show_metadata(State(server): State<Arc<Shared>>) -> Response {
    cacheable(json(StatusCode::OK, &metadata::metadata(&server.issuer, &server.scopes)))
}

async fn show_keys(State(server): State<Arc<Shared>>) -> Response {
    cacheable(json(StatusCode::OK, &server.key.jwks()))
}

async fn style() -> Response {
    let mut response = Response::new(Body::from(include_str!("../templates/style.css")));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    response
}

async fn not_found() -> Response {
    oauth_error(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
}

async fn method_not_allowed() -> Response {
    oauth_error(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "use another method")
}

/// Under a name of its own, a page of the web could reach this machine (DNS rebinding).
async fn known_host(State(server): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = request.uri().authority().map(|authority| authority.as_str()).or(named);
    if host.is_some_and(|host| server.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host))) {
        return next.run(request).await;
    }
    oauth_error(StatusCode::FORBIDDEN, "access_denied", "this Host is not served here")
}

/// For any page, without credentials; never at the authorization endpoint (AS-22).
async fn cors(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS;
    let mut response = if preflight { json(StatusCode::NO_CONTENT, &()) } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if preflight {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, HEAD, POST, OPTIONS"),
        );
        let allowed = HeaderValue::from_static("Authorization, Content-Type, MCP-Protocol-Version");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    response
}

fn cacheable(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    response
}

/// JSON that nobody keeps.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = if status == StatusCode::NO_CONTENT {
        Vec::new()
    } else {
        serde_json::to_vec(value).unwrap_or_default()
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An error as OAuth writes it (AS-26, DC-04).
pub(crate) fn oauth_error(status: StatusCode, error: &str, description: &str) -> Response {
    json(status, &serde_json::json!({ "error": error, "error_description": description }))
}

impl fmt::Debug for DevAuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevAuthorizationServer").field("issuer", &self.0.issuer).finish_non_exhaustive()
    }
}
