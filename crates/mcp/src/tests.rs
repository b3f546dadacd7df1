//! Requests as clients and attackers write them.

use crate::{Kind, ReadError, Revision, Standing, Target, read};
use http::HeaderMap;
use proptest::prelude::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","arguments":{"a":[1,{"b":null}]}}}"#;

fn modern(method: &str, rest: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{rest}"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    )
}

#[test]
fn reads_a_call_of_every_revision() {
    for revision in [None, Some("2025-03-26"), Some("2025-06-18"), Some("2025-11-25")] {
        let headers =
            revision.map(|revision| headers(&[("mcp-protocol-version", revision)])).unwrap_or_default();
        let request = read(&headers, CALL.as_bytes()).unwrap();
        assert_eq!(request.operations()[0].target(), Some(&Target::Tool("safe".into())));
        assert_eq!(request.revision().as_str(), revision.unwrap_or("2025-03-26"));
    }
    let headers = headers(&[
        ("MCP-Protocol-Version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("MCP-NAME", "=?base64?c2FmZQ==?="),
    ]);
    let request = read(&headers, modern("tools/call", r#""name":"safe","#).as_bytes()).unwrap();
    assert_eq!(request.revision(), Revision::V2026_07_28);
}

/// TM-13, TM-14, TM-16..TM-22, G-15
#[test]
fn headers_and_body_of_the_modern_era_must_agree() {
    let version = ("mcp-protocol-version", "2026-07-28");
    let method = ("mcp-method", "tools/call");
    let name = ("mcp-name", "safe");
    let call = modern("tools/call", r#""name":"safe","#);
    let list = modern("tools/list", "");
    let note = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    for (what, pairs, body, code) in [
        ("all there", &[version, method, name][..], call.as_str(), None),
        ("blanks around", &[version, ("mcp-method", " tools/call "), ("mcp-name", "safe ")], &call, None),
        ("no name needed", &[version, ("mcp-method", "tools/list")], &list, None),
        ("notification without routing", &[version], note, None),
        (
            "notification with a true header",
            &[version, ("mcp-method", "notifications/cancelled")],
            note,
            None,
        ),
        ("notification with a false header", &[version, ("mcp-method", "tools/call")], note, Some(-32020)),
        ("version header missing", &[method, name], &call, Some(-32020)),
        (
            "version older than _meta",
            &[("mcp-protocol-version", "2025-11-25"), method, name],
            &call,
            Some(-32020),
        ),
        ("version unknown", &[("mcp-protocol-version", "1900-01-01")], &call, Some(-32022)),
        ("version twice", &[version, version, method, name], &call, Some(-32020)),
        ("method missing", &[version, name], &call, Some(-32020)),
        ("method of another case", &[version, ("mcp-method", "TOOLS/CALL"), name], &call, Some(-32020)),
        ("method twice", &[version, method, method, name], &call, Some(-32020)),
        ("name missing", &[version, method], &call, Some(-32020)),
        ("name of another tool", &[version, method, ("mcp-name", "danger")], &call, Some(-32020)),
        ("name badly encoded", &[version, method, ("mcp-name", "=?base64?***?=")], &call, Some(-32020)),
        ("name twice", &[version, method, name, ("mcp-name", "danger")], &call, Some(-32020)),
        ("name where nothing is named", &[version, ("mcp-method", "tools/list"), name], &list, Some(-32020)),
        ("legacy with a false name", &[("mcp-name", "danger")], CALL, Some(-32020)),
        ("legacy body under the modern version", &[version, method, name], CALL, Some(-32602)),
        ("response", &[version], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Some(-32600)),
        ("array", &[version], "[]", Some(-32600)),
    ] {
        let found = read(&headers(pairs), body.as_bytes()).map(|_| ()).map_err(|error| error.code());
        assert_eq!(found.err(), code, "{what}");
    }
}

/// TM-26, and the error answers the request's id.
#[test]
fn a_modern_request_states_its_capabilities() {
    let body = r#"{"jsonrpc":"2.0","id":"x","method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
    let headers = headers(&[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "ping")]);
    let error = read(&headers, body.as_bytes()).unwrap_err();
    assert_eq!(error.code(), -32602);
    assert!(error.id().is_some());
}

/// TL-03, TL-04, TL-16, TM-05
#[test]
fn batches_belong_to_2025_03_26() {
    let two = format!(r#"[{CALL},{{"jsonrpc":"2.0","method":"notifications/initialized"}}]"#);
    let initialize = r#"[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}]"#;
    let same_id = format!("[{CALL},{CALL}]");
    let many = format!("[{}]", vec![r#"{"jsonrpc":"2.0","method":"ping"}"#; 101].join(","));
    for (what, version, body, elements) in [
        ("of that revision", Some("2025-03-26"), two.as_str(), Some(2)),
        ("of a client that names none", None, &two, Some(2)),
        ("2025-06-18", Some("2025-06-18"), &two, None),
        ("2025-11-25", Some("2025-11-25"), &two, None),
        ("initialize inside", None, initialize, None),
        ("one id twice", None, &same_id, None),
        ("empty", None, "[]", None),
        ("too long", None, &many, None),
        ("nested", None, "[[]]", None),
    ] {
        let headers =
            version.map(|version| headers(&[("mcp-protocol-version", version)])).unwrap_or_default();
        let found = read(&headers, body.as_bytes());
        assert_eq!(found.as_ref().ok().map(|request| request.operations().len()), elements, "{what}");
        assert!(found.err().is_none_or(|error| error.status() == 400), "{what}");
    }
}

#[test]
fn refuses_what_two_parsers_would_read_differently() {
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":{}{}}}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    for (what, body, code) in [
        (
            "name twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","name":"danger"}}"#,
            -32600,
        ),
        (
            "name twice, once escaped",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","n\u0061me":"danger"}}"#,
            -32600,
        ),
        (
            "name in another case",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","Name":"danger"}}"#,
            -32600,
        ),
        ("method twice", r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#, -32600),
        (
            "params twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}}"#,
            -32600,
        ),
        (
            "long s",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"safe\"},\"param\u{17f}\":{\"name\":\"danger\"}}",
            -32600,
        ),
        (
            "Kelvin sign",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tasks/get\",\"params\":{\"taskId\":\"a\",\"tas\u{212a}Id\":\"b\"}}",
            -32600,
        ),
        (
            "serde_json's own name",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"$serde_json::private::RawValue":"{\"name\":\"danger\"}"}}"#,
            -32600,
        ),
        (
            "serde_json's own name, escaped and deep",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[{"\u0024serde_json::private::Number":"1"}]}}}"#,
            -32600,
        ),
        (
            "positional params",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["danger"]}"#,
            -32600,
        ),
        (
            "positional _meta",
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":["2026-07-28"]}}"#,
            -32600,
        ),
        ("positional message", r#"["tools/call",{"name":"danger"}]"#, -32600),
        ("result beside method", r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, -32600),
        ("error beside method", r#"{"jsonrpc":"2.0","id":1,"method":"ping","error":{}}"#, -32600),
        ("no jsonrpc", r#"{"id":1,"method":"ping"}"#, -32600),
        ("jsonrpc 1.0", r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        ("null id", r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        ("fractional id", r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        ("method is a number", r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        ("name is a number", r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#, -32600),
        ("no name", r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, -32602),
        ("no params", r#"{"jsonrpc":"2.0","id":1,"method":"resources/read"}"#, -32602),
        ("nothing", r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        ("two documents", r#"{"jsonrpc":"2.0","id":1,"method":"ping"}{}"#, -32700),
        ("cut", r#"{"jsonrpc":"2.0","id":1,"#, -32700),
        ("byte order mark", "\u{feff}{}", -32700),
        ("lone surrogate", r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#, -32700),
        ("a string", "\"x\"", -32600),
        ("too deep", &deep, -32600),
    ] {
        let error = read(&HeaderMap::new(), body.as_bytes()).expect_err(what);
        assert_eq!((error.status(), error.code()), (400, code), "{what}: {error}");
    }
    assert_eq!(read(&HeaderMap::new(), b"\xff{}"), Err(ReadError::NotJson));
}

#[test]
fn names_what_each_method_is_for() {
    for (method, params, target) in [
        ("prompts/get", r#"{"name":"p"}"#, Some(Target::Prompt("p".into()))),
        ("resources/subscribe", r#"{"uri":"u:x"}"#, Some(Target::Resource("u:x".into()))),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"p"}}"#,
            Some(Target::Prompt("p".into())),
        ),
        ("tasks/result", r#"{"taskId":"t"}"#, Some(Target::Task("t".into()))),
        (
            "subscriptions/listen",
            r#"{"notifications":{"resourceSubscriptions":["u:x"]}}"#,
            Some(Target::Resource("u:x".into())),
        ),
        ("tools/list", "{}", None),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let request = read(&HeaderMap::new(), body.as_bytes()).unwrap();
        assert_eq!(request.operations()[0].target(), target.as_ref(), "{method}");
        assert_ne!(request.operations()[0].standing(), Standing::Unknown, "{method}");
    }
    let response = read(&HeaderMap::new(), br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).unwrap();
    assert_eq!(response.operations()[0].kind(), Kind::Response);
}

proptest! {
    #[test]
    fn never_panics(body in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = read(&HeaderMap::new(), &body);
    }

    /// Whatever is accepted, a reader that builds a tree sees the same method and name.
    #[test]
    fn agrees_with_a_tree(
        method in prop::sample::select(vec!["tools/call", "ping", "prompts/get"]),
        members in prop::collection::vec((prop::sample::select(vec!["name", "Name", "x", "arguments"]), "[a-c]"), 0..4),
    ) {
        let params: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{}}}}}"#, params.join(","));
        if let Ok(request) = read(&HeaderMap::new(), body.as_bytes()) {
            let tree: serde_json::Value = serde_json::from_str(&body).unwrap();
            let operation = &request.operations()[0];
            prop_assert_eq!(Some(operation.method()), tree["method"].as_str());
            if let Some(target) = operation.target() {
                prop_assert_eq!(Some(target.as_str()), tree["params"]["name"].as_str());
            }
        }
    }
}
