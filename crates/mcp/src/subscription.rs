//! The end of `subscriptions/listen`, as the server says it (TM-32).

use crate::Id;
use serde_json::json;

/// The answer to the request with this id, which also names the subscription: it is over, and nothing went wrong.
pub fn end_of_subscription(id: &Id) -> Vec<u8> {
    let id = id.to_json();
    let result =
        json!({ "resultType": "complete", "_meta": { "io.modelcontextprotocol/subscriptionId": id } });
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string().into_bytes()
}
