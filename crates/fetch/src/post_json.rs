//! A question to a service of the operator's own: JSON there, JSON back, over connections that are kept. The rules are
//! those of every way out ([`exchange`]); only how long and how much is the question's own.

use crate::{
    FetchError,
    exchange::{self, SetupError, exchange},
    rule::check,
};
use bytes::Bytes;
use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
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

/// The way to services that the operator wrote into the configuration.
pub trait PostJson: Send + Sync + 'static {
    /// Posts a question, and gives the body of a 200.
    fn post_json<'a>(
        &'a self,
        question: JsonQuestion<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Bytes, FetchError>> + Send + 'a>>;
}

/// [`PostJson`] over HTTP.
pub struct JsonPoster(Client);

impl JsonPoster {
    /// A poster with connections of its own.
    ///
    /// # Errors
    /// The machine has no usable trust store.
    pub fn new() -> Result<Self, SetupError> {
        Ok(Self(exchange::client().build()?))
    }

    async fn post(&self, question: JsonQuestion<'_>) -> Result<Bytes, FetchError> {
        check(question.url, true)?;
        let json = HeaderValue::from_static("application/json");
        let request = self.0.post(question.url.clone()).timeout(question.time).header(CONTENT_TYPE, json);
        let authorization = question.authorization.into_iter();
        let request = authorization.fold(request, |request, value| request.header(AUTHORIZATION, value));
        let (_, answer) = exchange(request.body(question.body), question.max_answer).await?;
        Ok(answer)
    }
}

impl PostJson for JsonPoster {
    fn post_json<'a>(
        &'a self,
        question: JsonQuestion<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Bytes, FetchError>> + Send + 'a>> {
        Box::pin(self.post(question))
    }
}
