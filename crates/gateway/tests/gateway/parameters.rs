//! Headers that repeat arguments, checked once a list has said which do.

use crate::fixture::{Running, value, with_policy};
use portcullis_oauth::Scope;
use portcullis_resource_server::{DefaultRule, Policy};
use portcullis_testing::{Upstream, upstream::Reply};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

async fn gateway(upstream: &Upstream) -> Running {
    with_policy(upstream, Policy::new(DefaultRule::Refuse).tool("sql", Scope::default())).await
}

fn modern(gateway: &Running, method: &str, mut params: Value) -> RequestBuilder {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params["name"].as_str().map(str::to_owned);
    let request = gateway
        .call()
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method)
        .body(json!({ "jsonrpc": "2.0", "id": 9, "method": method, "params": params }).to_string());
    match name {
        Some(name) => request.header("mcp-name", name),
        None => request,
    }
}

fn call(gateway: &Running, tool: &str) -> RequestBuilder {
    modern(gateway, "tools/call", json!({ "name": tool, "arguments": { "region": "eu" } }))
}

/// A list passes in which both tools repeat their region.
async fn list(gateway: &Running, upstream: &Upstream, header: &str) {
    let schema =
        json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": header } } });
    let tools = ["sql", "hidden"].map(|name| json!({ "name": name, "inputSchema": schema }));
    upstream.next(Reply::result(json!({ "tools": tools })));
    let answer = modern(gateway, "tools/list", json!({})).send().await.unwrap();
    let answer = value(answer).await;
    assert_eq!(answer["result"], json!({ "tools": [tools[0]], "cacheScope": "private" }));
}

async fn is_mismatch(answer: Response) {
    assert_eq!(answer.status(), 400);
    let error = value(answer).await;
    assert_eq!((&error["error"]["code"], &error["id"]), (&json!(-32020), &json!(9)));
}

/// TM-22, TM-23, TM-24
#[tokio::test]
async fn a_repeated_argument_must_be_true_once_a_list_has_said_so() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    assert_eq!(call(&gateway, "sql").send().await.unwrap().status(), 200, "nothing is known yet");
    list(&gateway, &upstream, "Region").await;
    is_mismatch(call(&gateway, "sql").send().await.unwrap()).await;
    is_mismatch(call(&gateway, "sql").header("mcp-param-region", "us").send().await.unwrap()).await;
    for value in ["eu", "=?base64?ZXU=?="] {
        let request = call(&gateway, "sql").header("Mcp-Param-Region", value).header("Mcp-Param-Other", "x");
        assert_eq!(request.send().await.unwrap().status(), 200);
        let request = upstream.requests().pop().unwrap();
        assert_eq!(
            (request.header("mcp-param-region"), request.header("mcp-param-other")),
            (Some(value), Some("x"))
        );
    }
    list(&gateway, &upstream, "Place").await;
    is_mismatch(call(&gateway, "sql").header("mcp-param-region", "eu").send().await.unwrap()).await;
    assert_eq!(call(&gateway, "sql").header("mcp-param-place", "eu").send().await.unwrap().status(), 200);
}

/// G-22: whoever may not call a tool does not learn what it repeats.
#[tokio::test]
async fn a_hidden_tool_is_refused_before_its_headers_are_looked_at() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream).await;
    list(&gateway, &upstream, "Region").await;
    for tool in ["hidden", "unknown"] {
        assert_eq!(call(&gateway, tool).send().await.unwrap().status(), 403, "{tool}");
    }
}
