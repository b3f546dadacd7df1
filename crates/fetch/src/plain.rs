//! A client for a server that somebody named on the command line, spoken to in a protocol that is not ours to write: what
//! is sent to that server goes to no other, by no redirect and no proxy.

use crate::http_fetcher::SetupError;
use reqwest::{Client, redirect::Policy};
use std::time::Duration;

/// A client that follows nothing and keeps no cookie.
///
/// # Errors
/// The machine has no usable trust store.
pub fn plain_client(connect: Duration) -> Result<Client, SetupError> {
    let builder = Client::builder().redirect(Policy::none()).no_proxy().connect_timeout(connect);
    Ok(builder.user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION"))).build()?)
}
