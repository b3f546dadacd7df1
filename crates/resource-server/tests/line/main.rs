//! The line as callers, attackers and failing providers meet it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod fixture;
mod keys;
mod refusals;
mod revocation;
mod sessions;
mod tokens;
