//! [`Fetch`] over HTTP: no redirect, no proxy, no cookie; bounded in size and time.

use crate::{
    Fetch, FetchError, Fetched, Form, Trust,
    cache_control::max_age,
    public_only::{NoPublicAddress, PublicOnly},
    rule::check,
};
use bytes::BytesMut;
use reqwest::{
    Client, Method, RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE},
    redirect::Policy,
};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use url::Url;

/// What a fetch may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until connected: 3 s.
    pub connect: Duration,
    /// Until the last byte: 10 s.
    pub total: Duration,
    /// 256 KiB: the largest provider's key set is a tenth of it.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), total: Duration::from_secs(10), body: 256 * 1024 }
    }
}

/// The fetcher of the product.
pub struct HttpFetcher {
    limits: Limits,
    anywhere: Client,
    /// With connections of its own: one that the other client opened to a private address is not found here.
    public_only: Client,
}

/// The TLS stack could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the TLS client could not be set up: {0}")]
pub struct SetupError(#[from] reqwest::Error);

impl HttpFetcher {
    /// A fetcher with the default limits.
    ///
    /// # Errors
    /// The machine has no usable trust store.
    pub fn new() -> Result<Self, SetupError> {
        Self::with_limits(Limits::default())
    }

    /// A fetcher with other limits.
    ///
    /// It needs no process-wide cryptography provider: one that the program installed is used, else aws-lc-rs.
    ///
    /// # Errors
    /// As [`HttpFetcher::new`].
    pub fn with_limits(limits: Limits) -> Result<Self, SetupError> {
        let builder = || {
            Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(limits.connect)
                .timeout(limits.total)
                .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            limits,
            anywhere: builder().build()?,
            public_only: builder().dns_resolver(Arc::new(PublicOnly)).build()?,
        })
    }

    async fn fetch(&self, url: Url, trust: Trust, form: Option<Form>) -> Result<Fetched, FetchError> {
        let trusted = match &trust {
            Trust::Configured => true,
            Trust::Learned { from } => from.origin() == url.origin(),
        };
        check(&url, trusted)?;
        let client = if trusted { &self.anywhere } else { &self.public_only };
        let request = match &form {
            None => client.get(url),
            Some(form) => posted(client.request(Method::POST, url), form),
        };
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        if response.status() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let max_age = max_age(response.headers());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_body(&error))? {
            if body.len() + chunk.len() > self.limits.body {
                return Err(FetchError::TooLarge(self.limits.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { body: body.freeze(), max_age })
    }
}

impl Fetch for HttpFetcher {
    fn get(
        &self,
        url: Url,
        trust: Trust,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>> {
        Box::pin(self.fetch(url, trust, None))
    }

    fn post(
        &self,
        url: Url,
        trust: Trust,
        form: Form,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>> {
        Box::pin(self.fetch(url, trust, Some(form)))
    }
}

fn posted(request: RequestBuilder, form: &Form) -> RequestBuilder {
    let request = request
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(form.body());
    match form.basic() {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    }
}

fn no_answer(error: &reqwest::Error) -> FetchError {
    if NoPublicAddress::is_behind(error) {
        FetchError::Refused("a learned URL may not lead to a private address")
    } else if error.is_timeout() {
        FetchError::Timeout
    } else {
        FetchError::Connect
    }
}

fn no_body(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() { FetchError::Timeout } else { FetchError::Body }
}
