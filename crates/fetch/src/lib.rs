//! The only door out to metadata, keys and introspection: https, size, time, redirect and address rules (SB-10, SB-11,
//! SB-12).
//!
//! A host that the operator wrote may be private. A URL that was learned from somebody else's document must share
//! its origin with that document, or resolve to public addresses only, checked where the connection is made.

mod address;
mod cache_control;
mod exchange;
mod form;
mod http_fetcher;
mod plain;
mod post_json;
mod public_only;
mod rule;

pub use form::Form;
pub use http_fetcher::{HttpFetcher, Limits};
pub use plain::plain_client;
pub use post_json::{JsonPoster, JsonQuestion, PostJson};

use bytes::Bytes;
use std::{future::Future, pin::Pin, time::Duration};
use url::Url;

/// Where a URL comes from, and so how far it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The operator wrote it.
    Configured,
    /// A document named it.
    Learned {
        /// That document's URL.
        from: Url,
    },
}

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
