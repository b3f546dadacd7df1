//! `initialize`, and what follows it, for one revision.

use super::door::{Door, agreed, session};
use crate::{Exchange, Secret, mcp};
use serde_json::json;
use url::Url;

/// One handshake.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// The revision that was asked for.
    pub asked: &'static str,
    /// `initialize`.
    pub exchange: Exchange,
    /// The revision that was agreed on; nothing where there was no agreement on one that is known.
    pub agreed: Option<String>,
    /// The session that came of it (TL-10).
    pub session: Option<Secret>,
    /// `notifications/initialized`, after an agreement.
    pub initialized: Option<Exchange>,
}

impl Handshake {
    pub(super) async fn look(door: &mut Door<'_>, url: Url, asked: &'static str) -> Self {
        let exchange = door.good(mcp::initialize(url.clone(), asked)).await;
        let (agreed, session) = (agreed(&exchange), session(&exchange));
        let initialized = match &agreed {
            None => None,
            Some(revision) => {
                let sent = mcp::notification(url, "notifications/initialized", json!({}));
                Some(door.good(sent.of(revision, session.as_ref())).await)
            }
        };
        Self { asked, exchange, agreed, session, initialized }
    }
}
