//! The messages of MCP that are sent, in each era's own words.

use crate::{Secret, Sent};
use serde_json::{Value, json};
use url::Url;

/// The revision before the handshake went.
pub(crate) const LEGACY: &str = "2025-11-25";
/// The one with batches.
pub(crate) const WITH_BATCHES: &str = "2025-03-26";
/// Those with a handshake, the latest first.
pub(crate) const WITH_HANDSHAKE: [&str; 3] = [LEGACY, "2025-06-18", WITH_BATCHES];
/// The latest.
pub(crate) const MODERN: &str = "2026-07-28";

/// Members of `_meta` (TM-26).
pub(crate) const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// `initialize`, as clients of the revisions with a handshake begin (2025-11-25, lifecycle).
pub(crate) fn initialize(url: Url, revision: &str) -> Sent {
    let params = json!({
        "protocolVersion": revision,
        "capabilities": {},
        "clientInfo": { "name": "portcullis-check", "version": env!("CARGO_PKG_VERSION") },
    });
    request(url, "initialize", params)
}

/// A request of the revision without a handshake: version and capabilities in every request, its method in a header
/// (TM-13, TM-17, TM-26).
pub(crate) fn modern(url: Url, method: &str, mut params: Value) -> Sent {
    params["_meta"] = json!({ VERSION: MODERN, CAPABILITIES: {} });
    request(url, method, params).header("mcp-protocol-version", MODERN).header("mcp-method", method)
}

/// A request of the revisions with a handshake.
pub(crate) fn legacy(url: Url, method: &str, params: Value) -> Sent {
    request(url, method, params).header("mcp-protocol-version", LEGACY)
}

/// A request that names no revision.
pub(crate) fn request(url: Url, method: &str, params: Value) -> Sent {
    Sent::post(url, &json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
}

/// A message that nobody answers.
pub(crate) fn notification(url: Url, method: &str, params: Value) -> Sent {
    Sent::post(url, &json!({ "jsonrpc": "2.0", "method": method, "params": params }))
}

impl Sent {
    /// After a handshake that agreed on this revision: 2025-03-26 has no header for it (TL-16).
    pub(crate) fn of(self, revision: &str, session: Option<&Secret>) -> Self {
        let sent = if revision == WITH_BATCHES { self } else { self.set("mcp-protocol-version", revision) };
        match session {
            Some(session) => sent.session(session),
            None => sent,
        }
    }
}
