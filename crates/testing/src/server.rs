//! Any router, served on a loopback port of its own, gone with all its connections when dropped.

use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
use tower_service::Service as _;

/// A server that lives as long as this value.
#[derive(Debug)]
pub struct LoopbackServer {
    /// Where it listens: 127.0.0.1, and a port nobody chose.
    pub addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl LoopbackServer {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// How many connections were made to it: zero, if nobody dialled.
    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

impl Drop for LoopbackServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Put into the extensions of a response, breaks the connection in place of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BreakConnection;

/// Serves `router` until the returned value is dropped.
pub async fn serve(router: Router) -> LoopbackServer {
    serve_at(|_| router).await
}

/// As [`serve`], for a router that must know its own URL.
pub async fn serve_at(router: impl FnOnce(&str) -> Router) -> LoopbackServer {
    let port = LoopbackPort::bind().await;
    let router = router(&port.url());
    port.serve(router)
}

/// A port that nobody answers yet: for servers that must know each other's URLs.
#[derive(Debug)]
pub struct LoopbackPort(TcpListener);

impl LoopbackPort {
    /// On 127.0.0.1; whoever dials it waits.
    pub async fn bind() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port"))
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// Serves `router` until the returned value is dropped.
    pub fn serve(self, router: Router) -> LoopbackServer {
        let (addr, connections) = (self.addr(), Arc::new(AtomicUsize::new(0)));
        let accepting = tokio::spawn(accept(self.0, router, connections.clone()));
        LoopbackServer { addr, connections, accepting }
    }

    fn addr(&self) -> SocketAddr {
        self.0.local_addr().expect("it is bound")
    }
}

async fn accept(listener: TcpListener, router: Router, connections: Arc<AtomicUsize>) {
    // Dropped with this task, and the connections with it.
    let mut open = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, SeqCst);
        let router = router.clone();
        open.spawn(async move {
            let service =
                service_fn(move |request: hyper::Request<_>| answer(router.clone(), request.map(Body::new)));
            // It ends in an error when the client leaves, or when a test asked for that.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        while open.try_join_next().is_some() {}
    }
}

async fn answer(mut router: Router, request: Request) -> Result<Response, &'static str> {
    let response = router.call(request).await.unwrap_or_else(|never: Infallible| match never {});
    if response.extensions().get::<BreakConnection>().is_some() {
        return Err("a test asked for it");
    }
    Ok(response)
}
