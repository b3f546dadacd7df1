//! OAuth 2.1 for MCP servers written in Rust: one tower layer around the server, and the public routes beside it.
//!
//! [`ProtectedResource`] holds the line a request travels ([`Line`]). [`ProtectedResource::layer`] puts it around any
//! tower service that answers HTTP; [`ProtectedResource::protect`] puts it around a service that takes [`Admitted`],
//! as the gateway's upstream does. Preflights and CORS are answered by the same layer, outside authentication, so
//! there is no order to get wrong. [`ProtectedResource::well_known`] answers what clients must read without a token.
//!
//! # Example
//!
//! An axum server behind one layer. The handler is reached with a good token only, and finds the caller's [`Permit`]; the
//! metadata is read without one. Nothing is fetched until the first token comes.
//!
//! ```
//! use axum::{Extension, Router, extract::Request, http::StatusCode, response::IntoResponse as _, routing::any};
//! use portcullis::{
//!     Line, Permit, ProtectedResource, PublishedMetadata, StreamLimits,
//!     fetch::HttpFetcher,
//!     oauth::{Issuer, ResourceIdentifier, Scope},
//!     resource_server::{
//!         Algorithm, Audiences, Audit, AuditEvent, BodyLimits, ClientTokens, DefaultRule, DpopSettings, KeyLocation,
//!         KeySource, Policy, Possession, Proof, RateLimits, Reach, SessionSealer, Signature, StepUp, SystemClock,
//!         TrustedIssuer, TypRule, Verifier,
//!     },
//! };
//! use std::sync::Arc;
//!
//! struct Lines;
//! impl Audit for Lines {
//!     fn record(&self, event: &AuditEvent<'_>) {
//!         eprintln!("{}", serde_json::to_string(event).unwrap_or_default());
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(SystemClock::new());
//! let resource = ResourceIdentifier::parse("https://mcp.example.com/mcp")?;
//! let issuer = Issuer::parse("https://login.example.com")?;
//! let keys = KeyLocation::Discover(issuer.clone());
//! let trusted = TrustedIssuer {
//!     name: "login".into(),
//!     issuers: vec![issuer],
//!     audiences: Audiences::Resource(resource.clone()),
//!     proof: Proof::Signature(Signature {
//!         keys: KeySource::new(keys, Algorithm::ALL.to_vec(), Arc::new(HttpFetcher::new()?), clock.clone()),
//!         algorithms: Algorithm::ALL.to_vec(),
//!         typ: TypRule::AccessToken,
//!     }),
//!     scopes_claim: false,
//!     tenant_claim: None,
//!     leeway: 30,
//! };
//! let policy = Policy::new(DefaultRule::Refuse).tool("list_todos", Scope::parse("todo:read")?);
//! let servers = vec!["https://login.example.com".into()];
//! let dpop = DpopSettings::default(); // off: bearer tokens only
//! let metadata = PublishedMetadata::generate(&resource, servers, &policy.every_scope(), None, None, &dpop);
//! let key = [0; 32]; // a random key of yours
//! let line = Line {
//!     reach: Reach::of(&resource),
//!     verifier: Verifier::new(vec![trusted], clock.clone()),
//!     possession: Possession::new(&dpop, &resource, &key),
//!     revocations: None,
//!     policy,
//!     mirrored: Default::default(),
//!     step_up: StepUp::default(),
//!     rates: RateLimits::off(),
//!     check: None,
//!     limits: BodyLimits::default(),
//!     client_tokens: ClientTokens::default(),
//!     sessions: SessionSealer::new(&key, resource.as_str(), "in process", 86_400)?,
//!     audit: Arc::new(Lines),
//!     observer: None,
//!     clock,
//!     resource,
//! };
//! let protected = ProtectedResource::new(line, metadata, true, StreamLimits::default());
//!
//! let public = protected.clone();
//! let app: Router = Router::new()
//!     .route("/mcp", any(|Extension(caller): Extension<Permit>| async move {
//!         format!("hello, {}", caller.token().subject())
//!     }))
//!     .layer(protected.layer())
//!     .fallback(move |request: Request| async move {
//!         public.well_known(&request).map_or(StatusCode::NOT_FOUND.into_response(), |it| it.into_response())
//!     });
//! # use tower::ServiceExt as _;
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let nobody = Request::post("https://mcp.example.com/mcp").body(axum::body::Body::empty())?;
//! assert_eq!(app.oneshot(nobody).await?.status(), 401);
//! # Ok(()) })
//! # }
//! ```

mod answer;
mod cors;
mod farewell;
mod lifetime;
mod metadata;
mod protect;
mod well_known;

pub use answer::AnswerBody;
pub use farewell::Farewell;
pub use lifetime::{EndOfToken, EndsWithToken, Until};
pub use metadata::PublishedMetadata;
pub use portcullis_fetch as fetch;
pub use portcullis_oauth as oauth;
pub use portcullis_resource_server as resource_server;
pub use protect::{Answer, Handler, Protect, ProtectLayer, ProtectedResource, StreamLimits};
pub use well_known::document as public_document;

#[doc(inline)]
pub use portcullis_resource_server::{AccessToken, Admitted, Line, Permit};
