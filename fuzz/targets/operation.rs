//! A body: no bytes panic, and what is read from it is what an ordinary parser finds in it.
#![no_main]

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use portcullis_mcp::{Kind, Operation, read};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Some((revision, body)) = input.split_first() else { return };
    let mut headers = HeaderMap::new();
    if let Some(revision) = [None, Some("2025-03-26"), Some("2025-11-25")][usize::from(*revision) % 3] {
        headers.insert("mcp-protocol-version", HeaderValue::from_static(revision));
    }
    let Ok(request) = read(&headers, body) else { return };
    let tree: Value = serde_json::from_slice(body).expect("what is admitted is JSON to everyone");
    let messages = match &tree {
        Value::Array(batch) => batch.iter().collect(),
        Value::Object(_) => vec![&tree],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => panic!("not a message"),
    };
    assert_eq!(messages.len(), request.operations().len());
    for (message, operation) in messages.into_iter().zip(request.operations()) {
        agree(message, operation);
    }
});

fn agree(message: &Value, operation: &Operation) {
    if operation.kind() == Kind::Response {
        assert!(message.get("method").is_none());
        return;
    }
    assert_eq!(message["method"], operation.method());
    assert_eq!(message.get("id").is_none(), operation.kind() == Kind::Notification);
    // A reader that ignores case finds the same members, or the message would not be here.
    let names = message.as_object().expect("a message is an object").keys();
    for known in ["jsonrpc", "method", "id", "params"] {
        assert!(names.clone().filter(|name| name.eq_ignore_ascii_case(known)).count() <= 1, "{known}");
    }
    let name = match operation.method() {
        "tools/call" | "prompts/get" => &message["params"]["name"],
        "resources/read" => &message["params"]["uri"],
        _ => return,
    };
    let target = operation.target().expect("these name something");
    assert_eq!(name, target.as_str());
}
