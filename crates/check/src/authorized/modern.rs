//! 2026-07-28: every request for itself, with headers that repeat what its body says.

use super::{door::Door, probe::Probe};
use crate::{
    Exchange, Sent,
    mcp::{self, CAPABILITIES, VERSION},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::{Value, json};

/// No server has a tool of this name.
const NO_TOOL: &str = "portcullis-check-has-no-such-tool";

/// `server/discover` and `tools/list` in all the ways that are right and wrong.
#[derive(Clone, Debug)]
pub struct Modern {
    /// Two messages at once.
    pub array: Exchange,
    /// An answer, though nothing was asked.
    pub response: Exchange,
    /// A notification.
    pub notification: Exchange,
    /// The header and the body name different revisions.
    pub version_mismatch: Exchange,
    /// The body alone names a revision; not sent where a revision before may be meant.
    pub version_missing: Option<Exchange>,
    /// A revision that never was.
    pub version_unknown: Exchange,
    /// A method that nobody has.
    pub method_unknown: Exchange,
    /// No capabilities of the client.
    pub capabilities_missing: Exchange,
    /// With a session, which there is none of.
    pub with_session: Exchange,
    /// The headers that repeat the body.
    pub routing: Routing,
    /// GET and DELETE, where no revision before is spoken.
    pub removed: Option<[Exchange; 2]>,
}

/// Headers that repeat the body, or do not. The tool that is named does not exist.
#[derive(Clone, Debug)]
pub struct Routing {
    /// No `Mcp-Method`.
    pub method_missing: Exchange,
    /// Another method.
    pub method_mismatch: Exchange,
    /// The method in upper case.
    pub method_case: Exchange,
    /// `tools/call`, with the same name in header and body.
    pub name: Exchange,
    /// No `Mcp-Name`.
    pub name_missing: Exchange,
    /// Another name.
    pub name_mismatch: Exchange,
    /// The same name, in base64.
    pub name_encoded: Exchange,
    /// What is no base64.
    pub name_garbled: Exchange,
}

impl Modern {
    pub(super) async fn look(probe: &Probe, is_legacy: bool, door: &mut Door<'_>) -> Self {
        let discover = || mcp::modern(probe.url(), "server/discover", json!({}));
        let of = |meta: Value| {
            let message = json!({
                "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": { "_meta": meta },
            });
            discover().body(message.to_string())
        };
        let message: Value =
            serde_json::from_str(discover().body_text().unwrap_or_default()).unwrap_or_default();
        let unknown = "1900-01-01";
        let removed = match is_legacy {
            true => None,
            false => {
                let get = Sent::get(probe.url()).header("accept", "text/event-stream");
                let delete = Sent::new(Method::DELETE, probe.url());
                let revision = |sent: Sent| sent.header("mcp-protocol-version", mcp::MODERN);
                Some([door.good(revision(get)).await, door.good(revision(delete)).await])
            }
        };
        Self {
            array: door.good(discover().body(json!([message]).to_string())).await,
            response: door
                .good(discover().body(json!({ "jsonrpc": "2.0", "id": 1, "result": {} }).to_string()))
                .await,
            notification: door.good(notification(probe)).await,
            version_mismatch: door.good(of(json!({ VERSION: mcp::LEGACY, CAPABILITIES: {} }))).await,
            version_missing: match is_legacy {
                true => None,
                false => Some(door.good(discover().without("mcp-protocol-version")).await),
            },
            version_unknown: door
                .good(of(json!({ VERSION: unknown, CAPABILITIES: {} })).set("mcp-protocol-version", unknown))
                .await,
            method_unknown: door.good(mcp::modern(probe.url(), "portcullis-check/none", json!({}))).await,
            capabilities_missing: door.good(of(json!({ VERSION: mcp::MODERN }))).await,
            with_session: door.good(discover().header("mcp-session-id", "portcullis-check")).await,
            routing: Routing::look(probe, door).await,
            removed,
        }
    }

    /// Every POST.
    pub fn posts(&self) -> impl Iterator<Item = &Exchange> {
        let messages = [&self.array, &self.response, &self.notification, &self.with_session];
        let versions = [&self.version_mismatch, &self.version_unknown, &self.capabilities_missing];
        let rest = self.version_missing.iter().chain([&self.method_unknown]);
        messages.into_iter().chain(versions).chain(rest).chain(self.routing.all())
    }
}

impl Routing {
    async fn look(probe: &Probe, door: &mut Door<'_>) -> Self {
        let discover = || mcp::modern(probe.url(), "server/discover", json!({}));
        let call = || mcp::modern(probe.url(), "tools/call", json!({ "name": NO_TOOL, "arguments": {} }));
        let encoded = format!("=?base64?{}?=", STANDARD.encode(NO_TOOL));
        Self {
            method_missing: door.good(discover().without("mcp-method")).await,
            method_mismatch: door.good(discover().set("mcp-method", "tools/list")).await,
            method_case: door.good(discover().set("mcp-method", "SERVER/DISCOVER")).await,
            name: door.good(call().header("mcp-name", NO_TOOL)).await,
            name_missing: door.good(call()).await,
            name_mismatch: door.good(call().header("mcp-name", "portcullis-check-has-none")).await,
            name_encoded: door.good(call().header("mcp-name", encoded)).await,
            name_garbled: door.good(call().header("mcp-name", "=?base64?cG9ydA?=")).await,
        }
    }

    fn all(&self) -> [&Exchange; 8] {
        [
            &self.method_missing,
            &self.method_mismatch,
            &self.method_case,
            &self.name,
            &self.name_missing,
            &self.name_mismatch,
            &self.name_encoded,
            &self.name_garbled,
        ]
    }
}

/// Of a request that was never made: whoever hears it has nothing to do.
fn notification(probe: &Probe) -> Sent {
    let params =
        json!({ "requestId": "portcullis-check", "_meta": { VERSION: mcp::MODERN, CAPABILITIES: {} } });
    mcp::notification(probe.url(), "notifications/cancelled", params)
        .header("mcp-protocol-version", mcp::MODERN)
        .header("mcp-method", "notifications/cancelled")
}
