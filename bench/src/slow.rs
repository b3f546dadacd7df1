//! Clients that ask for an endless stream and stop reading: what each costs the gateway, and whether its upstream is held
//! back.

use crate::{
    clients::{Protocol, Sender, Target, ask},
    machine,
    peers::Peer,
};
use anyhow::Context as _;
use http_body_util::BodyExt as _;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

/// The ids of their calls begin here.
const FIRST: usize = 1_000_000;

/// How a client does not read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It leaves the bytes of its HTTP/1.1 connection in the socket.
    Http1,
    /// It gives its HTTP/2 stream no more window, and serves the connection otherwise.
    Window,
    /// It gives its HTTP/2 stream all the window there is, and leaves the bytes in the socket.
    Socket,
}

/// What came of the readers of one kind.
pub struct Slow {
    /// How they do not read.
    pub name: &'static str,
    /// How many they were.
    pub readers: usize,
    /// MiB of the gateway's memory that each took.
    pub memory: f64,
    /// MiB that the upstream could pour for each, once they had stood still for a while.
    pub poured: f64,
    /// The same, at the end of the run.
    pub poured_in_the_end: f64,
}

/// Lets readers of each kind come one kind after the other during the run of `time` that began at `begin`.
pub async fn run(
    gateway: &Peer,
    fountain: &Peer,
    target: &Target,
    readers: usize,
    begin: Instant,
    time: Duration,
) -> anyhow::Result<Vec<Slow>> {
    let at = |part: f64| tokio::time::sleep_until(begin + time.mul_f64(part));
    let mut held = Vec::new();
    let mut memory = Vec::new();
    let ways = [
        ("HTTP/1.1, the socket is not read", Way::Http1),
        ("HTTP/2, no window for the stream", Way::Window),
        ("HTTP/2, all window, the socket is not read", Way::Socket),
    ];
    for (index, (_, way)) in ways.iter().enumerate() {
        at(0.1 + 0.15 * index as f64).await;
        memory.push(machine::memory(gateway.id())?.resident);
        for _ in 0..readers {
            held.push(stop(target, *way, FIRST + held.len()).await.context("a slow reader")?);
        }
    }
    at(0.6).await;
    memory.push(machine::memory(gateway.id())?.resident);
    let poured = poured(fountain, readers).await?;
    at(0.9).await;
    let in_the_end = self::poured(fountain, readers).await?;
    Ok(ways
        .iter()
        .enumerate()
        .map(|(index, (name, _))| Slow {
            name,
            readers,
            memory: (memory[index + 1] - memory[index]) / readers as f64,
            poured: poured[index],
            poured_in_the_end: in_the_end[index],
        })
        .collect())
}

/// MiB a reader, for each kind.
async fn poured(fountain: &Peer, readers: usize) -> anyhow::Result<Vec<f64>> {
    let bytes: Vec<u64> = serde_json::from_slice(&ask(fountain.address, "/poured").await?)?;
    let mean = |bytes: &[u64]| bytes.iter().sum::<u64>() as f64 / readers as f64 / 1024.0 / 1024.0;
    Ok(bytes.chunks(readers).map(mean).collect())
}

/// One client that read the beginning of an endless stream. It has a connection of its own: what it does to others on the
/// same one would be its own doing.
async fn stop(target: &Target, way: Way, number: usize) -> anyhow::Result<(Sender, Incoming)> {
    let stream = TcpStream::connect(target.address).await?;
    let stopped = Arc::new(AtomicBool::new(false));
    let stream = TokioIo::new(Stopping { stream, stopped: stopped.clone() });
    let mut sender = if way == Way::Http1 {
        let (sender, connection) = http1::handshake(stream).await?;
        tokio::spawn(connection);
        Sender::Http1(sender)
    } else {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        if way == Way::Socket {
            let all = (1 << 31) - 1;
            builder.initial_stream_window_size(all).initial_connection_window_size(all);
        }
        let (sender, connection) = builder.handshake(stream).await?;
        tokio::spawn(connection);
        Sender::Http2(sender)
    };
    let protocol = if way == Way::Http1 { Protocol::Http1 } else { Protocol::Http2 };
    let mut body = sender.send(target.request(protocol, number, 0)).await?.into_body();
    body.frame().await.context("an endless stream without events")??;
    stopped.store(way != Way::Window, Relaxed);
    Ok((sender, body))
}

/// A connection that may stop reading.
struct Stopping {
    stream: TcpStream,
    stopped: Arc<AtomicBool>,
}

impl AsyncRead for Stopping {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stopped.load(Relaxed) {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stopping {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
