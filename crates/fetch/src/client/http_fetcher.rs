//! [`Fetch`] over HTTP: by the one road out ([`exchange`]), bounded in size and time.

use super::{
    cache_control::max_age,
    exchange::{self, SetupError, exchange},
    public_only::PublicOnly,
};
use crate::{Fetch, FetchError, Fetched, Form, Trust};
use reqwest::{
    Client, RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE},
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
        let builder = || exchange::client().connect_timeout(limits.connect).timeout(limits.total);
        Ok(Self {
            limits,
            anywhere: builder().build().map_err(SetupError)?,
            public_only: builder().dns_resolver(Arc::new(PublicOnly)).build().map_err(SetupError)?,
        })
    }

    async fn fetch(&self, url: Url, trust: Trust, form: Option<Form>) -> Result<Fetched, FetchError> {
        trust.check(&url)?;
        let client = if trust.allows_private(&url) { &self.anywhere } else { &self.public_only };
        let request = match &form {
            None => client.get(url),
            Some(form) => posted(client.post(url), form),
        };
        let (headers, body) = exchange(request, self.limits.body).await?;
        Ok(Fetched { body, max_age: max_age(&headers) })
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
        .body(form.body().to_owned());
    match form.basic() {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    }
}
