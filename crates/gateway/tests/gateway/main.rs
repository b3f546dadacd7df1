//! The gateway between a client and an upstream that may lie: what crosses, what does not, and what is answered.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod admin;
mod administered;
mod chaos;
mod connections;
mod drain;
mod fixture;
mod http2;
mod metrics;
mod orders;
mod probes;
mod refusals;
mod revocation;
mod routes;
mod scalekit;
mod streams;
mod transparency;
mod upstreams;
mod users;
mod wire;
