//! A fixed number of requests over connections that stay open.

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, task::JoinSet};

const CONNECTIONS: usize = 16;

/// Makes the request of a number.
pub type Make = Arc<dyn Fn(usize) -> Request<Full<Bytes>> + Send + Sync>;

/// How it went.
pub struct Run {
    /// All of it.
    pub time: Duration,
    /// Each request, in order of size.
    pub latencies: Vec<Duration>,
}

/// Sends requests `0..count`; each must be answered with `expected`.
pub async fn run(to: SocketAddr, make: Make, count: usize, expected: StatusCode) -> anyhow::Result<Run> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut connections = JoinSet::new();
    let start = Instant::now();
    for _ in 0..CONNECTIONS {
        let (make, next) = (make.clone(), next.clone());
        connections.spawn(async move {
            let mut sender = connect(to).await?;
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= count {
                    return anyhow::Ok(latencies);
                }
                let request = make(number);
                let begin = Instant::now();
                sender.ready().await?;
                let answer = sender.send_request(request).await?;
                let status = answer.status();
                let body = answer.into_body().collect().await.context("the answer broke off")?.to_bytes();
                latencies.push(begin.elapsed());
                ensure!(status == expected, "{status}: {}", String::from_utf8_lossy(&body));
            }
        });
    }
    let mut latencies = Vec::with_capacity(count);
    while let Some(done) = connections.join_next().await {
        latencies.extend(done??);
    }
    latencies.sort_unstable();
    Ok(Run { time: start.elapsed(), latencies })
}

/// What one request is answered with.
pub async fn once(to: SocketAddr, request: Request<Full<Bytes>>) -> anyhow::Result<Bytes> {
    Ok(connect(to).await?.send_request(request).await?.into_body().collect().await?.to_bytes())
}

async fn connect(to: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
