//! One client's connection, over HTTP/1.1 or HTTP/2 as it begins, and when it has cost enough: a client that says
//! nothing, drips, falls silent, or stops reading gives its place back.

use crate::{body::GatewayBody, drain::Drain, gateway::Gateway, serve::ServeLimits};
use bytes::Bytes;
use http::{HeaderValue, Version, header::CONNECTION};
use http_body::{Body, Frame, SizeHint};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpStream, time::sleep};
use tokio_io_timeout::TimeoutStream;

/// What waits for the socket of an HTTP/2 client, for each of its streams: as much as for an HTTP/1.1 client.
const SEND_BYTES: usize = 64 * 1024;

/// What every connection needs.
pub(crate) struct Connections {
    http: auto::Builder<TokioExecutor>,
    gateway: Gateway,
    limits: ServeLimits,
    drain: Drain,
}

impl Connections {
    pub(crate) fn new(gateway: Gateway, limits: ServeLimits, drain: Drain) -> Self {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1()
            // Heads that drip are cut here, by `attend`, whichever the protocol.
            .header_read_timeout(None)
            .max_buf_size(limits.header_bytes)
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .max_concurrent_streams(limits.streams)
            .max_send_buf_size(SEND_BYTES)
            .keep_alive_interval(Duration::from_secs(30));
        Self { http, gateway, limits, drain }
    }

    /// Serves one connection until it ends, or has to.
    pub(crate) async fn attend(&self, stream: TcpStream) {
        let calls = Arc::new(Calls::default());
        let service = service_fn(|request| {
            let (gateway, drain, call) = (self.gateway.clone(), self.drain.clone(), Call::begin(&calls));
            let is_http_1 = request.version() < Version::HTTP_2;
            async move {
                let mut answer = gateway.call(request).await;
                // Told now, the client sends its next request elsewhere, rather than here while we hang up (RFC 9112
                // §9.6). HTTP/2 has GOAWAY for that.
                if is_http_1 && drain.has_begun() {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer.map(|body| Counted { body, _call: call }))
            }
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write_time));
        let stream = Box::pin(stream);
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), service));
        let (mut is_closing, mut ended) = (false, 0);
        let mut look = pin!(sleep(self.limits.header_time));
        loop {
            tokio::select! {
                biased;
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(target: "portcullis::serve", %error, "a connection ended early");
                    }
                    return;
                }
                () = self.drain.closed(), if !is_closing => {
                    is_closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = look.as_mut() => {
                    if calls.none_since(ended) {
                        return;
                    }
                    ended = calls.ended.load(SeqCst);
                    look.set(sleep(self.limits.idle));
                }
            }
        }
    }
}

/// The calls of one connection: how many began, and how many of them ended.
#[derive(Default)]
struct Calls {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Calls {
    /// Whether nothing goes on and nothing ended after the first `seen`. A call that has just ended keeps the connection:
    /// the client may send its next one now, and the last of the answer may still wait for the socket.
    fn none_since(&self, seen: usize) -> bool {
        // In this order: what ends in between has begun, and is seen as going on.
        let ended = self.ended.load(SeqCst);
        ended == seen && self.begun.load(SeqCst) == ended
    }
}

/// A call that goes on until its answer's last byte is handed over.
struct Call {
    of: Arc<Calls>,
}

impl Call {
    fn begin(calls: &Arc<Calls>) -> Self {
        calls.begun.fetch_add(1, SeqCst);
        Self { of: calls.clone() }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.of.ended.fetch_add(1, SeqCst);
    }
}

/// The body of an answer, with the call it belongs to.
struct Counted {
    body: GatewayBody,
    _call: Call,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = <GatewayBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
