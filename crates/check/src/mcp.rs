//! The messages of MCP that are sent, in each era's own words.

use crate::exchange::Sent;
use serde_json::{Value, json};
use url::Url;

/// The revision before the handshake went.
pub(crate) const LEGACY: &str = "2025-11-25";
/// The latest.
pub(crate) const MODERN: &str = "2026-07-28";

/// `initialize`, as clients of the revisions with a handshake begin (2025-11-25, lifecycle).
pub(crate) fn initialize(url: Url, revision: &str) -> Sent {
    let params = json!({
        "protocolVersion": revision,
        "capabilities": {},
        "clientInfo": { "name": "portcullis-check", "version": env!("CARGO_PKG_VERSION") },
    });
    Sent::post(url, &json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }))
}

/// A request of the revision without a handshake: version and capabilities in every request, its method in a header
/// (TM-13, TM-17, TM-26).
pub(crate) fn modern(url: Url, method: &str, mut params: Value) -> Sent {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    Sent::post(url, &json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
        .header("mcp-protocol-version", MODERN)
        .header("mcp-method", method)
}

/// A request of the revisions with a handshake.
pub(crate) fn legacy(url: Url, method: &str, params: Value) -> Sent {
    Sent::post(url, &json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
        .header("mcp-protocol-version", LEGACY)
}
