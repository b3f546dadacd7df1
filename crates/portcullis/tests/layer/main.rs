//! The layer around servers written in Rust: axum's, rmcp's, and services that are not always ready.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod builder;
mod callers;
mod fixture;
mod http;
mod mcp;
mod service;
