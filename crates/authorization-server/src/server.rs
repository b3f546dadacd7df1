//! The server: what it is configured with, what its routes share, and the routes.

use crate::{
    authorize, cors,
    grants::Grants,
    host,
    key::SigningKey,
    metadata,
    mint::{MintRequest, TestUser, mint},
    randomness::{NoRandomness, Randomness, SystemRandomness},
    registration,
    reply::{json, method_not_allowed, not_found, public, set},
    token,
};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::{MethodRouter, any, get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::{Clock, Issuer, Scope};
use std::{fmt, sync::Arc};

/// Registrations and forms are small.
const MAX_BODY: usize = 64 * 1024;

/// What the development server serves.
#[derive(Clone, Debug)]
pub struct DevConfig {
    /// Its identifier, without a path.
    pub issuer: Issuer,
    /// The spellings of the one MCP server it issues tokens for.
    pub resources: Vec<String>,
    /// The scopes there are.
    pub scopes: Scope,
    /// Who can sign in.
    pub users: Vec<TestUser>,
    /// Under which `Host` it answers, port included: loopback spellings only.
    pub hosts: Vec<String>,
}

/// The authorization server of `portcullis dev`. It remembers in memory only, and within bounds.
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
    randomness: Arc<dyn Randomness>,
}

impl DevAuthorizationServer {
    /// A server that has granted nothing yet, with the operating system's randomness.
    pub fn new(config: DevConfig, key: SigningKey, clock: Arc<dyn Clock>) -> Self {
        Self::with_randomness(config, key, clock, Arc::new(SystemRandomness))
    }

    /// The same, with randomness of the caller's.
    pub fn with_randomness(
        config: DevConfig,
        key: SigningKey,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        Self(Arc::new(Shared {
            issuer: config.issuer.as_str().to_owned(),
            resources: config.resources,
            scopes: config.scopes,
            users: config.users,
            hosts: config.hosts,
            key,
            clock,
            grants: Grants::default(),
            randomness,
        }))
    }

    /// The public key set, as it is published.
    pub fn jwks(&self) -> String {
        self.0.key.jwks().to_string()
    }

    /// Its routes, at the root of the origin.
    pub fn router(&self) -> Router {
        let public = metadata::PATHS
            .into_iter()
            .fold(Router::new(), |router, path| router.route(path, only(get(show_metadata))))
            .route("/.well-known/{*probed}", any(not_found))
            .route(metadata::JWKS, only(get(show_keys)))
            .route(metadata::TOKEN, only(post(token::token)))
            .route(metadata::REGISTER, only(post(registration::register)))
            // Clients of 2025-03-26 that found no metadata (AS-39).
            .route("/token", only(post(token::token)))
            .route("/register", only(post(registration::register)))
            .layer(from_fn(cors::cors));
        Router::new()
            .route(metadata::AUTHORIZE, only(get(authorize::show).post(authorize::decide)))
            .route("/authorize", only(get(authorize::show).post(authorize::decide)))
            .route(authorize::STYLE, only(get(style)))
            .merge(public)
            .fallback(not_found)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(from_fn_with_state(self.0.clone(), host::known_host))
            .with_state(self.0.clone())
    }
}

impl Shared {
    /// 256 bits, for what must not be guessed.
    pub(crate) fn random(&self) -> Result<String, NoRandomness> {
        let mut bytes = [0; 32];
        self.randomness.fill(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// An access token from now on, for `lifetime` seconds.
    pub(crate) fn mint(
        &self,
        user: &TestUser,
        client_id: &str,
        scope: &Scope,
        audiences: &[String],
        lifetime: u64,
    ) -> Option<String> {
        let request = MintRequest {
            issuer: &self.issuer,
            user,
            client_id,
            scope,
            audiences,
            issued_at: self.clock.now(),
            lifetime,
            token_id: &self.random().ok()?,
        };
        mint(&self.key, &request)
    }
}

/// Other methods are refused in JSON.
fn only(methods: MethodRouter<Arc<Shared>>) -> MethodRouter<Arc<Shared>> {
    methods.fallback(method_not_allowed)
}

async fn show_metadata(State(server): State<Arc<Shared>>) -> Response {
    public(json(StatusCode::OK, &metadata::metadata(&server.issuer, &server.scopes)))
}

async fn show_keys(State(server): State<Arc<Shared>>) -> Response {
    public(json(StatusCode::OK, &server.key.jwks()))
}

async fn style() -> Response {
    let mut response = public(Response::new(Body::from(include_str!("../templates/style.css"))));
    set(
        response.headers_mut(),
        &[(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")],
    );
    response
}

impl fmt::Debug for DevAuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevAuthorizationServer")
            .field("issuer", &self.0.issuer)
            .field("key", &self.0.key)
            .finish_non_exhaustive()
    }
}
