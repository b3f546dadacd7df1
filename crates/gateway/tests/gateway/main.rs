//! The gateway between a client and an upstream that may lie: what crosses, what does not, and what is answered.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod admin;
mod administered;
mod chaos;
mod check;
mod connections;
mod crowd;
mod dpop;
mod drain;
mod driver;
mod fixture;
mod http2;
mod identity;
mod introspection;
mod lists;
mod metrics;
mod observe;
mod orders;
mod parameters;
mod policy;
mod probes;
mod rates;
mod refusals;
mod revocation;
mod routes;
mod scalekit;
mod streams;
mod transparency;
mod upstreams;
mod users;
mod wire;
