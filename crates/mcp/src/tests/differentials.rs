//! Bodies that two parsers would read differently (§13).

use crate::{ReadError, read};
use http::HeaderMap;

#[test]
fn refuses_what_two_parsers_would_read_differently() {
    let tool =
        |params: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    let top = |members: &str| format!(r#"{{"jsonrpc":"2.0",{members}}}"#);
    let lists = |depth: usize| {
        top(&format!(r#""id":1,"method":"ping","params":{{"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)))
    };
    for (what, body, reason) in [
        ("name twice", tool(r#"{"name":"safe","name":"danger"}"#), "duplicate_member"),
        ("name twice, once escaped", tool(r#"{"name":"safe","n\u0061me":"danger"}"#), "duplicate_member"),
        ("arguments twice", tool(r#"{"name":"a","arguments":{},"arguments":{}}"#), "duplicate_member"),
        ("task twice", tool(r#"{"name":"a","task":{},"task":{}}"#), "duplicate_member"),
        ("ref twice", tool(r#"{"name":"a","ref":{},"ref":{}}"#), "duplicate_member"),
        ("_meta twice", tool(r#"{"name":"a","_meta":{},"_meta":{}}"#), "duplicate_member"),
        ("method twice", top(r#""id":1,"method":"ping","method":"tools/call""#), "duplicate_member"),
        ("id twice", top(r#""id":1,"id":2,"method":"ping""#), "duplicate_member"),
        ("jsonrpc twice", top(r#""jsonrpc":"2.0","id":1,"method":"ping""#), "duplicate_member"),
        (
            "params twice",
            top(r#""id":1,"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}"#),
            "duplicate_member",
        ),
        ("name in another case", tool(r#"{"name":"safe","Name":"danger"}"#), "case_variant_member"),
        ("name in another case only", tool(r#"{"Name":"danger"}"#), "case_variant_member"),
        (
            "long s",
            top(
                "\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\"},\"param\u{17f}\":{\"name\":\"b\"}",
            ),
            "case_variant_member",
        ),
        (
            "Kelvin sign",
            top("\"id\":1,\"method\":\"tasks/get\",\"params\":{\"taskId\":\"a\",\"tas\u{212a}Id\":\"b\"}"),
            "case_variant_member",
        ),
        ("name ended by zero", tool(r#"{"name":"safe","name\u0000":"danger"}"#), "case_variant_member"),
        ("value ended by zero", tool(r#"{"name":"danger\u0000_safe"}"#), "invalid_name"),
        ("method ended by zero", top(r#""id":1,"method":"tools/call\u0000""#), "invalid_method"),
        (
            "serde_json's own name",
            tool(r#"{"$serde_json::private::RawValue":"{\"name\":\"danger\"}"}"#),
            "reserved_member",
        ),
        (
            "serde_json's own name at the top",
            r#"{"$serde_json::private::RawValue":"{}"}"#.to_owned(),
            "reserved_member",
        ),
        (
            "serde_json's own name, escaped and deep",
            tool(r#"{"name":"a","arguments":{"x":[{"\u0024serde_json::private::Number":"1"}]}}"#),
            "reserved_member",
        ),
        (
            "serde_json's own name in the id",
            top(r#""id":{"$serde_json::private::Number":"1"},"method":"ping""#),
            "reserved_member",
        ),
        ("positional params", tool(r#"["danger"]"#), "not_an_object"),
        ("params is a string", tool(r#""danger""#), "not_an_object"),
        ("positional arguments", tool(r#"{"name":"a","arguments":["x"]}"#), "not_an_object"),
        ("positional task", tool(r#"{"name":"a","task":[60]}"#), "not_an_object"),
        ("positional _meta", tool(r#"{"name":"a","_meta":["2026-07-28"]}"#), "not_an_object"),
        (
            "positional ref",
            top(r#""id":1,"method":"completion/complete","params":{"ref":["ref/prompt","p"]}"#),
            "not_an_object",
        ),
        (
            "positional filter",
            top(r#""id":1,"method":"subscriptions/listen","params":{"notifications":[["u:x"]]}"#),
            "not_an_object",
        ),
        ("positional message", r#"["tools/call",{"name":"danger"}]"#.to_owned(), "not_a_message"),
        ("result beside method", top(r#""id":1,"method":"ping","result":{}"#), "result_beside_method"),
        ("error beside method", top(r#""id":1,"error":null,"method":"ping""#), "result_beside_method"),
        ("result beside error", top(r#""id":1,"result":{},"error":{}"#), "invalid_response"),
        ("result without id", top(r#""result":{}"#), "invalid_response"),
        ("no jsonrpc", r#"{"id":1,"method":"ping"}"#.to_owned(), "jsonrpc_version"),
        ("jsonrpc 1.0", r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#.to_owned(), "jsonrpc_version"),
        ("jsonrpc is a number", r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#.to_owned(), "jsonrpc_version"),
        ("null id", top(r#""id":null,"method":"ping""#), "invalid_id"),
        ("truth as id", top(r#""id":true,"method":"ping""#), "invalid_id"),
        ("list as id", top(r#""id":[1],"method":"ping""#), "invalid_id"),
        ("object as id", top(r#""id":{},"method":"ping""#), "invalid_id"),
        ("fractional id", top(r#""id":1.5,"method":"ping""#), "invalid_id"),
        ("giant id", top(r#""id":18446744073709551615,"method":"ping""#), "invalid_id"),
        ("long id", top(&format!(r#""id":"{}","method":"ping""#, "x".repeat(1025))), "invalid_id"),
        ("method is a number", top(r#""id":1,"method":7"#), "invalid_method"),
        ("method is empty", top(r#""id":1,"method":"""#), "invalid_method"),
        ("method is long", top(&format!(r#""id":1,"method":"{}""#, "x".repeat(257))), "invalid_method"),
        ("name is a number", tool(r#"{"name":7}"#), "invalid_name"),
        ("name is null", tool(r#"{"name":null}"#), "invalid_name"),
        ("name is a list", tool(r#"{"name":["a"]}"#), "invalid_name"),
        ("name is long", tool(&format!(r#"{{"name":"{}"}}"#, "ä".repeat(4097))), "invalid_name"),
        ("uri is an object", top(r#""id":1,"method":"resources/read","params":{"uri":{}}"#), "invalid_name"),
        ("task id is a number", top(r#""id":1,"method":"tasks/get","params":{"taskId":1}"#), "invalid_name"),
        ("no name", tool("{}"), "missing_parameter"),
        ("null params", tool("null"), "missing_parameter"),
        ("no params", top(r#""id":1,"method":"resources/read""#), "missing_parameter"),
        ("nothing", top(r#""id":1"#), "not_a_message"),
        ("a string", "\"x\"".to_owned(), "not_a_message"),
        ("too deep", lists(200), "nested_too_deeply"),
        ("two documents", format!("{}{{}}", top(r#""id":1,"method":"ping""#)), "body_not_json"),
        ("cut", r#"{"jsonrpc":"2.0","id":1,"#.to_owned(), "body_not_json"),
        ("cut in a name", r#"{"jsonrpc":"2.0","id":1,"params":{"name":"a"#.to_owned(), "body_not_json"),
        ("empty", String::new(), "body_not_json"),
        ("byte order mark", "\u{feff}{}".to_owned(), "body_not_json"),
        ("lone surrogate", top(r#""id":1,"method":"\ud800""#), "body_not_json"),
        ("comment", top(r#""id":1,/**/"method":"ping""#), "body_not_json"),
    ] {
        let error = read(&HeaderMap::new(), body.as_bytes()).expect_err(what);
        assert_eq!((error.status(), error.reason()), (400, reason), "{what}");
        let code = match reason {
            "body_not_json" => -32700,
            "missing_parameter" => -32602,
            _ => -32600,
        };
        assert_eq!(error.code(), code, "{what}");
    }
    assert_eq!(read(&HeaderMap::new(), b"\xff{}"), Err(ReadError::NotJson));
    assert!(read(&HeaderMap::new(), lists(120).as_bytes()).is_ok());
}

#[test]
fn accepts_what_every_parser_reads_alike() {
    for (what, body) in [
        ("blanks around", " \n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n"),
        (
            "escaped name",
            r#"{"jsonrpc":"2.0","id":1,"m\u0065thod":"tools\/call","params":{"n\u0061me":"a"}}"#,
        ),
        ("params first", r#"{"params":{"name":"a"},"method":"tools/call","id":1,"jsonrpc":"2.0"}"#),
        ("negative id", r#"{"jsonrpc":"2.0","id":-1,"method":"ping"}"#),
        ("null params", r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#),
        (
            "null arguments",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":null}}"#,
        ),
        (
            "known names inside arguments",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"Name":1,"name":2,"method":[]}}}"#,
        ),
        (
            "params of an unknown method",
            r#"{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"name":7,"uri":[],"ref":"x","arguments":[1],"notifications":{"resourceSubscriptions":1}}}"#,
        ),
    ] {
        assert!(read(&HeaderMap::new(), body.as_bytes()).is_ok(), "{what}");
    }
}
