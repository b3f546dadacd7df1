//! A question to a service of the operator's own: JSON there, JSON back. Only how long and how much is the question's own.

use crate::FetchError;
use bytes::Bytes;
use http::HeaderValue;
use std::{future::Future, pin::Pin, time::Duration};
use url::Url;

/// One question, and what it may cost.
pub struct JsonQuestion<'a> {
    /// Where, as the operator wrote it: https, or http on loopback.
    pub url: &'a Url,
    /// What proves who asks.
    pub authorization: Option<&'a HeaderValue>,
    /// The JSON.
    pub body: Bytes,
    /// Until the last byte of the answer.
    pub time: Duration,
    /// Bytes of the answer.
    pub max_answer: usize,
}

/// The way to services that the operator wrote into the configuration. An implementation holds the rules of [`Fetch`](crate::Fetch).
pub trait PostJson: Send + Sync + 'static {
    /// Posts a question, and gives the body of a 200.
    fn post_json<'a>(
        &'a self,
        question: JsonQuestion<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Bytes, FetchError>> + Send + 'a>>;
}
