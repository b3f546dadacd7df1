//! [`PostJson`] over HTTP: by the one road out ([`exchange`]), over connections that are kept.

use super::exchange::{self, SetupError, exchange};
use crate::{FetchError, JsonQuestion, PostJson, Trust};
use bytes::Bytes;
use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use std::{future::Future, pin::Pin};

/// [`PostJson`] over HTTP.
pub struct JsonPoster(Client);

impl JsonPoster {
    /// A poster with connections of its own.
    ///
    /// # Errors
    /// The machine has no usable trust store.
    pub fn new() -> Result<Self, SetupError> {
        exchange::client().build().map(Self).map_err(SetupError)
    }

    async fn post(&self, question: JsonQuestion<'_>) -> Result<Bytes, FetchError> {
        Trust::Configured.check(question.url)?;
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
