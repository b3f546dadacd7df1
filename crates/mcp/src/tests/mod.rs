//! Requests as clients and attackers write them.

mod agreement;
mod batches;
mod cursor;
mod differentials;
mod events;
mod filtering;
mod lists;
mod operations;
mod parameters;
mod properties;

use http::HeaderMap;

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","arguments":{"a":[1,{"b":null}]}}}"#;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

/// A request of 2026-07-28; `rest` are further params, each with a comma behind it.
fn modern(method: &str, rest: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{rest}"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    )
}
