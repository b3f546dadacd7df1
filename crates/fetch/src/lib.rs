//! The only door out to metadata, keys and introspection: https, size, time, redirect and address rules (SB-10, SB-11,
//! SB-12).
//!
//! A host that the operator wrote may be private. A URL that was learned from somebody else's document must share
//! its origin with that document, or resolve to public addresses only, checked where the connection is made.
//!
//! [`Fetch`] and [`PostJson`] are what the rest of the product asks of the network. The feature `client` (on by default) has
//! both over HTTP; without it this is traits and rules, for a program with a client of its own.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod ask;
#[cfg(feature = "client")]
mod client;
mod form;
mod post_json;
mod trust;

pub use address::is_public;
pub use ask::{Answer, Ask, End, Question};
#[cfg(feature = "client")]
pub use client::{Asker, HttpFetcher, JsonPoster, Limits, SetupError, plain_client};
pub use form::Form;
pub use post_json::{JsonQuestion, PostJson};
pub use trust::Trust;

use bytes::Bytes;
use std::{future::Future, pin::Pin, time::Duration};
use url::Url;

/// A fetched document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The body, whole.
    pub body: Bytes,
    /// `max-age` of `Cache-Control`; zero for `no-store` and `no-cache`; `None` if it does not say.
    pub max_age: Option<Duration>,
}

/// The document could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The rules forbid to ask.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// No connection, or it broke.
    #[error("the connection failed")]
    Connect,
    /// There was an answer, and it is no HTTP, or a header is none.
    #[error("it answered, but not in HTTP that can be read")]
    Unreadable,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// Anything but 200; redirects are not followed.
    #[error("the answer was {0}")]
    Status(u16),
    /// The body broke off, or its framing is wrong: half a key set is no key set.
    #[error("the body broke off")]
    Body,
    /// More than a metadata document or key set has.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// The network, as a parameter.
///
/// What it gives is believed. So an implementation holds these rules, as the feature `client` does:
///
/// - what [`Trust::check`] refuses is not asked for;
/// - where [`Trust::allows_private`] says no, the address that is connected to is public ([`is_public`]);
/// - no redirect is followed, and anything but 200 is an error;
/// - size and time have bounds, and a body that breaks off is an error.
pub trait Fetch: Send + Sync + 'static {
    /// Gets a document.
    fn get(
        &self,
        url: Url,
        trust: Trust,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>>;

    /// Posts a form and gets the answer, under the same rules.
    fn post(
        &self,
        url: Url,
        trust: Trust,
        form: Form,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>>;
}
