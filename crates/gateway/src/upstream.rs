//! The MCP server behind the gateway. It is reached with an [`Admitted`] only, in the request's own task, so that a
//! client that leaves drops the call (TM-12); bodies pass as they come.

use crate::{
    drain::{Drain, EndsOnDrain},
    forwarding::{Forwarding, Told, UntoldError},
    headers,
    metrics::{Raised, ResourceMetrics},
    pools::{Pools, UpstreamConnections},
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use portcullis::parts::Farewell;
use portcullis_mcp::{code, error_body};
use portcullis_oauth::Clock;
use portcullis_resource_server::{Admitted, ClientToken, Permit, PublishedKey};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, timeout};
use tower_service::Service;
use url::Url;

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
pub(crate) type UpstreamBody = Either<Full<Bytes>, Either<WithoutTrailers, EndsOnDrain<WithoutTrailers>>>;

/// A pooled way to one MCP server.
#[derive(Clone)]
pub struct Upstream(Arc<Way>);

struct Way {
    pools: Pools,
    url: Url,
    /// The same without a query, as most requests have it.
    uri: Uri,
    told: Told,
    limits: UpstreamLimits,
    drain: Drain,
    metrics: Arc<ResourceMetrics>,
}

/// The machine's trust store cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("TLS to upstreams could not be set up: {0}")]
pub struct UpstreamSetupError(#[from] std::io::Error);

impl Upstream {
    /// A way to `url`, which the operator wrote.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(
        url: Url,
        forwarding: Forwarding,
        limits: UpstreamLimits,
        connections: UpstreamConnections,
        drain: Drain,
        clock: Arc<dyn Clock>,
        metrics: Arc<ResourceMetrics>,
    ) -> Result<Self, UpstreamSetupError> {
        let pools = Pools::new(&limits, connections)?;
        let told = Told::new(forwarding, clock);
        Ok(Self(Arc::new(Way { pools, uri: uri(&url, None), url, told, limits, drain, metrics })))
    }

    /// Where its answers are counted.
    pub(crate) fn metrics(&self) -> &Arc<ResourceMetrics> {
        &self.0.metrics
    }

    /// The path of the server's endpoint.
    pub(crate) fn path(&self) -> &str {
        self.0.url.path()
    }

    /// The keys that its identity tokens are verified with.
    pub(crate) fn published_keys(&self) -> &[PublishedKey] {
        self.0.told.published()
    }
}

impl Way {
    async fn forward(&self, mut admitted: Admitted) -> Response<UpstreamBody> {
        let client_token = admitted.take_client_token();
        let (permit, request) = admitted.into_parts();
        let request = match self.request(&permit, request, client_token) {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(target: "portcullis::upstream", upstream = %self.url, %error, "the upstream cannot be told who calls");
                let message = "the MCP server cannot be told who calls";
                return failed(&permit, StatusCode::INTERNAL_SERVER_ERROR, message);
            }
        };
        let pool = self.pools.of(permit.token());
        let began = Instant::now();
        let answer = timeout(self.limits.headers, pool.request(request)).await;
        self.metrics.upstream.add(began.elapsed());
        let answer = match answer {
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

    /// The authorized bytes, to the configured place, with the headers an MCP server needs, and what it is told by choice.
    fn request(
        &self,
        permit: &Permit,
        request: Request<Full<Bytes>>,
        client_token: Option<ClientToken>,
    ) -> Result<Request<Full<Bytes>>, UntoldError> {
        let (mut head, body) = request.into_parts();
        headers::upwards(&mut head.headers, &self.told, permit.token(), client_token)?;
        head.version = Version::HTTP_11;
        head.extensions.clear();
        head.uri = match head.uri.query() {
            None => self.uri.clone(),
            Some(query) => uri(&self.url, Some(query)),
        };
        Ok(Request::from_parts(head, body))
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
        let farewell = Farewell::of(permit, &answer);
        answer.map(|body| {
            Either::Right(if permit.is_open_ended() {
                let counted = Some(self.metrics.streams.raise());
                let body = WithoutTrailers { body, _counted: counted };
                Either::Right(self.drain.ends(body).with_farewell(farewell))
            } else {
                Either::Left(WithoutTrailers { body, _counted: None })
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

/// A body that ends before its trailers. They are headers that come late, past the list of those that may cross; MCP has
/// none.
#[allow(unreachable_pub, reason = "a public service answers with it")]
pub struct WithoutTrailers {
    body: Incoming,
    /// Among the open streams, if it is one.
    _counted: Option<Raised>,
}

impl Body for WithoutTrailers {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body)
            .poll_frame(cx)
            .map(|frame| frame.filter(|it| !matches!(it, Ok(it) if it.is_trailers())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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
