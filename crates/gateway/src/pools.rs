//! Connections to one upstream, kept and used again, each for the one caller whose requests it has carried.
//!
//! HTTP/1.1 tells answers apart by their order alone. Where an upstream says more than it was asked, by mistake or because
//! a caller made it, the rest is the next request's answer; it may leave the upstream only when that request arrives, so
//! that nothing here could see it before. Among the requests of one caller it is a wrong answer. It is never another's.
//! Over HTTP/2 every frame says whose it is, but an upstream takes only so many calls on a connection: who fills it waits
//! alone.

use crate::upstream::UpstreamLimits;
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Builder, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use portcullis_resource_server::AccessToken;
use quick_cache::{Equivalent, sync::Cache};
use std::{io, time::Duration};

/// What is taken from an upstream at a time, and so what a client that stops reading makes us hold; hyper's own default is
/// six times as much. A response's head must fit too.
const PIECE_BYTES: usize = 64 * 1024;
/// What of an answer over HTTP/2 the upstream may send before somebody reads it. (The protocol's own default; hyper's is
/// 2 MiB.)
const STREAM_WINDOW: u32 = 64 * 1024;
/// And of all answers on a connection: so many of a caller's readers must stop before they hold back its next one.
const CONNECTION_WINDOW: u32 = 256 * STREAM_WINDOW;
/// How long a connection is kept without a request: less than servers commonly keep one.
const IDLE: Duration = Duration::from_secs(60);
/// For how many callers connections are kept: with one idle connection each, some twenty MiB. The next one's take
/// the place of those who called least; requests that are under way stay.
const CALLERS: usize = 512;

/// What is spoken to the upstream, and who shares a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpstreamConnections {
    /// HTTP/1.1; nobody shares.
    #[default]
    Http1,
    /// HTTP/2, also without TLS; nobody shares.
    Http2,
    /// HTTP/1.1; all share, and an upstream that says more than it was asked says it to the next.
    DangerouslyShared,
}

/// A client with a pool of connections.
pub(crate) type Pool = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The pools of one upstream.
pub(crate) enum Pools {
    Shared(Pool),
    PerCaller { builder: Builder, connector: HttpsConnector<HttpConnector>, of_callers: Cache<Caller, Pool> },
}

impl Pools {
    pub(crate) fn new(limits: &UpstreamLimits, connections: UpstreamConnections) -> io::Result<Self> {
        let connector = connector(limits, connections)?;
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(PIECE_BYTES)
            .http2_only(connections == UpstreamConnections::Http2)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(Duration::from_secs(30));
        Ok(match connections {
            UpstreamConnections::Http1 | UpstreamConnections::Http2 => {
                Self::PerCaller { builder, connector, of_callers: Cache::new(CALLERS) }
            }
            UpstreamConnections::DangerouslyShared => Self::Shared(builder.build(connector)),
        })
    }

    /// The pool of this caller.
    pub(crate) fn of(&self, token: &AccessToken) -> Pool {
        let (builder, connector, of_callers) = match self {
            Self::Shared(pool) => return pool.clone(),
            Self::PerCaller { builder, connector, of_callers } => (builder, connector, of_callers),
        };
        let caller = BorrowedCaller(token.issuer_name(), token.subject(), token.client_id());
        if let Some(pool) = of_callers.get(&caller) {
            return pool;
        }
        // Two first requests at once may make two; one of them is kept.
        let pool: Pool = builder.build(connector.clone());
        of_callers.insert(caller.into_owned(), pool.clone());
        pool
    }
}

fn connector(
    limits: &UpstreamLimits,
    connections: UpstreamConnections,
) -> io::Result<HttpsConnector<HttpConnector>> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(limits.connect));
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let connector =
        HttpsConnectorBuilder::new().with_provider_and_platform_verifier(provider)?.https_or_http();
    // TLS offers the one that was chosen, so that none is spoken by accident.
    Ok(match connections {
        UpstreamConnections::Http2 => connector.enable_http2().wrap_connector(http),
        UpstreamConnections::Http1 | UpstreamConnections::DangerouslyShared => {
            connector.enable_http1().wrap_connector(http)
        }
    })
}

/// Issuer, subject, client: whom a session is bound to as well.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Caller(Box<str>, Box<str>, Option<Box<str>>);

/// The same, to look it up; hashed alike.
#[derive(Hash)]
struct BorrowedCaller<'a>(&'a str, &'a str, Option<&'a str>);

impl BorrowedCaller<'_> {
    fn into_owned(self) -> Caller {
        Caller(self.0.into(), self.1.into(), self.2.map(Into::into))
    }
}

impl Equivalent<Caller> for BorrowedCaller<'_> {
    fn equivalent(&self, caller: &Caller) -> bool {
        *self.0 == *caller.0 && *self.1 == *caller.1 && self.2 == caller.2.as_deref()
    }
}
