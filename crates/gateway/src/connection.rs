//! One client's connection, over HTTP/1.1 or HTTP/2 as it begins, and when it has cost enough: a client that says
//! nothing, drips, falls silent, or stops reading gives its place back.

use crate::{
    answers::Answers,
    calls::{Call, Calls, Going},
    drain::Drain,
    serve::ServeLimits,
};
use http::{HeaderValue, Version, header::CONNECTION};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{convert::Infallible, net::IpAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, sleep, sleep_until},
};
use tokio_io_timeout::TimeoutStream;

/// What waits for the socket of an HTTP/2 client, for each of its streams: as much as for an HTTP/1.1 client.
const SEND_BYTES: usize = 64 * 1024;

/// How long a connection is new: its client may have sent its first request, over a line as long as they come, without our
/// having it. As long it is not closed for the process's sake.
const NEWCOMER: Duration = Duration::from_secs(1);

/// What every connection needs.
pub(crate) struct Connections<A> {
    http: auto::Builder<TokioExecutor>,
    answers: A,
    limits: ServeLimits,
    drain: Drain,
}

impl<A: Answers> Connections<A> {
    pub(crate) fn new(answers: A, limits: ServeLimits, drain: Drain) -> Self {
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
        Self { http, answers, limits, drain }
    }

    /// Serves one connection until it ends, or has to.
    pub(crate) async fn attend<S>(&self, stream: S, peer: Option<IpAddr>)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let _counted = self.answers.traffic().connections.raise();
        let calls = Arc::new(Calls::default());
        let service = service_fn(|request| {
            let counted = self.answers.traffic().requests.raise();
            let (answers, drain) = (self.answers.clone(), self.drain.clone());
            let call = Call::begin(&calls, counted);
            let is_http_1 = request.version() < Version::HTTP_2;
            async move {
                let mut answer = answers.answer(request, peer).await;
                // Told now, the client sends its next request elsewhere, rather than here while we hang up (RFC 9112
                // §9.6). HTTP/2 has GOAWAY for that.
                if is_http_1 && drain.has_begun() {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer.map(|body| call.answered(body)))
            }
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write_time));
        let stream = Box::pin(stream);
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), service));
        let accepted = Instant::now();
        let (mut is_closing, mut is_leaving) = (false, false);
        let (mut still, mut seen) = (Duration::ZERO, 0);
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
                    if calls.has_begun() {
                        connection.as_mut().graceful_shutdown();
                    } else {
                        look.set(sleep_until(accepted + NEWCOMER));
                    }
                }
                () = look.as_mut() => {
                    if !calls.has_begun() {
                        return;
                    }
                    let (going, steps) = calls.look();
                    still = if steps == seen { still + self.limits.period() } else { Duration::ZERO };
                    seen = steps;
                    match going {
                        Going::Nothing if is_leaving => return,
                        Going::Nothing if still >= self.limits.quiet() => is_leaving = true,
                        Going::ForTheClient if still >= self.limits.write_time => return,
                        Going::Nothing | Going::ForTheClient | Going::ForUs => {}
                    }
                    if is_closing || is_leaving {
                        // A client of HTTP/2 is told which of its calls were read (RFC 9113 §6.8).
                        connection.as_mut().graceful_shutdown();
                    }
                    look.set(sleep(if is_leaving { self.limits.header_time } else { self.limits.period() }));
                }
            }
        }
    }
}
