//! The words of OAuth, as types: what the RFCs name, parsed and printed.
//!
//! No I/O, no async, and no clock is read here. If you hold one of these values, it is well formed;
//! whether it may be *trusted* is decided in the rooms that import this one.
//!
//! ```
//! use portcullis_oauth::{Challenge, ErrorCode, ResourceIdentifier, Scope};
//!
//! let resource = ResourceIdentifier::parse("https://mcp.example.com/mcp").unwrap();
//! let challenge = Challenge::bearer()
//!     .resource_metadata(resource.metadata_url())
//!     .scope(Scope::parse("todo:read").unwrap())
//!     .error(ErrorCode::InvalidToken, "the access token has expired");
//! assert_eq!(challenge.to_string().parse::<Challenge>().unwrap(), challenge);
//! ```

mod auth_scheme;
mod challenge;
mod error_code;
mod issuer;
mod jwk;
mod metadata;
mod numeric_date;
mod resource;
mod scope;
mod target_uri;

/// The claim that every token of `portcullis dev` carries, and that nothing but `portcullis dev` accepts.
pub const DEVELOPMENT_CLAIM: &str = "portcullis_dev";

pub use auth_scheme::AuthScheme;
pub use challenge::{Challenge, ChallengeError};
pub use error_code::ErrorCode;
pub use issuer::{Issuer, IssuerError};
pub use jwk::{Jwk, Jwks, JwksError};
pub use metadata::{AuthorizationServerMetadata, ProtectedResourceMetadata};
pub use numeric_date::{Clock, NumericDate};
pub use resource::{ResourceIdentifier, ResourceIdentifierError, is_loopback};
pub use scope::{Scope, ScopeError, ScopeToken};
pub use target_uri::{TargetUri, TargetUriError};
