//! The development authorization server, driven through its router as a client and a browser would.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod attacks;
mod authorize;
mod bench;
mod endpoints;
mod key_file;
mod refresh;
mod registration;
mod token;
