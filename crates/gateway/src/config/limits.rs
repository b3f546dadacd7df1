//! What a stranger can make us hold, and for how long. Each default stands beside its reason, each bound beside it.

use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// The limits of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest request body, in bytes.
    pub body_bytes: usize,
    /// The largest head of a request, in bytes. (HTTP/1.1 allows 100 headers in it: hyper's bound.)
    pub header_bytes: usize,
    /// The most connections at a time.
    pub max_connections: usize,
    /// How long an upstream may take to accept a connection.
    pub connect_timeout: Duration,
    /// How long an upstream may take until its response's headers.
    pub header_timeout: Duration,
    /// The longest answer to one POST.
    pub longest_call: Duration,
    /// How long a new connection may take until its first request's head is there.
    pub header_read_timeout: Duration,
    /// How long a connection may be without a call.
    pub idle_timeout: Duration,
    /// How long a client may leave an answer unread.
    pub write_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_read_timeout: Duration,
    /// How long an open-ended stream outlives its token.
    pub stream_grace: Duration,
    /// How long everything is still served at shutdown while `/ready` says 503.
    pub drain_delay: Duration,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawLimits {
    /// The largest request body, in bytes.
    #[schemars(range(min = 1024, max = 67_108_864))]
    body_bytes: u64,
    /// The largest head of a request, in bytes.
    #[schemars(range(min = 8192, max = 1_048_576))]
    header_bytes: u64,
    /// The most connections at a time.
    #[schemars(range(min = 1, max = 1_000_000))]
    max_connections: u64,
    /// How long an upstream may take to accept a connection.
    #[schemars(range(min = 1, max = 60))]
    connect_timeout_seconds: u64,
    /// How long an upstream may take until its response's headers: as long as its slowest tool.
    #[schemars(range(min = 1, max = 86_400))]
    header_timeout_seconds: u64,
    /// The longest answer to one POST, whose token may expire meanwhile.
    #[schemars(range(min = 1, max = 86_400))]
    longest_call_seconds: u64,
    /// How long a new connection may take until its first request's head is there.
    #[schemars(range(min = 1, max = 300))]
    header_read_timeout_seconds: u64,
    /// How long a connection may be without a call; it ends after one to two of these.
    #[schemars(range(min = 1, max = 3600))]
    idle_timeout_seconds: u64,
    /// How long a client may leave an answer unread.
    #[schemars(range(min = 1, max = 3600))]
    write_timeout_seconds: u64,
    /// How long a client may take to send a request's body.
    #[schemars(range(min = 1, max = 3600))]
    body_read_timeout_seconds: u64,
    /// How long an open-ended stream outlives its token.
    #[schemars(range(min = 0, max = 300))]
    stream_grace_seconds: u64,
    /// How long a sealed session id is good, whatever happens.
    #[schemars(range(min = 60, max = 2_592_000))]
    pub(crate) session_lifetime_seconds: u64,
    /// How long everything is still served after SIGTERM while `/ready` says 503, so that a balancer sends its next
    /// requests elsewhere before connections are closed. Ctrl-C, or a second SIGTERM, does not wait.
    #[schemars(range(min = 0, max = 300))]
    drain_delay_seconds: u64,
    /// How long open answers may take to finish at shutdown, after that.
    #[schemars(range(min = 0, max = 3600))]
    pub(crate) drain_timeout_seconds: u64,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self {
            // What the official SDKs accept, and far above a tool's usual arguments.
            body_bytes: 4 * 1024 * 1024,
            // A token of 16 KiB, and as much again for everything else.
            header_bytes: 32 * 1024,
            // Every client holds a connection or two while it streams; with bodies at their limit it is still memory
            // a machine has only if few of them are that large, which is why it can be lowered.
            max_connections: 4096,
            // A server that is there answers in milliseconds; across continents in one second.
            connect_timeout_seconds: 5,
            // No header comes before a handler's first message, so this bounds the tool, not the network.
            header_timeout_seconds: 10 * 60,
            // The usual lifetime of an access token: a call outlives its token by no more than one.
            longest_call_seconds: 60 * 60,
            // A head is one packet or two; longer is a slow client holding a connection on purpose.
            header_read_timeout_seconds: 10,
            // Longer than the pools of clients and proxies keep an unused connection, so that they close first.
            idle_timeout_seconds: 120,
            // A client that is there reads within milliseconds; one on a bad line within seconds.
            write_timeout_seconds: 60,
            // The largest body at 1 Mbit/s.
            body_read_timeout_seconds: 30,
            // For a client that is just refreshing its token.
            stream_grace_seconds: 30,
            // A working day and its evening. Every request proves itself by its token all the same.
            session_lifetime_seconds: 24 * 60 * 60,
            // Orchestrators take a server from their balancers while they stop it, not before: for a second or two it is
            // still sent requests. Where nobody is in front, nothing is lost by it: all is served meanwhile.
            drain_delay_seconds: 5,
            // With the delay, within the 30 s that orchestrators commonly grant before they kill.
            drain_timeout_seconds: 20,
        }
    }
}

impl RawLimits {
    /// The bounds were checked where the file was read.
    pub(crate) fn typed(&self) -> Limits {
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Limits {
            body_bytes: count(self.body_bytes),
            header_bytes: count(self.header_bytes),
            max_connections: count(self.max_connections),
            connect_timeout: Duration::from_secs(self.connect_timeout_seconds),
            header_timeout: Duration::from_secs(self.header_timeout_seconds),
            longest_call: Duration::from_secs(self.longest_call_seconds),
            header_read_timeout: Duration::from_secs(self.header_read_timeout_seconds),
            idle_timeout: Duration::from_secs(self.idle_timeout_seconds),
            write_timeout: Duration::from_secs(self.write_timeout_seconds),
            body_read_timeout: Duration::from_secs(self.body_read_timeout_seconds),
            stream_grace: Duration::from_secs(self.stream_grace_seconds),
            drain_delay: Duration::from_secs(self.drain_delay_seconds),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        RawLimits::default().typed()
    }
}
