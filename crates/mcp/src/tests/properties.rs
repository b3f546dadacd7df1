//! Whatever a stranger sends.

use super::{CALL, headers};
use crate::{Id, Target, check_media_type, read};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::Value;

/// What a reader that builds a tree takes to be named.
fn named(tree: &Value) -> Option<&str> {
    let params = &tree["params"];
    match tree["method"].as_str()? {
        "tools/call" | "prompts/get" => params["name"].as_str(),
        "resources/read" => params["uri"].as_str(),
        "tasks/get" => params["taskId"].as_str(),
        "completion/complete" => match params["ref"]["type"].as_str()? {
            "ref/prompt" => params["ref"]["name"].as_str(),
            _ => params["ref"]["uri"].as_str(),
        },
        _ => None,
    }
}

/// JSON as nobody's library writes it: members twice, in another case, escaped.
fn member() -> impl Strategy<Value = String> {
    // Mostly what is accepted, or the property would hold of nothing.
    let name = prop_oneof![
        12 => prop::sample::select(vec!["name", "uri", "taskId", "ref"]),
        1 => prop::sample::select(vec!["Name", "n\\u0061me", "name\\u0000", "arguments", "_meta", "type", "x"]),
    ];
    let leaf = prop_oneof![
        6 => prop::sample::select(vec![r#""a""#, r#""b""#, r#""ref/prompt""#, r#""ref/resource""#]),
        1 => prop::sample::select(vec!["null", "1", "1.5", "true", "[]"]),
    ];
    let value = leaf.prop_map(str::to_owned).prop_recursive(2, 8, 3, |inner| {
        let names = prop::sample::select(vec!["type", "name", "uri", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((names, inner), 0..4).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    (name, value).prop_map(|(name, value)| format!("\"{name}\":{value}"))
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "tools/call",
        "prompts/get",
        "resources/read",
        "tasks/get",
        "completion/complete",
        "ping",
    ])
}

proptest! {
    #[test]
    fn never_panics_on_bytes(body in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = read(&HeaderMap::new(), &body);
    }

    #[test]
    fn never_panics_on_a_broken_call(at in 0..CALL.len(), bytes in prop::collection::vec(any::<u8>(), 0..8)) {
        let mut body = CALL.as_bytes().to_vec();
        body.splice(at..(at + bytes.len()).min(CALL.len()), bytes);
        let _ = read(&HeaderMap::new(), &body);
    }

    #[test]
    fn never_panics_on_headers(value in prop::collection::vec(32_u8..=255, 0..64)) {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            for name in ["mcp-protocol-version", "mcp-method", "mcp-name", "content-type", "content-encoding"] {
                let mut headers = headers(&[]);
                headers.insert(name, value.clone());
                let _ = read(&headers, CALL.as_bytes());
                let _ = check_media_type(&headers);
            }
        }
    }

    /// Whatever is accepted, a reader that builds a tree sees the same method, id and name.
    #[test]
    fn agrees_with_a_tree(method in method(), members in prop::collection::vec(member(), 0..4)) {
        let body = format!(r#"{{"params":{{{}}},"jsonrpc":"2.0","id":1,"method":"{method}"}}"#, members.join(","));
        if let Ok(request) = read(&HeaderMap::new(), body.as_bytes()) {
            let tree: Value = serde_json::from_str(&body).unwrap();
            let operation = &request.operations()[0];
            prop_assert_eq!(Some(operation.method()), tree["method"].as_str());
            prop_assert_eq!(operation.id(), Some(&Id::Integer(1)));
            prop_assert_eq!(operation.target().map(Target::as_str), named(&tree));
        }
    }

    /// The property above is not empty: with one name, properly spelled, the call is accepted.
    #[test]
    fn accepts_any_name(name in "[^\\x00]{0,64}") {
        let name = Value::from(name);
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":{name}}}}}"#);
        let request = read(&HeaderMap::new(), body.as_bytes()).unwrap();
        prop_assert_eq!(request.operations()[0].target().map(Target::as_str), name.as_str());
    }
}
