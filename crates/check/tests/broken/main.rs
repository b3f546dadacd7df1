//! Servers that are good but for one thing, made in this process: each rule catches its own, and nothing else is said of it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../../../cli/src/dev/batches.rs"]
mod batches;
mod bounds;
mod challenge;
mod clients;
mod discovery;
mod echo;
mod fixture;
mod front_doors;
mod good;
mod issuer;
mod metadata;
mod pages;
mod spoil;
mod with_token;
