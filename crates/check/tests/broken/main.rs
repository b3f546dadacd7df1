//! Servers that are good but for one thing, made in this process: each rule catches its own, and nothing else is said of it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod fixture;
mod good;
