//! OAuth 2.1 for MCP servers written in Rust: one tower layer around the server, and the public routes beside it.
//!
//! [`ProtectedResource`] holds the line a request travels ([`Line`]). [`ProtectedResource::layer`] puts it around any
//! tower service that answers HTTP; [`ProtectedResource::protect`] puts it around a service that takes [`Admitted`],
//! as the gateway's upstream does. Preflights and CORS are answered by the same layer, outside authentication, so
//! there is no order to get wrong. [`ProtectedResource::well_known`] answers what clients must read without a token.

mod cors;
mod lifetime;
mod metadata;
mod protect;
mod well_known;

pub use lifetime::{EndsWithToken, Until};
pub use metadata::PublishedMetadata;
pub use portcullis_fetch as fetch;
pub use portcullis_oauth as oauth;
pub use portcullis_resource_server as resource_server;
pub use protect::{Answer, Handler, Protect, ProtectLayer, ProtectedResource, StreamLimits};

#[doc(inline)]
pub use portcullis_resource_server::{AccessToken, Admitted, Line, Permit};
