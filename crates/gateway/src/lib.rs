//! The gateway: configuration → listener → the line → upstream. A library; the binary is elsewhere.

pub mod config;

mod body;
mod calls;
mod compose;
mod connection;
mod drain;
mod gateway;
mod headers;
mod pools;
mod route;
mod serve;
mod upstream;

pub use body::GatewayBody;
pub use compose::{CheckSettings, ComposeError, IssuerSettings, Process, ResourceSettings, compose};
pub use drain::Drain;
pub use gateway::{Beside, Gateway};
pub use headers::IdentityHeaders;
pub use pools::UpstreamConnections;
pub use route::Route;
pub use serve::{ServeLimits, serve};
pub use upstream::{Upstream, UpstreamLimits, UpstreamSetupError};
