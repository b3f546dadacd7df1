//! A Scalekit environment on loopback: what it puts on the wire, as far as that is known.
//!
//! One process, plain http, deterministic ids, everything in memory; the environment's URL is
//! `http://127.0.0.1:<port>`. Duplicate slashes are collapsed, unknown form fields ignored, credentials on `/keys`
//! tolerated, because the real one does. There is no introspection and no revocation: neither is documented.
//!
//! What varies between environments, or went wrong in one, is a [`Switches`] field and may be changed while it runs.
//! Hooks that no real environment has: [`Scalekit::user_token`] and its siblings, whose [`Token`](crate::Token) can
//! still be spoilt, and signed by [`Scalekit::signing_key`] or by a forger; [`Scalekit::requests`] and
//! [`Scalekit::count`]; [`Scalekit::add_key`] and [`Scalekit::replace_keys`].

mod authorize;
mod environment;
mod front;
mod jwks;
mod metadata;
mod mint;
mod register;
mod stand_in;
mod switches;
mod token_endpoint;

pub use environment::Scalekit;
pub use front::LoggedRequest;
pub use stand_in::ScalekitStandIn;
pub use switches::{IssuerForm, KeysAnswer, ScopeClaims, Switches};

/// The MCP server's id.
pub const RESOURCE: &str = "res_100000000000000001";
/// The person who signs in.
pub const USER: &str = "usr_100000000000000003";
/// That person's organization, the claim `oid`.
pub const ORGANIZATION: &str = "org_100000000000000005";
/// The environment's API client, for `client_credentials` at the environment only.
pub const ENVIRONMENT_CLIENT: (&str, &str) = ("skc_100000000000000008", "test_environment");
/// A machine's client of the MCP server.
pub const MACHINE_CLIENT: (&str, &str) = ("m2m_100000000000000004", "test_machine");
