//! The MCP server behind the gateway. It is reached with an [`Admitted`] only, in the request's own task, so that a
//! client that leaves drops the call (TM-12); bodies pass as they come.

use crate::{
    drain::{Drain, EndsOnDrain},
    headers::{self, IdentityHeaders},
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version, header};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use portcullis_mcp::{code, error_body};
use portcullis_resource_server::{Admitted, Permit};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower_service::Service;
use url::Url;

/// What is taken from an upstream at a time, and so what a client that stops reading makes us hold; hyper's own default is
/// six times as much. A response's head must fit too.
const PIECE_BYTES: usize = 64 * 1024;
/// What of an answer over HTTP/2 the upstream may send before somebody reads it. (The protocol's own default; hyper's is
/// 2 MiB.)
const STREAM_WINDOW: u32 = 64 * 1024;
/// And of all answers on a connection: so many readers must stop before they hold back the next one.
const CONNECTION_WINDOW: u32 = 256 * STREAM_WINDOW;

/// How long the upstream may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// Until connected: 5 s, for a server in the same network.
    pub connect: Duration,
    /// Until the first header. In 2026-07-28 none comes before the tool's first word, so this bounds how long a tool may
    /// think: 10 minutes.
    pub headers: Duration,
}

impl Default for UpstreamLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), headers: Duration::from_secs(600) }
    }
}

/// What comes back: the upstream's own body, or a few words of ours in its place.
pub(crate) type UpstreamBody = Either<Full<Bytes>, Either<Incoming, EndsOnDrain<Incoming>>>;

/// A pooled way to one MCP server.
#[derive(Clone)]
pub struct Upstream(Arc<Way>);

struct Way {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Url,
    /// The same without a query, as most requests have it.
    uri: Uri,
    identity: IdentityHeaders,
    limits: UpstreamLimits,
    drain: Drain,
}

/// The machine's trust store cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("TLS to upstreams could not be set up: {0}")]
pub struct UpstreamSetupError(#[from] std::io::Error);

impl Upstream {
    /// A way to `url`, which the operator wrote. With `http2`, by that alone; else by what TLS negotiates, or HTTP/1.1.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(
        url: Url,
        identity: IdentityHeaders,
        limits: UpstreamLimits,
        http2: bool,
        drain: Drain,
    ) -> Result<Self, UpstreamSetupError> {
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
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .http1_max_buf_size(PIECE_BYTES)
            .http2_only(http2)
            .timer(TokioTimer::new())
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(Duration::from_secs(30))
            .build(connector);
        Ok(Self(Arc::new(Way { client, uri: uri(&url, None), url, identity, limits, drain })))
    }

    /// The path of the server's endpoint.
    pub(crate) fn path(&self) -> &str {
        self.0.url.path()
    }
}

impl Way {
    async fn forward(&self, admitted: Admitted) -> Response<UpstreamBody> {
        let (permit, request) = admitted.into_parts();
        let request = self.request(&permit, request);
        let answer = match tokio::time::timeout(self.limits.headers, self.client.request(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::warn!(target: "portcullis::upstream", upstream = %self.url, %error, "the upstream could not be reached");
                return failed(&permit, StatusCode::BAD_GATEWAY, "the MCP server cannot be reached");
            }
            Err(_) => {
                tracing::warn!(target: "portcullis::upstream", upstream = %self.url, "the upstream did not answer in time");
                return failed(&permit, StatusCode::GATEWAY_TIMEOUT, "the MCP server did not answer in time");
            }
        };
        self.answer(&permit, answer)
    }

    /// The authorized bytes, to the configured place, with the headers an MCP server needs.
    fn request(&self, permit: &Permit, request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
        let (mut head, body) = request.into_parts();
        headers::upwards(&mut head.headers, &self.identity, permit.token());
        head.version = Version::HTTP_11;
        head.extensions.clear();
        head.uri = match head.uri.query() {
            None => self.uri.clone(),
            Some(query) => uri(&self.url, Some(query)),
        };
        Request::from_parts(head, body)
    }

    /// An upstream's 401 is its own affair: a client that saw it would throw away a good session. A redirect would lead
    /// the client past the gateway.
    fn answer(&self, permit: &Permit, mut answer: Response<Incoming>) -> Response<UpstreamBody> {
        let status = answer.status();
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            tracing::error!(target: "portcullis::upstream", upstream = %self.url, %status, "the upstream itself asks for credentials");
            return failed(permit, StatusCode::BAD_GATEWAY, "the MCP server refused the gateway");
        }
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            tracing::error!(target: "portcullis::upstream", upstream = %self.url, %status, "the upstream redirects; configure the URL it redirects to");
            return failed(
                permit,
                StatusCode::BAD_GATEWAY,
                "the MCP server is configured with the wrong address",
            );
        }
        if status.is_informational() {
            tracing::error!(target: "portcullis::upstream", upstream = %self.url, %status, "the upstream switches to another protocol");
            return failed(permit, StatusCode::BAD_GATEWAY, "the MCP server does not speak MCP over HTTP");
        }
        headers::downwards(answer.headers_mut());
        *answer.version_mut() = Version::default();
        answer.map(|body| {
            Either::Right(if permit.is_open_ended() {
                Either::Right(self.drain.ends(body))
            } else {
                Either::Left(body)
            })
        })
    }
}

impl Service<Admitted> for Upstream {
    type Response = Response<UpstreamBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(())) // the pool opens connections as needed
    }

    fn call(&mut self, admitted: Admitted) -> Self::Future {
        let way = self.0.clone();
        Box::pin(async move { Ok(way.forward(admitted).await) })
    }
}

fn uri(url: &Url, query: Option<&str>) -> Uri {
    let mut url = url.clone();
    url.set_query(query);
    url.as_str().parse().unwrap_or_else(|_| Uri::from_static("/"))
}

fn failed(permit: &Permit, status: StatusCode, message: &str) -> Response<UpstreamBody> {
    let id = if let [operation] = permit.operations() { operation.id() } else { None };
    let body = Bytes::from(error_body(id, code::INTERNAL_ERROR, message, None));
    let mut response = Response::new(Either::Left(Full::new(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
