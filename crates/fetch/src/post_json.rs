//! A question to a service of the operator's own: JSON there, JSON back, over connections that are kept. The rules are
//! those of every way out: https, or http on loopback; no redirect, no proxy, no cookie; bounded in size and time.

use crate::{FetchError, http_fetcher::SetupError, rule::check};
use bytes::{Bytes, BytesMut};
use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect::Policy,
};
use std::{future::Future, pin::Pin, time::Duration};
use url::Url;

/// What one question may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostLimits {
    /// Until the last byte of the answer.
    pub total: Duration,
    /// Bytes of the answer.
    pub body: usize,
}

/// The way to services that the operator wrote into the configuration.
pub trait PostJson: Send + Sync + 'static {
    /// Posts `body` to `url`, and gives the body of a 200.
    fn post_json<'a>(
        &'a self,
        url: &'a Url,
        authorization: Option<&'a HeaderValue>,
        body: Bytes,
        limits: PostLimits,
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
        let builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")));
        Ok(Self(builder.build()?))
    }

    async fn post(
        &self,
        url: &Url,
        authorization: Option<&HeaderValue>,
        body: Bytes,
        limits: PostLimits,
    ) -> Result<Bytes, FetchError> {
        check(url, true)?;
        let json = HeaderValue::from_static("application/json");
        let request = self.0.post(url.clone()).timeout(limits.total).header(CONTENT_TYPE, json).body(body);
        let request =
            authorization.into_iter().fold(request, |request, value| request.header(AUTHORIZATION, value));
        let mut response = request.send().await.map_err(|error| failed(&error, FetchError::Connect))?;
        if response.status() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error, FetchError::Body))? {
            if body.len() + chunk.len() > limits.body {
                return Err(FetchError::TooLarge(limits.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

impl PostJson for JsonPoster {
    fn post_json<'a>(
        &'a self,
        url: &'a Url,
        authorization: Option<&'a HeaderValue>,
        body: Bytes,
        limits: PostLimits,
    ) -> Pin<Box<dyn Future<Output = Result<Bytes, FetchError>> + Send + 'a>> {
        Box::pin(self.post(url, authorization, body, limits))
    }
}

fn failed(error: &reqwest::Error, otherwise: FetchError) -> FetchError {
    if error.is_timeout() { FetchError::Timeout } else { otherwise }
}
