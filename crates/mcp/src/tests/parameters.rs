//! `Mcp-Param-*` against schema and body.

use crate::{Expected, Judge, MirroredParameter, Target, check_parameters, read};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// Sees everything, and keeps what it learns.
#[derive(Default)]
struct Learner(Vec<MirroredParameter>);

impl Judge for Learner {
    fn shows(&mut self, _: &Target) -> bool {
        false
    }

    fn learns(&mut self, tool: &str, mirrored: Vec<MirroredParameter>) {
        assert_eq!(tool, "sql");
        self.0 = mirrored;
    }
}

/// What a list teaches in which the tool has this schema, though nobody gets to see it.
fn learned(schema: &str) -> Vec<MirroredParameter> {
    let list = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let expected = Expected::of(&read(&HeaderMap::new(), list).unwrap());
    let answer = format!(r#"{{"id":1,"result":{{"tools":[{{"inputSchema":{schema},"name":"sql"}}]}}}}"#);
    let mut learner = Learner::default();
    expected.filter(answer.as_bytes(), &mut learner);
    learner.0
}

fn schema() -> String {
    json!({ "type": "object", "properties": {
        "region": { "type": "string", "x-mcp-header": "Region" },
        "limit": { "x-mcp-header": "Limit", "type": "integer" },
        "dry": { "type": "boolean", "x-mcp-header": "Dry" },
        "options": { "type": "object", "properties": {
            "tenant": { "type": "string", "x-mcp-header": "Tenant" },
        }},
        "query": { "type": "string", "default": { "x-mcp-header": "No" } },
    }})
    .to_string()
}

fn check(is_modern: bool, arguments: &str, sent: &[(&str, &str)]) -> Result<(), &'static str> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut headers = HeaderMap::new();
    let mut body = format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"sql","arguments":{arguments}"#
    );
    if is_modern {
        body += &format!(r#","_meta":{meta}"#);
        for (name, value) in
            [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "sql")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    body += "}}";
    for (name, value) in sent {
        let name: HeaderName = format!("Mcp-Param-{name}").parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let request = read(&headers, body.as_bytes()).unwrap();
    let checked = check_parameters(&headers, &request, body.as_bytes(), &learned(&schema()));
    checked.map_err(|error| {
        assert_eq!((error.status(), error.code(), error.id().is_some()), (400, -32020, true));
        error.message()
    })
}

/// TM-22, TM-23, TM-24
#[test]
fn a_header_says_what_the_argument_says() {
    for (name, arguments, sent, expected) in [
        ("none of either", json!({}), &[][..], true),
        ("text", json!({ "region": "eu" }), &[("Region", "eu")], true),
        ("header name in another case", json!({ "region": "eu" }), &[("REGION", "eu")], true),
        ("blanks around", json!({ "region": "eu" }), &[("Region", " eu\t")], true),
        ("encoded", json!({ "region": "世界" }), &[("Region", "=?base64?5LiW55WM?=")], true),
        ("encoded needlessly", json!({ "region": "eu" }), &[("Region", "=?base64?ZXU=?=")], true),
        ("upper-case marker", json!({ "region": "=?BASE64?ZXU=?=" }), &[("Region", "=?BASE64?ZXU=?=")], true),
        ("integer", json!({ "limit": 42 }), &[("Limit", "42")], true),
        ("integer with a point", json!({ "limit": 42 }), &[("Limit", "42.0")], true),
        ("boolean", json!({ "dry": false }), &[("Dry", "false")], true),
        ("nested", json!({ "options": { "tenant": "a" } }), &[("Tenant", "a")], true),
        ("null", json!({ "region": null }), &[], true),
        ("unknown header", json!({}), &[("Other", "\u{e9}")], true),
        ("not reached", json!({ "options": "x", "query": "y" }), &[], true),
        ("missing", json!({ "region": "eu" }), &[], false),
        ("missing inside", json!({ "options": { "tenant": "a" } }), &[], false),
        ("another text", json!({ "region": "eu" }), &[("Region", "us")], false),
        ("another case", json!({ "region": "eu" }), &[("Region", "EU")], false),
        ("another tenant", json!({ "options": { "tenant": "a" } }), &[("Tenant", "b")], false),
        ("another integer", json!({ "limit": 42 }), &[("Limit", "43")], false),
        ("no number", json!({ "limit": 42 }), &[("Limit", "0x2a")], false),
        ("no number to us", json!({ "limit": 42 }), &[("Limit", "+42")], false),
        ("text for a number", json!({ "limit": "42" }), &[("Limit", "42.0")], false),
        ("boolean in capitals", json!({ "dry": true }), &[("Dry", "True")], false),
        ("number for a boolean", json!({ "dry": true }), &[("Dry", "1")], false),
        ("absent argument", json!({}), &[("Region", "eu")], false),
        ("null argument", json!({ "region": null }), &[("Region", "null")], false),
        ("object", json!({ "region": {} }), &[("Region", "{}")], false),
        ("twice", json!({ "region": "eu" }), &[("Region", "eu"), ("Region", "eu")], false),
        ("bad base64", json!({ "region": "eu" }), &[("Region", "=?base64?ZXU?=")], false),
        ("no ASCII", json!({ "region": "é" }), &[("Region", "é")], false),
    ] {
        assert_eq!(check(true, &arguments.to_string(), sent).is_ok(), expected, "{name}");
    }
    let long = "x".repeat(5000);
    assert!(check(true, &json!({ "region": long }).to_string(), &[("Region", &long)]).is_err(), "TM-25");
}

/// One reader takes the first, another the last; Go takes either case.
#[test]
fn an_argument_that_two_readers_take_differently_is_refused() {
    for arguments in [
        r#"{"region":"eu","region":"us"}"#,
        r#"{"region":"us","region":"eu"}"#,
        r#"{"region":"eu","Region":"us"}"#,
        r#"{"Region":"eu"}"#,
        r#"{"region":"eu","regi\u006fn":"us"}"#,
        r#"{"region":"eu","region\u0000":"us"}"#,
        r#"{"region":"eu","options":{"tenant":"a","tenant":"b"}}"#,
        r#"{"region":"eu","options":{},"options":{"tenant":"b"}}"#,
    ] {
        assert!(check(true, arguments, &[("Region", "eu"), ("Tenant", "a")]).is_err(), "{arguments}");
        assert!(check(false, arguments, &[("Region", "eu")]).is_err(), "{arguments}");
    }
}

/// G-15: an older revision does not ask for these headers, and must not lie in them.
#[test]
fn an_older_revision_may_leave_them_out() {
    assert!(check(false, r#"{"region":"eu"}"#, &[]).is_ok());
    assert!(check(false, r#"{"region":"eu"}"#, &[("Region", "eu")]).is_ok());
    assert!(check(false, r#"{"region":"eu"}"#, &[("Region", "us")]).is_err());
}

/// SEP-2243: such a definition is invalid as a whole, and clients do not call the tool.
#[test]
fn a_definition_that_may_not_be_mirrors_nothing() {
    let property = |property: Value| json!({ "properties": { "good": { "type": "string", "x-mcp-header": "Good" }, "a": property }});
    for (name, schema, count) in [
        ("good", property(json!({ "type": "string", "x-mcp-header": "A" })), 2),
        ("not reached", property(json!({ "items": { "type": "string", "x-mcp-header": "A" } })), 1),
        ("empty", property(json!({ "type": "string", "x-mcp-header": "" })), 0),
        ("no token", property(json!({ "type": "string", "x-mcp-header": "a b" })), 0),
        ("line break", property(json!({ "type": "string", "x-mcp-header": "a\r\nb" })), 0),
        ("no text", property(json!({ "type": "string", "x-mcp-header": 1 })), 0),
        ("a number", property(json!({ "type": "number", "x-mcp-header": "A" })), 0),
        ("an object", property(json!({ "type": "object", "x-mcp-header": "A" })), 0),
        ("no type", property(json!({ "x-mcp-header": "A" })), 0),
        ("twice", property(json!({ "type": "string", "x-mcp-header": "GOOD" })), 0),
        ("root", json!({ "type": "string", "x-mcp-header": "A" }), 0),
        (
            "beside its twin",
            json!({ "properties": {
                "id": { "type": "string", "x-mcp-header": "A" }, "ID": { "type": "string", "x-mcp-header": "B" },
            }}),
            0,
        ),
        ("true", json!(true), 0),
    ] {
        assert_eq!(learned(&schema.to_string()).len(), count, "{name}");
    }
}
