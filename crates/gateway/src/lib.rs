//! The gateway: configuration → listener → the line → upstream. A library; the binary is elsewhere.

pub mod config;

mod admin;
mod answers;
mod body;
mod calls;
mod client_address;
mod compose;
mod connection;
mod drain;
mod forwarding;
mod gateway;
mod headers;
mod metrics;
mod pools;
mod revocation;
mod route;
mod serve;
mod upstream;

pub use admin::{Admin, AdminListenError, AdminListener, AdminPlace, serve_admin};
pub use body::GatewayBody;
pub use client_address::{ClientAddressHeader, TrustedProxies};
pub use compose::{CheckSettings, ComposeError, Process, ResourceSettings, compose, protected};
pub use drain::Drain;
pub use forwarding::{FixedCredential, Forwarding, IdentityHeaders, SignedIdentity};
pub use gateway::{Beside, Gateway, IDENTITY_KEYS_PATH};
pub use metrics::ResourceMetrics;
pub use pools::UpstreamConnections;
pub use revocation::{Denylist, KnownIssuers, RevocationsFileError};
pub use route::Route;
pub use serve::{ServeLimits, serve};
pub use upstream::{Upstream, UpstreamLimits, UpstreamSetupError};
