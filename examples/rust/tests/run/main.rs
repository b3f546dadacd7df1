//! Each example as people start it, and what a client without a token, with a good one, and with a poor one is told.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod existing_app;
mod from_env;
mod issuer;
mod opaque;
mod program;
mod readme;
mod scalekit;
mod tenants;
