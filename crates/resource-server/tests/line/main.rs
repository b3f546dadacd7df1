//! The line as callers, attackers and failing providers meet it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod asking;
mod dpop;
mod examine;
mod fixture;
mod introspection;
mod introspection_client;
mod introspection_memory;
mod introspection_whose;
mod keys;
mod rates;
mod refusals;
mod revocation;
mod sessions;
mod step_up;
mod tokens;
