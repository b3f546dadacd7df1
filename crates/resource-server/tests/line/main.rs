//! The line as callers, attackers and failing providers meet it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod dpop;
mod fixture;
mod keys;
mod refusals;
mod sessions;
mod tokens;
