//! The upstream of lists: whatever it is asked, it answers with one list of 500 tools, as JSON or as an event.

use crate::servers::serve;
use axum::{Router, http::header};
use bytes::Bytes;
use serde_json::json;

/// How many there are, half of them named to be kept.
pub const TOOLS: usize = 500;

/// Serves until told to end.
pub async fn run(as_event: bool) -> anyhow::Result<()> {
    let list = list();
    let (kind, answer) = match as_event {
        true => ("text/event-stream", Bytes::from(format!("event: message\ndata: {list}\n\n"))),
        false => ("application/json", Bytes::from(list)),
    };
    serve(Router::new().fallback(move || {
        let answer = answer.clone();
        async move { ([(header::CONTENT_TYPE, kind)], answer) }
    }))
    .await
}

/// Asks for it.
pub fn question() -> Bytes {
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} });
    let question = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    Bytes::from(question.to_string())
}

/// Tools as servers describe them, some 0.4 KB each; to be kept and to be hidden take turns.
fn list() -> String {
    let tools: Vec<_> = (0..TOOLS)
        .map(|number| {
            let kind = if number % 2 == 0 { "kept" } else { "hidden" };
            json!({
                "name": format!("{kind}_{number}"),
                "title": format!("Tool number {number}"),
                "description": "Reads one record of the store and returns it as text; fails where there is no such record.",
                "inputSchema": {
                    "type": "object",
                    "properties": {
                        "id": { "type": "string", "description": "Which record" },
                        "limit": { "type": "integer", "minimum": 1, "maximum": 100 },
                    },
                    "required": ["id"],
                },
                "annotations": { "readOnlyHint": true },
            })
        })
        .collect();
    json!({ "jsonrpc": "2.0", "id": 1, "result": { "resultType": "complete", "tools": tools } }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_tools_are_named_to_be_kept() {
        let list: serde_json::Value = serde_json::from_str(&list()).expect("JSON");
        let tools = list["result"]["tools"].as_array().expect("a list");
        let kept =
            |tool: &&serde_json::Value| tool["name"].as_str().is_some_and(|name| name.starts_with("kept_"));
        assert_eq!((tools.len(), tools.iter().filter(kept).count()), (TOOLS, TOOLS / 2));
    }
}
