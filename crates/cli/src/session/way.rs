//! The way to an authorization server, for rmcp's client: our own door out, with its rules on addresses, sizes and times. No
//! redirect is followed and no proxy asked.

use bytes::Bytes;
use portcullis_fetch::{Ask as _, Asker, End, FetchError, Limits, Question, Trust};
use portcullis_oauth::is_loopback;
use rmcp::transport::auth::{OAuthHttpClient, OAuthHttpClientFuture, OAuthHttpRequest};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use url::Url;

/// Some providers take their time over a code.
const TOTAL: Duration = Duration::from_secs(30);

pub(super) struct Way {
    ask: Asker,
    trust: Trust,
    /// Why the last request had no answer: what rmcp makes of it does not say.
    failed: Mutex<Option<(Url, FetchError)>>,
}

impl Way {
    /// On behalf of this server: what it names shares its origin, or is public, unless private addresses are allowed. Where the
    /// server is on this machine, so may everything else be.
    pub(super) fn new(server: &Url, allow_private: bool) -> anyhow::Result<Self> {
        let trust = match allow_private || is_loopback(server) {
            true => Trust::Configured,
            false => Trust::Learned { from: server.clone() },
        };
        let ask = Asker::new(Limits { total: TOTAL, ..Limits::default() })?;
        Ok(Self { ask, trust, failed: Mutex::default() })
    }

    /// Where the last request went, and why nothing came of it.
    pub(super) fn failed(&self) -> Option<(Url, FetchError)> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn execute(&self, request: OAuthHttpRequest) -> Result<http::Response<Vec<u8>>, FetchError> {
        let request = request.request.map(Bytes::from);
        let url: Option<Url> = request.uri().to_string().parse().ok();
        let answer = self.ask.ask(Question { request, trust: self.trust.clone() }).await;
        let answer = answer.and_then(|answer| match answer.end {
            End::Whole | End::StillOpen => Ok(answer),
            End::TooLong => Err(FetchError::TooLarge(Limits::default().body)),
            End::Broken => Err(FetchError::Body),
        });
        let failure = answer.as_ref().err().cloned();
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = url.zip(failure);
        let answer = answer?;
        let mut response = http::Response::new(answer.body.to_vec());
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

impl OAuthHttpClient for Way {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(async move { Ok(self.execute(request).await?) })
    }
}
