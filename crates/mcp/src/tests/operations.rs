//! What each method names, and what of it is kept.

use super::{headers, modern};
use crate::{Id, Kind, Operation, Standing, Target, read};
use http::HeaderMap;

fn operation(method: &str, params: &str) -> Operation {
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    read(&HeaderMap::new(), body.as_bytes()).unwrap().operations()[0].clone()
}

/// G-22, TM-17
#[test]
fn names_what_each_method_is_for() {
    let tool = || Some(Target::Tool("t".into()));
    let prompt = || Some(Target::Prompt("p".into()));
    let resource = || Some(Target::Resource("u:x".into()));
    let task = || Some(Target::Task("1".into()));
    for (method, params, target, standing) in [
        ("tools/call", r#"{"name":"t","uri":"u:y"}"#, tool(), Standing::Names),
        ("prompts/get", r#"{"name":"p"}"#, prompt(), Standing::Names),
        ("resources/read", r#"{"uri":"u:x","name":"t"}"#, resource(), Standing::Names),
        ("resources/subscribe", r#"{"uri":"u:x"}"#, resource(), Standing::Names),
        ("resources/unsubscribe", r#"{"uri":"u:x"}"#, resource(), Standing::Names),
        ("completion/complete", r#"{"ref":{"type":"ref/prompt","name":"p"}}"#, prompt(), Standing::Names),
        (
            "completion/complete",
            r#"{"ref":{"uri":"u:x","type":"ref/resource"}}"#,
            resource(),
            Standing::Names,
        ),
        ("tasks/get", r#"{"taskId":"1"}"#, task(), Standing::Names),
        ("tasks/result", r#"{"taskId":"1"}"#, task(), Standing::Names),
        ("tasks/cancel", r#"{"taskId":"1"}"#, task(), Standing::Names),
        ("tasks/update", r#"{"taskId":"1"}"#, task(), Standing::Names),
        ("tasks/list", "{}", None, Standing::Protocol),
        ("tools/list", "{}", None, Standing::Protocol),
        ("prompts/list", "{}", None, Standing::Protocol),
        ("resources/list", "{}", None, Standing::Protocol),
        ("resources/templates/list", "{}", None, Standing::Protocol),
        ("initialize", "{}", None, Standing::Protocol),
        ("ping", "{}", None, Standing::Protocol),
        ("server/discover", "{}", None, Standing::Protocol),
        ("logging/setLevel", "{}", None, Standing::Protocol),
        ("notifications/initialized", "{}", None, Standing::Unknown),
        ("Tools/Call", r#"{"name":"t"}"#, None, Standing::Unknown),
        ("sampling/createMessage", "{}", None, Standing::Unknown),
        ("acme/anything", "{}", None, Standing::Unknown),
    ] {
        let operation = operation(method, params);
        assert_eq!(operation.target(), target.as_ref(), "{method}");
        assert_eq!(operation.targets().next(), target.as_ref(), "{method}");
        assert_eq!(operation.standing(), standing, "{method}");
        assert!(operation.also_names().is_empty(), "{method}");
        assert_eq!((operation.method(), operation.id()), (method, Some(&Id::Integer(1))));
    }
}

/// TM-32: a listener is the protocol's own, and each resource it listens to is there to be judged.
#[test]
fn a_listener_names_its_resources() {
    let listen = |uris: &str| {
        format!(r#"{{"notifications":{{"toolsListChanged":true,"resourceSubscriptions":{uris}}}}}"#)
    };
    let operation = operation("subscriptions/listen", &listen(r#"["u:x","u:y"]"#));
    let named: Vec<_> = operation.also_names().iter().map(Target::as_str).collect();
    assert_eq!(named, ["u:x", "u:y"]);
    assert_eq!(operation.targets().count(), 2);
    assert_eq!(operation.standing(), Standing::Protocol);

    let many = |count: usize| listen(&format!("[{}]", vec![r#""u:x""#; count].join(",")));
    for (name, params, reason) in [
        ("a thousand", many(1000), None),
        ("more", many(1001), Some("too_many_names")),
        ("a number", listen("[1]"), Some("invalid_name")),
        ("no list", listen(r#""u:x""#), Some("invalid_name")),
        ("an object", listen(r#"{"0":"u:x"}"#), Some("invalid_name")),
        ("null", listen("null"), None),
        ("no filter", "{}".to_owned(), None),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{params}}}"#);
        let found = read(&HeaderMap::new(), body.as_bytes());
        assert_eq!(found.err().map(|error| error.reason()), reason, "{name}");
    }
}

/// TM-15: a client of the modern era that asks for a method of an older one learns that it is gone, as it would from the
/// server itself, and not that a parameter is missing.
#[test]
fn a_method_that_the_modern_era_removed_is_not_found() {
    for method in ["resources/subscribe", "resources/unsubscribe", "tasks/result"] {
        let modern_headers = headers(&[("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)]);
        let error = read(&modern_headers, modern(method, "").as_bytes()).expect_err(method);
        assert_eq!((error.status(), error.code()), (404, -32601), "{method}");
        assert_eq!(error.id(), Some(&Id::Integer(1)), "{method}");

        let legacy_headers = headers(&[("mcp-protocol-version", "2025-11-25")]);
        let legacy = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{}}}}"#);
        let error = read(&legacy_headers, legacy.as_bytes()).expect_err(method);
        assert_eq!((error.status(), error.code()), (400, -32602), "{method}");
    }
}

#[test]
fn a_completion_of_nothing_known_is_refused() {
    for (name, params, code) in [
        ("no ref", "{}", -32602),
        ("unknown type", r#"{"ref":{"type":"ref/tool","name":"t"}}"#, -32602),
        ("no type", r#"{"ref":{"name":"p"}}"#, -32602),
        ("name of the other type", r#"{"ref":{"type":"ref/prompt","uri":"u:x"}}"#, -32602),
        ("type twice", r#"{"ref":{"type":"ref/prompt","type":"ref/resource","name":"p","uri":"u"}}"#, -32600),
        ("name twice", r#"{"ref":{"type":"ref/prompt","name":"p","NAME":"q"}}"#, -32600),
        ("type is a number", r#"{"ref":{"type":1,"name":"p"}}"#, -32600),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{params}}}"#);
        let error = read(&HeaderMap::new(), body.as_bytes()).expect_err(name);
        assert_eq!(error.code(), code, "{name}");
    }
}

/// §13: "legacy client posts a JSON-RPC response"; TM-05.
#[test]
fn a_response_is_a_legacy_clients_only() {
    for body in [r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#]
    {
        for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
            let request = read(&headers(&[("mcp-protocol-version", version)]), body.as_bytes()).unwrap();
            let operation = &request.operations()[0];
            assert_eq!((operation.kind(), operation.standing()), (Kind::Response, Standing::Protocol));
            assert_eq!((operation.method(), operation.id(), operation.target()), ("", None, None));
        }
        let error = read(&headers(&[("mcp-protocol-version", "2026-07-28")]), body.as_bytes()).unwrap_err();
        assert_eq!((error.code(), error.reason()), (-32600, "response_refused"));
    }
}

#[test]
fn a_notification_is_the_protocols_own_whatever_it_is_called() {
    for (method, standing) in [
        ("notifications/initialized", Standing::Protocol),
        ("notifications/of/tomorrow", Standing::Protocol),
        ("tools/call", Standing::Names),
        ("acme/anything", Standing::Unknown),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{"name":"t"}}}}"#);
        let request = read(&HeaderMap::new(), body.as_bytes()).unwrap();
        assert!(request.operations()[0].is_notification());
        assert_eq!(request.operations()[0].standing(), standing, "{method}");
    }
}

#[test]
fn debug_prints_no_argument_and_no_id() {
    let body = r#"{"jsonrpc":"2.0","id":"id-of-7","method":"tools/call","params":{"name":"t","arguments":{"password":"hunter2"}}}"#;
    let printed = format!("{:?}", read(&HeaderMap::new(), body.as_bytes()).unwrap());
    for hidden in ["password", "hunter2", "id-of-7"] {
        assert!(!printed.contains(hidden), "{printed}");
    }
}
