//! Headers that repeat arguments, checked once a list has said which do.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{Running, value},
};
use portcullis_oauth::Scope;
use portcullis_resource_server::{DefaultRule, Policy};
use portcullis_testing::{Upstream, upstream::Reply};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

for_both_drivers!(
    a_repeated_argument_must_be_true_once_a_list_has_said_so,
    a_hidden_tool_is_refused_before_its_headers_are_looked_at,
    a_list_that_passes_as_it_came_is_heard_too,
    a_list_of_an_older_revision_says_nothing_of_headers
);

async fn gateway(driver: Driver, upstream: &Upstream) -> Running {
    driver.with_policy(upstream, Policy::new(DefaultRule::Refuse).tool("sql", Scope::default())).await
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

/// Two tools that repeat their region.
fn tools(header: &str) -> [Value; 2] {
    let schema =
        json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": header } } });
    ["sql", "hidden"].map(|name| json!({ "name": name, "inputSchema": schema }))
}

/// A list passes in which both repeat it.
async fn list(gateway: &Running, upstream: &Upstream, header: &str) {
    let tools = tools(header);
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
async fn a_repeated_argument_must_be_true_once_a_list_has_said_so(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
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
async fn a_hidden_tool_is_refused_before_its_headers_are_looked_at(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    list(&gateway, &upstream, "Region").await;
    for tool in ["hidden", "unknown"] {
        assert_eq!(call(&gateway, tool).send().await.unwrap().status(), 403, "{tool}");
    }
}

/// TM-23: where nothing is hidden from anybody, and where rules only observe, each list passes as it came, and says all the
/// same what must be repeated.
async fn a_list_that_passes_as_it_came_is_heard_too(driver: Driver) {
    let read = || Scope::parse("todo:read").unwrap();
    for policy in [
        Policy::new(DefaultRule::Authenticated).tool("*", read()),
        Policy::new(DefaultRule::Refuse).dangerous_observe(),
    ] {
        let upstream = Upstream::start().await;
        let gateway = driver.with_policy(&upstream, policy).await;
        let text = format!(r#" {{"result":{{"tools":{}}}, "id":9,"jsonrpc":"2.0"}}"#, json!(tools("Region")));
        let listed = |reply: Reply| {
            upstream.next(reply.header("etag", "\"1\"").header("cache-control", "max-age=60"));
            let asked = modern(&gateway, "tools/list", json!({})).header("accept-encoding", "gzip");
            async move { asked.send().await.unwrap() }
        };

        // What is encoded, or too long, or no list at all, is not understood, and passes.
        for (kind, encoding, body) in [
            ("application/json", "gzip", "\u{1f}\u{8b}".to_owned()),
            ("text/plain", "identity", text.clone()),
            ("application/json", "identity", text[..30].to_owned()),
            ("text/event-stream", "identity", "data: {\"result\":{\"tools\":[{\n\n".to_owned()),
            ("application/json", "identity", format!("{}{text}", " ".repeat(8 * 1024 * 1024))),
        ] {
            let reply =
                Reply::text(200, &body).header("content-type", kind).header("content-encoding", encoding);
            let answer = listed(reply).await;
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["content-encoding"]),
                (200, &encoding.parse().unwrap())
            );
            assert!(answer.bytes().await.unwrap() == body, "{kind} {encoding} {}", body.len());
        }
        assert_eq!(call(&gateway, "sql").send().await.unwrap().status(), 200, "nothing is known yet");

        // JSON, whole and in pieces, then events, each with a newer definition.
        let answer = listed(Reply::text(200, &text).header("content-type", "application/json")).await;
        assert_eq!(
            (&answer.headers()["etag"], &answer.headers()["cache-control"]),
            (&"\"1\"".parse().unwrap(), &"max-age=60".parse().unwrap())
        );
        assert_eq!(answer.content_length(), Some(text.len() as u64));
        assert_eq!(answer.text().await.unwrap(), text);
        assert_eq!(upstream.requests().pop().unwrap().header("accept-encoding"), Some("identity"));
        is_mismatch(call(&gateway, "sql").send().await.unwrap()).await;
        assert_eq!(
            call(&gateway, "sql").header("mcp-param-region", "eu").send().await.unwrap().status(),
            200
        );
        assert_eq!(call(&gateway, "list_todos").send().await.unwrap().status(), 200, "it repeats nothing");

        for (kind, before, after, header) in [
            ("application/json", "", "", "Place"),
            ("text/event-stream", ": hello\r\n\r\nid: 1\ndata: ", "\n\n", "Zone"),
            ("text/event-stream", "\u{feff}data:", "", "Area"),
        ] {
            let text = format!("{before}{}{after}", text.replace("Region", header));
            let (events, reply) = Reply::events();
            let sent = tokio::spawn(listed(reply.header("content-type", kind)));
            for piece in text.as_bytes().chunks(7) {
                assert!(events.raw(piece.to_vec()).await);
            }
            drop(events);
            assert_eq!(sent.await.unwrap().text().await.unwrap(), text);
            is_mismatch(call(&gateway, "sql").header("mcp-param-region", "eu").send().await.unwrap()).await;
            let name = format!("mcp-param-{header}");
            assert_eq!(
                call(&gateway, "sql").header(name, "eu").send().await.unwrap().status(),
                200,
                "{header}"
            );
        }
    }
}

/// TM-23: the older revisions have no such headers, and their lists pass unheard.
async fn a_list_of_an_older_revision_says_nothing_of_headers(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.with_policy(&upstream, Policy::new(DefaultRule::Authenticated)).await;
    upstream.next(Reply::result(json!({ "tools": tools("Region") })));
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let answer = gateway.call().header("accept-encoding", "gzip").body(body).send().await.unwrap();
    assert_eq!(value(answer).await["result"]["tools"], json!(tools("Region")));
    assert_ne!(upstream.only_request().header("accept-encoding"), Some("identity"));
    assert_eq!(call(&gateway, "sql").send().await.unwrap().status(), 200);
}
