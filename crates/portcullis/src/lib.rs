//! OAuth 2.1 for MCP servers written in Rust: one layer around the server.
//!
//! # In five lines
//!
//! ```no_run
//! # #[cfg(feature = "axum")]
//! # fn protect(mcp_service: axum::routing::MethodRouter) -> Result<axum::Router, portcullis::BuildError> {
//! use portcullis::{ProtectedResource, scalekit};
//!
//! let auth = ProtectedResource::builder("https://mcp.example.com/mcp") // the URL clients dial
//!     .issuer(scalekit("https://acme.scalekit.com", "res_123"))
//!     .tool("list_todos", ["todo:read"])
//!     .tool("*_todo", ["todo:write"])
//!     .build()?;
//! let app = axum::Router::new()
//!     .route_service("/mcp", mcp_service) // the server, as it was
//!     .layer(auth.layer())
//!     .merge(auth.well_known());
//! # Ok(app) }
//! ```
//!
//! From here on a client without a token gets 401 and a challenge that names the metadata, finds your authorization server by
//! it, signs in, and calls exactly the tools that its token allows. One that lacks a scope gets 403 with the scope, and steps
//! up. What no rule names is refused, and not listed.
//!
//! axum's `layer` protects the routes that were added before it, so the server comes first; what needs no token is merged after
//! it. Nothing but MCP belongs behind the layer: any other GET is a stream to it, for whoever has a good token.
//! `ProtectedResource::router` (feature `axum`) leaves no order to get wrong: the server at the path that clients dial, protected,
//! and the public routes, to be served or to be merged into what is there. The layer answers for the metadata and for preflights
//! wherever it stands.
//!
//! # Whose tokens
//!
//! [`scalekit`], [`auth0`], [`oidc`] for anybody else who signs access tokens, [`introspection`] for opaque ones; each is a
//! [`TrustedIssuer`] that can be told what is special about yours. Several issuers may stand beside each other. [`from_env`]
//! reads the environment variables that the guides of Scalekit and of Auth0 use.
//!
//! # Who calls
//!
//! The layer takes the token away and leaves a [`Permit`] in the request's extensions. With the feature `axum` a handler takes
//! [`AccessToken`] or [`Permit`] as an argument; with the feature `rmcp` a tool does:
//!
//! ```
//! # #[cfg(feature = "rmcp")]
//! # mod example {
//! use portcullis::{AccessToken, rmcp::CallerContext};
//! use rmcp::{ErrorData, RoleServer, service::RequestContext};
//!
//! // as an argument,
//! fn whoami(token: AccessToken) -> String {
//!     format!("{} of {}", token.subject(), token.tenant().unwrap_or("no tenant"))
//! }
//!
//! // or from the context
//! fn archive(context: RequestContext<RoleServer>) -> Result<String, ErrorData> {
//!     context.require_scope("todo:archive")?;
//!     Ok("archived".into())
//! }
//! # }
//! ```
//!
//! [`AccessToken::require_scope`] is for what the data decides. While no answer has begun, it becomes a real challenge: 403 with
//! the scope, and the client comes back with a better token. A server of the SDK answers so to clients of 2026-07-28, and to
//! older ones where it has no sessions and answers with JSON (`with_legacy_session_mode(false)`, `with_json_response(true)`).
//! Where the stream has begun, the client reads a JSON-RPC error instead. Scopes that a tool always needs belong in a rule.
//!
//! # What else can be said
//!
//! [`Builder`] has it: prompts and resources, conditions, callers, a check of your own, limits, DPoP, revocation, where the
//! audit goes. It builds, or it names everything that is wrong at once.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `axum` (default) | extractors; the public routes as a router |
//! | `client` (default) | a way to keys and metadata, over reqwest; without it, give one of yours to [`Builder::fetch`] |
//! | `rmcp` | arguments and context of the official SDK's tools |
//!
//! Without any, this is a `tower` layer over `http` bodies: [`ProtectedResource::layer`], and
//! [`ProtectedResource::public_answer`] for the public routes.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod audit;
#[cfg(feature = "axum")]
mod axum;
mod builder;
mod caller;
mod check;
mod cors;
mod environment;
mod farewell;
mod given;
mod handler;
mod issuer;
mod lifetime;
mod metadata;
pub mod parts;
mod presets;
mod protect;
mod reached;
#[cfg(feature = "rmcp")]
pub mod rmcp;
mod well_known;

pub use answer::AnswerBody;
pub use audit::TracingAudit;
pub use builder::{BuildError, Builder, HasIssuer, IntoRule, NoIssuer, Problem};
pub use caller::{AccessToken, InsufficientScope, NotProtected, Permit};
pub use check::Allowed;
pub use environment::{from_env, from_variables};
pub use handler::{Handler, ProtectLayer};
pub use issuer::{IssuerSettings, ProofSettings, TrustedIssuer};
pub use portcullis_fetch as fetch;
pub use portcullis_oauth as oauth;
pub use portcullis_resource_server as resource_server;
pub use presets::{auth0, introspection, oidc, scalekit, scalekit_by_server_url};
pub use protect::{Answer, Protect, ProtectedResource, StreamLimits};

#[doc(inline)]
pub use portcullis_resource_server::{Admitted, DefaultRule, Line, Rule};

/// What the registry shows compiles too.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;
