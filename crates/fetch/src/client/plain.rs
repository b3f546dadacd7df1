//! A client for a server that somebody named on the command line, spoken to in a protocol that is not ours to write: what
//! is sent to that server goes to no other, by no redirect and no proxy.

use super::exchange::{self, SetupError};
use reqwest::Client;
use std::time::Duration;

/// A client that follows nothing and keeps no cookie.
///
/// # Errors
/// The machine has no usable trust store.
pub fn plain_client(connect: Duration) -> Result<Client, SetupError> {
    exchange::client().connect_timeout(connect).build().map_err(SetupError)
}
