//! Listening, and the way out: everything served for a while to whoever has not yet heard that we leave; then no new
//! connections, streams ended, calls in flight finished within their time, the rest cut.

use crate::{connection::Connections, drain::Drain, gateway::Gateway};
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{JoinSet, yield_now},
    time::{sleep, timeout},
};

/// How long nobody is let in after somebody could not be.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// What a connection may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServeLimits {
    /// Connections at once: 4,096; more wait in the operating system's queue.
    pub connections: usize,
    /// Calls at once on one connection of HTTP/2: 200, as many as a proxy with many clients behind it needs.
    pub streams: u32,
    /// Until a connection's first request is there: 10 s, against clients that say nothing or drip.
    pub header_time: Duration,
    /// Without a call a connection ends after one to two of these, 2 min; no sooner than after `write_time`.
    pub idle: Duration,
    /// Until a client takes more of an answer: 60 s. The system tells it in pieces, a third of what it holds for the client,
    /// so that a reader of less than some 20 KiB a second looks like none.
    pub write_time: Duration,
    /// All headers of a request together: 64 KiB, four times the longest token.
    pub header_bytes: usize,
    /// How long everything is still served, `/ready` aside, once draining began: not at all, since only who runs the
    /// process knows whether a balancer must notice first.
    pub drain_delay: Duration,
    /// How long calls in flight may go on after that: 30 s.
    pub drain: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections: 4096,
            streams: 200,
            header_time: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            write_time: Duration::from_secs(60),
            header_bytes: 64 * 1024,
            drain_delay: Duration::ZERO,
            drain: Duration::from_secs(30),
        }
    }
}

impl ServeLimits {
    /// How often a connection is looked at.
    pub(crate) fn period(&self) -> Duration {
        self.idle.min(self.write_time)
    }

    /// How long nothing may go on: the last of an answer may still wait for the socket.
    pub(crate) fn quiet(&self) -> Duration {
        self.idle.max(self.write_time)
    }
}

/// Serves `gateway` on every listener until `drain` has begun and its delay is over, and the calls in flight are done or
/// their time is.
pub async fn serve(gateway: Gateway, listeners: Vec<TcpListener>, limits: ServeLimits, drain: Drain) {
    let connections = Arc::new(Connections::new(gateway, limits, drain.clone()));
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut accepting = JoinSet::new();
    let leaving = drain.clone();
    accepting.spawn(async move {
        tokio::select! {
            () = delayed(&leaving, limits.drain_delay) => leaving.close(),
            () = leaving.closed() => {}
        }
    });
    for listener in listeners {
        let (connections, room, drain) = (connections.clone(), room.clone(), drain.clone());
        accepting.spawn(async move {
            let mut open = JoinSet::new();
            tokio::select! {
                () = accept(&listener, &room, &connections, &mut open) => {}
                () = drain.closed() => {}
            }
            // Those who wait were told that they are connected.
            tokio::select! {
                biased;
                () = accept(&listener, &room, &connections, &mut open) => {}
                () = yield_now() => {}
            }
            drop(listener);
            let all_ended = async { while open.join_next().await.is_some() {} };
            if timeout(limits.drain, all_ended).await.is_err() {
                tracing::warn!(target: "portcullis::serve", "calls were still in flight when the drain time was over; they are cut");
                open.shutdown().await;
            }
        });
    }
    while accepting.join_next().await.is_some() {}
}

async fn delayed(drain: &Drain, delay: Duration) {
    drain.begun().await;
    sleep(delay).await;
}

/// Takes connections as long as there is room.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
    connections: &Arc<Connections<Gateway>>,
    open: &mut JoinSet<()>,
) {
    loop {
        tokio::select! {
            next = next(listener, room) => {
                let Some((stream, peer, place)) = next else { continue };
                let _ = stream.set_nodelay(true);
                let connections = connections.clone();
                open.spawn(async move {
                    connections.attend(stream, Some(peer)).await;
                    drop(place);
                });
            }
            // Those that ended are forgotten.
            Some(_) = open.join_next() => {}
        }
    }
}

async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer.ip(), place)),
        Err(error) => {
            // Mostly there are no descriptors left, and will not be at once.
            tracing::warn!(target: "portcullis::serve", %error, "a connection could not be accepted");
            sleep(AFTER_FAILURE).await;
            None
        }
    }
}
