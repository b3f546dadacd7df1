//! Connections to one upstream, kept and used again, each for the one caller whose requests it has carried.
//!
//! HTTP/1.1 tells answers apart by their order alone. Where an upstream says more than it was asked, by mistake or because
//! a caller made it, the rest is the next request's answer; it may leave the upstream only when that request arrives, so
//! that nothing here could see it before. Among the requests of one caller it is a wrong answer. It is never another's.

use crate::upstream::UpstreamLimits;
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Builder, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use portcullis_resource_server::AccessToken;
use quick_cache::sync::Cache;
use std::{io, time::Duration};

/// What is taken from an upstream at a time, and so what a client that stops reading makes us hold; hyper's own default is
/// six times as much. A response's head must fit too.
const PIECE_BYTES: usize = 64 * 1024;
/// How long a connection is kept without a request: less than servers commonly keep one.
const IDLE: Duration = Duration::from_secs(60);
/// For how many callers connections are kept: with one idle connection each, some twenty MiB. The next one's take
/// the place of those who called least; requests that are under way stay.
const CALLERS: usize = 512;

/// A client with a pool of connections.
pub(crate) type Pool = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The pools of those who called lately.
pub(crate) struct Pools {
    builder: Builder,
    connector: HttpsConnector<HttpConnector>,
    of_callers: Cache<Caller, Pool>,
}

/// Issuer, subject, client: whom a session is bound to as well.
type Caller = (Box<str>, Box<str>, Option<Box<str>>);

impl Pools {
    pub(crate) fn new(limits: &UpstreamLimits) -> io::Result<Self> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(limits.connect));
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(provider)?
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(http);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).http1_max_buf_size(PIECE_BYTES);
        Ok(Self { builder, connector, of_callers: Cache::new(CALLERS) })
    }

    /// The pool of this caller.
    pub(crate) fn of(&self, token: &AccessToken) -> Pool {
        let caller = (token.issuer_name().into(), token.subject().into(), token.client_id().map(Into::into));
        if let Some(pool) = self.of_callers.get(&caller) {
            return pool;
        }
        // Two first requests at once may make two; one of them is kept.
        let pool: Pool = self.builder.build(self.connector.clone());
        self.of_callers.insert(caller, pool.clone());
        pool
    }
}
