//! Listening, and the way out: no new connections, streams ended, calls in flight finished, then a last word.

use crate::{drain::Drain, gateway::Gateway};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};

/// What waits for the socket of an HTTP/2 client, for each of its streams: as much as for an HTTP/1.1 client.
const SEND_BYTES: usize = 64 * 1024;

/// What a connection may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServeLimits {
    /// Connections at once: 10,000; more wait in the operating system's queue.
    pub connections: usize,
    /// Until a request's headers are complete: 10 s, against clients that drip them.
    pub header_time: Duration,
    /// All headers of a request together: 64 KiB, four times the longest token.
    pub header_bytes: usize,
    /// How long calls in flight may go on once draining began: 30 s.
    pub drain: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_time: Duration::from_secs(10),
            header_bytes: 64 * 1024,
            drain: Duration::from_secs(30),
        }
    }
}

/// Serves `gateway` on every listener until `drain` begins and the calls in flight are done.
pub async fn serve(gateway: Gateway, listeners: Vec<TcpListener>, limits: ServeLimits, drain: Drain) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(limits.header_bytes)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(200)
        .max_send_buf_size(SEND_BYTES)
        .keep_alive_interval(Duration::from_secs(30));
    let (http, room) = (Arc::new(http), Arc::new(Semaphore::new(limits.connections)));
    let mut accepting = tokio::task::JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(
            listener,
            gateway.clone(),
            http.clone(),
            room.clone(),
            drain.clone(),
            limits.drain,
        ));
    }
    while accepting.join_next().await.is_some() {}
}

async fn accept(
    listener: TcpListener,
    gateway: Gateway,
    http: Arc<auto::Builder<TokioExecutor>>,
    room: Arc<Semaphore>,
    drain: Drain,
    patience: Duration,
) {
    let graceful = GracefulShutdown::new();
    loop {
        // A full house must not keep the drain from beginning: connections are told to end only after this loop.
        let next = async {
            let place = room.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = drain.begun() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(target: "portcullis::serve", %error, "a connection could not be accepted");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let gateway = gateway.clone();
        let service = service_fn(move |request| {
            let gateway = gateway.clone();
            async move { Ok::<_, Infallible>(gateway.call(request).await) }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(target: "portcullis::serve", %error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
        tracing::warn!(target: "portcullis::serve", "calls were still in flight when the drain time was over");
    }
}
