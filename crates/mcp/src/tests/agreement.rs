//! What the headers say is what the body says.

use super::{CALL, headers, modern};
use crate::{Id, Revision, Target, read};

const VERSION: (&str, &str) = ("mcp-protocol-version", "2026-07-28");

/// TL-16, TM-16, TM-21
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

/// TM-05, TM-13, TM-14, TM-17, TM-18, TM-20, TM-21, TM-22, TM-26, G-15; §13
#[test]
fn headers_and_body_of_the_modern_era_must_agree() {
    let method = ("mcp-method", "tools/call");
    let name = ("mcp-name", "safe");
    let call = modern("tools/call", r#""name":"safe","#);
    let list = modern("tools/list", "");
    let read_it = modern("resources/read", r#""uri":"file:///ä","#);
    let subscribe = modern("resources/subscribe", r#""uri":"u:x","#);
    let listen = modern("subscriptions/listen", r#""notifications":{"resourceSubscriptions":["u:x"]},"#);
    let complete = modern("completion/complete", r#""ref":{"type":"ref/prompt","name":"safe"},"#);
    let task = modern("tasks/cancel", r#""taskId":"t","#);
    let note = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    let false_note = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}}}"#;
    for (what, pairs, body, code) in [
        ("all there", &[VERSION, method, name][..], call.as_str(), None),
        ("blanks around", &[VERSION, ("mcp-method", " tools/call "), ("mcp-name", "safe\t")], &call, None),
        ("a parameter header", &[VERSION, method, name, ("mcp-param-x", "=?base64?*?=")], &call, None),
        ("no name needed", &[VERSION, ("mcp-method", "tools/list")], &list, None),
        (
            "encoded URI",
            &[VERSION, ("mcp-method", "resources/read"), ("mcp-name", "=?base64?ZmlsZTovLy/DpA==?=")],
            &read_it,
            None,
        ),
        ("URI missing", &[VERSION, ("mcp-method", "resources/read")], &read_it, Some(-32020)),
        ("task", &[VERSION, ("mcp-method", "tasks/cancel"), ("mcp-name", "t")], &task, None),
        ("task missing", &[VERSION, ("mcp-method", "tasks/cancel")], &task, Some(-32020)),
        ("name of no need", &[VERSION, ("mcp-method", "resources/subscribe")], &subscribe, None),
        (
            "name of no need, true",
            &[VERSION, ("mcp-method", "resources/subscribe"), ("mcp-name", "u:x")],
            &subscribe,
            None,
        ),
        (
            "name of no need, false",
            &[VERSION, ("mcp-method", "resources/subscribe"), ("mcp-name", "u:y")],
            &subscribe,
            Some(-32020),
        ),
        (
            "name of a listener",
            &[VERSION, ("mcp-method", "subscriptions/listen"), ("mcp-name", "u:x")],
            &listen,
            Some(-32020),
        ),
        (
            "name of a completion",
            &[VERSION, ("mcp-method", "completion/complete"), ("mcp-name", "safe")],
            &complete,
            Some(-32020),
        ),
        ("notification without routing", &[VERSION], note, None),
        (
            "notification with a true header",
            &[VERSION, ("mcp-method", "notifications/cancelled")],
            note,
            None,
        ),
        ("notification with a false header", &[VERSION, method], note, Some(-32020)),
        ("notification with a name", &[VERSION, name], note, Some(-32020)),
        ("notification of another version", &[VERSION], false_note, Some(-32020)),
        ("version header missing", &[method, name], &call, Some(-32020)),
        (
            "version older than _meta",
            &[("mcp-protocol-version", "2025-11-25"), method, name],
            &call,
            Some(-32020),
        ),
        ("version unknown", &[("mcp-protocol-version", "1900-01-01")], &call, Some(-32022)),
        ("version twice", &[VERSION, VERSION, method, name], &call, Some(-32020)),
        ("method missing", &[VERSION, name], &call, Some(-32020)),
        ("method of another case", &[VERSION, ("mcp-method", "TOOLS/CALL"), name], &call, Some(-32020)),
        (
            "method encoded",
            &[VERSION, ("mcp-method", "=?base64?dG9vbHMvY2FsbA==?="), name],
            &call,
            Some(-32020),
        ),
        ("method twice", &[VERSION, method, method, name], &call, Some(-32020)),
        ("name missing", &[VERSION, method], &call, Some(-32020)),
        ("name of another tool", &[VERSION, method, ("mcp-name", "danger")], &call, Some(-32020)),
        ("name of another case", &[VERSION, method, ("mcp-name", "Safe")], &call, Some(-32020)),
        ("name badly encoded", &[VERSION, method, ("mcp-name", "=?base64?***?=")], &call, Some(-32020)),
        (
            "marker of another case",
            &[VERSION, method, ("mcp-name", "=?BASE64?c2FmZQ==?=")],
            &call,
            Some(-32020),
        ),
        ("name twice", &[VERSION, method, name, ("mcp-name", "danger")], &call, Some(-32020)),
        ("name where nothing is named", &[VERSION, ("mcp-method", "tools/list"), name], &list, Some(-32020)),
        ("legacy with true headers", &[method, name], CALL, None),
        ("legacy with a false method", &[("mcp-method", "tools/list")], CALL, Some(-32020)),
        ("legacy with a false name", &[("mcp-name", "danger")], CALL, Some(-32020)),
        ("legacy body under the modern version", &[VERSION, method, name], CALL, Some(-32602)),
        ("response", &[VERSION], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Some(-32600)),
        ("array", &[VERSION], "[]", Some(-32600)),
    ] {
        let found = read(&headers(pairs), body.as_bytes()).map(|_| ()).map_err(|error| error.code());
        assert_eq!(found.err(), code, "{what}");
    }
}

/// TM-26
#[test]
fn a_modern_request_states_its_version_and_capabilities() {
    const V: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#;
    const C: &str = r#""io.modelcontextprotocol/clientCapabilities""#;
    for (what, params, code) in [
        ("both", format!(r#"{{"_meta":{{{V},{C}:{{"x":1}}}}}}"#), None),
        ("no capabilities", format!(r#"{{"_meta":{{{V}}}}}"#), Some(-32602)),
        ("null capabilities", format!(r#"{{"_meta":{{{V},{C}:null}}}}"#), Some(-32602)),
        ("positional capabilities", format!(r#"{{"_meta":{{{V},{C}:[]}}}}"#), Some(-32600)),
        ("no version", format!(r#"{{"_meta":{{{C}:{{}}}}}}"#), Some(-32602)),
        ("version twice", format!(r#"{{"_meta":{{{V},{V},{C}:{{}}}}}}"#), Some(-32600)),
        (
            "version is a number",
            r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}"#.into(),
            Some(-32600),
        ),
        (
            "version in another case",
            format!(r#"{{"_meta":{{{V},"IO.modelcontextprotocol/protocolVersion":"2025-11-25",{C}:{{}}}}}}"#),
            Some(-32600),
        ),
        ("no _meta", "{}".into(), Some(-32602)),
        ("null _meta", r#"{"_meta":null}"#.into(), Some(-32602)),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":"x","method":"ping","params":{params}}}"#);
        let found = read(&headers(&[VERSION, ("mcp-method", "ping")]), body.as_bytes());
        assert_eq!(found.as_ref().err().map(|error| error.code()), code, "{what}");
        if let Err(error) = found {
            assert_eq!(error.id(), Some(&Id::Text("x".into())), "{what}");
        }
    }
}

/// TL-16: `initialize` comes before any version is agreed on.
#[test]
fn initialize_needs_no_version_header() {
    let body = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
    assert!(read(&headers(&[]), body.as_bytes()).is_ok());
}

/// TM-18, §13: "with request id"; an id that belongs to the server's own request is not echoed.
#[test]
fn a_refusal_answers_the_id_of_the_request() {
    let call = r#"{"id":7,"jsonrpc":"2.0","method":"tools/call","params":{"name":"safe"}}"#;
    let positional = r#"{"id":7,"jsonrpc":"2.0","method":"tools/call","params":[]}"#;
    let response = r#"{"jsonrpc":"2.0","id":7,"result":{}}"#;
    let batch = format!("[{call}]");
    let seven = Some(Id::Integer(7));
    for (what, pairs, body, id) in [
        ("mismatch", &[("mcp-name", "danger")][..], call, seven.clone()),
        ("unknown version", &[("mcp-protocol-version", "1900-01-01")], call, seven.clone()),
        ("version twice", &[VERSION, VERSION], call, seven.clone()),
        ("fault behind the id", &[], positional, seven),
        ("response", &[VERSION], response, None),
        ("response of an unknown version", &[("mcp-protocol-version", "1900-01-01")], response, None),
        ("response with routing", &[("mcp-method", "tools/call")], response, None),
        ("batch", &[VERSION], &batch, None),
        ("not JSON", &[], "{\"id\":7", None),
    ] {
        let error = read(&headers(pairs), body.as_bytes()).expect_err(what);
        assert_eq!(error.id(), id.as_ref(), "{what}");
    }
}
