//! The revisions with a handshake: a session, a stream to listen to, and in the first of them batches.

use super::{Authorized, Handshake, door::Door, probe::Probe};
use crate::{
    Exchange, Sent,
    mcp::{self, WITH_BATCHES},
};
use serde_json::{Value, json};

/// In the session of the latest revision that was agreed on.
#[derive(Clone, Debug)]
pub struct Legacy {
    /// Which one.
    pub revision: String,
    /// `tools/list`
    pub list: Exchange,
    /// GET: the stream that a server speaks on by itself.
    pub get: Exchange,
    /// `ping` under a revision that never was; nothing in 2025-03-26, which has no header for it.
    pub version_unknown: Option<Exchange>,
    /// `ping` with the session and without a token; nothing where there is no session.
    pub without_token: Option<Exchange>,
    /// `tools/list` with the token and without the session; nothing where there is no session.
    pub without_session: Option<Exchange>,
    /// `tools/list` in a session that never was; nothing where there are none.
    pub session_unknown: Option<Exchange>,
    /// Two messages at once, since 2025-06-18.
    pub array: Option<Exchange>,
    /// Two messages at once, in 2025-03-26.
    pub batch: Option<Exchange>,
    /// `initialize` among others, in 2025-03-26.
    pub batch_with_initialize: Option<Exchange>,
}

impl Legacy {
    pub(super) async fn look(
        seen: &Authorized,
        latest: &Handshake,
        probe: &Probe,
        door: &mut Door<'_>,
    ) -> Self {
        let revision = latest.agreed.clone().unwrap_or_else(|| mcp::LEGACY.to_owned());
        let session = latest.session.as_ref();
        let request = |method: &str| mcp::request(probe.url(), method, json!({}));
        let of = |method: &str| request(method).of(&revision, session);
        let two = json!([message(1, "ping"), message(2, "tools/list")]).to_string();
        let (without_token, without_session, session_unknown) = match session {
            None => (None, None, None),
            Some(_) => (
                Some(door.plain(of("ping")).await),
                Some(door.good(of("tools/list").without("mcp-session-id")).await),
                Some(
                    door.good(of("tools/list").set("mcp-session-id", "portcullis-check-has-no-such-session"))
                        .await,
                ),
            ),
        };
        let batches = match seen.spoken(WITH_BATCHES) {
            None => None,
            Some(handshake) => {
                let of =
                    |body: String| request("ping").of(WITH_BATCHES, handshake.session.as_ref()).body(body);
                let initialize = mcp::initialize(probe.url(), WITH_BATCHES);
                let initialize: Value =
                    serde_json::from_str(initialize.body_text().unwrap_or_default()).unwrap_or_default();
                let with = json!([initialize, message(2, "ping")]).to_string();
                Some((door.good(of(two.clone())).await, door.good(of(with).without("mcp-session-id")).await))
            }
        };
        let (batch, batch_with_initialize) = batches.unzip();
        let names_revision = revision != WITH_BATCHES;
        Self {
            list: door.good(of("tools/list")).await,
            get: door.good(get(probe).of(&revision, session)).await,
            version_unknown: match names_revision {
                true => Some(door.good(of("ping").set("mcp-protocol-version", "1900-01-01")).await),
                false => None,
            },
            array: match names_revision {
                true => Some(door.good(of("ping").body(two)).await),
                false => None,
            },
            without_token,
            without_session,
            session_unknown,
            batch,
            batch_with_initialize,
            revision,
        }
    }

    /// Every request.
    pub fn all(&self) -> impl Iterator<Item = &Exchange> {
        let some = [&self.version_unknown, &self.without_token, &self.without_session, &self.session_unknown];
        let batches = [&self.array, &self.batch, &self.batch_with_initialize];
        [&self.list, &self.get].into_iter().chain(some.into_iter().chain(batches).flatten())
    }
}

fn get(probe: &Probe) -> Sent {
    Sent::get(probe.url()).header("accept", "text/event-stream")
}

fn message(id: u8, method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": {} })
}
