//! The line as callers, attackers and failing providers meet it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod fixture;
mod keys;
mod rates;
mod refusals;
mod sessions;
mod step_up;
mod tokens;
