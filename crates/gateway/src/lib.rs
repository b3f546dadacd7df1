//! The gateway: configuration → listener → the line → upstream. A library; the binary is elsewhere.

pub mod config;

mod admin;
mod answers;
mod body;
mod calls;
mod compose;
mod connection;
mod drain;
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
pub use compose::{ComposeError, IssuerSettings, Process, ResourceSettings, compose};
pub use drain::Drain;
pub use gateway::{Beside, Gateway};
pub use headers::IdentityHeaders;
pub use metrics::ResourceMetrics;
pub use pools::UpstreamConnections;
pub use revocation::{Denylist, KnownIssuers, RevocationsFileError};
pub use route::Route;
pub use serve::{ServeLimits, serve};
pub use upstream::{Upstream, UpstreamLimits, UpstreamSetupError};
