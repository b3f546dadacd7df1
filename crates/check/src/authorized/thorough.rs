//! What many requests, large ones, or lost sessions are the price of: only if it is asked for.

use super::{Ended, door::Door, probe::Probe};
use crate::{Exchange, mcp};
use serde_json::json;

/// How many requests make a burst.
const BURST: usize = 100;
/// A body that no message needs. In bytes.
const LARGE: usize = 6 * 1024 * 1024;

/// It was asked for.
#[derive(Clone, Debug)]
pub struct Thorough {
    /// A request in a session that was ended; nothing where none was, or where a server does not let sessions be ended.
    pub after_end: Option<Exchange>,
    /// A very large body.
    pub large: Exchange,
    /// Many requests, one after the other.
    pub burst: Burst,
}

/// Many requests.
#[derive(Clone, Debug)]
pub struct Burst {
    /// How many were sent.
    pub sent: usize,
    /// The last of them: the one that was refused, if one was.
    pub last: Exchange,
}

impl Thorough {
    pub(super) async fn look(probe: &Probe, ended: &[Ended], door: &mut Door<'_>) -> Self {
        let after_end = match ended.iter().find(|ended| ended.exchange.is_success()) {
            None => None,
            Some(ended) => {
                let sent = mcp::request(probe.url(), "ping", json!({}));
                Some(door.good(sent.of(&ended.revision, Some(&ended.session))).await)
            }
        };
        let padded = format!("{}{}", probe.message(), " ".repeat(LARGE));
        let large = door.good(probe.request().body(padded)).await;
        let mut burst = Burst { sent: 1, last: door.good(probe.request()).await };
        while burst.sent < BURST && !burst.last.is(429) && burst.last.status().is_some() {
            burst = Burst { sent: burst.sent + 1, last: door.good(probe.request()).await };
        }
        Self { after_end, large, burst }
    }
}
