//! Every refusal of docs/requirements.md ("Refusals"): status, challenge and body as a client reads them.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{CALL, Running, json},
};
use portcullis_oauth::Challenge;
use portcullis_testing::{Answer, TestKey, Token};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// What a refusal looks like.
#[derive(Clone, Copy)]
enum Form {
    /// A challenge without error: nothing was sent.
    Unauthorized,
    /// A challenge with this error, which the body repeats.
    Challenged(&'static str),
    /// An OAuth error in the body, and no challenge: nothing the client could ask for would help.
    Denied,
    /// A JSON-RPC error of this code.
    Rpc(i64),
    /// The same, 403, and a challenge for more scopes.
    StepUp,
}
use Form::{Challenged, Denied, Rpc, StepUp, Unauthorized};

for_both_drivers!(
    tokens,
    policy_host_and_origin,
    messages,
    a_legacy_response_goes_up_with_a_good_token_only,
    keys_that_cannot_be_had
);

type Row<'a> = (&'a str, RequestBuilder, u16, Form);

/// A request without any token.
fn bare(gateway: &Running, body: &str) -> RequestBuilder {
    gateway
        .client
        .post(gateway.url())
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(body.to_owned())
}

/// A request with a good token.
fn with(gateway: &Running, body: &str) -> RequestBuilder {
    bare(gateway, body).bearer_auth(gateway.signed())
}

/// A call under another token.
fn under(gateway: &Running, token: Token) -> RequestBuilder {
    bare(gateway, CALL).bearer_auth(token.sign(&TestKey::rsa()))
}

/// A body of the modern era, with its version header.
fn modern(gateway: &Running, method: &str, params: &str) -> RequestBuilder {
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let body = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{{{params}{meta}}}}}"#);
    with(gateway, &body).header("mcp-protocol-version", "2026-07-28")
}

async fn all_refused(gateway: &Running, rows: Vec<Row<'_>>) {
    let metadata = format!("http://{}/.well-known/oauth-protected-resource/mcp", gateway.address);
    for (name, request, status, form) in rows {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{name}");
        assert_eq!(answer.headers()["content-type"], "application/json", "{name}");
        let challenge =
            answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let parsed = challenge.map(|text| text.parse::<Challenge>().unwrap());
        let told =
            parsed.as_ref().map(|it| (it.error_code().map(|code| code.as_str()), it.scopes().to_string()));
        assert!(parsed.is_none_or(|it| it.metadata_url() == Some(metadata.as_str())), "{name}");
        let scopes = "todo:read".to_owned();
        match form {
            Unauthorized => {
                assert_eq!((told, &body["error"]), (Some((None, scopes)), &"unauthorized".into()), "{name}");
            }
            Challenged(error) => {
                assert_eq!((told, &body["error"]), (Some((Some(error), scopes)), &error.into()), "{name}");
            }
            StepUp => {
                let told = (told, &body["error"]["code"], &body["id"]);
                let error = Some((Some("insufficient_scope"), scopes));
                assert_eq!(told, (error, &403.into(), &1.into()), "{name}: {body}");
            }
            Denied => assert!(told.is_none() && body["error"].is_string(), "{name}: {body}"),
            Rpc(code) => assert_eq!((told, &body["error"]["code"]), (None, &code.into()), "{name}: {body}"),
        }
    }
    assert!(gateway.seen.lock().unwrap().is_empty(), "nothing reached the upstream");
}

/// RS-05..RS-08, RS-10, RS-14..RS-16, RS-20, CH-01, CH-05..CH-09, CH-11, CH-13, G-06, G-23, JW-01..JW-05, JW-11, JW-21
async fn tokens(driver: Driver) {
    let gateway = driver.start(|_| async { json(200, "{}") }).await;
    let (g, token) = (&gateway, || gateway.token());
    let now = portcullis_oauth::Clock::now(&*gateway.clock).0;
    let raw = |value: &[u8]| bare(g, CALL).header("authorization", value);
    let forged = token().sign(&TestKey::other_rsa());
    let none = format!("{}.", token().header("alg", "none").signing_input());
    let query = gateway.client.post(format!("{}?access_token={}", g.url(), g.signed()));
    let form = bare(g, &format!("access_token={}", g.signed()));
    let beside = |media_type: &str, text: &str| {
        let request = gateway.client.post(g.url()).bearer_auth(g.signed());
        request.header("content-type", media_type.to_owned()).body(text.to_owned())
    };
    let form_type = "Application/X-WWW-Form-URLEncoded; charset=utf-8";
    all_refused(
        g,
        vec![
            (
                "a second in a form",
                beside(form_type, "a=1&access_token=x"),
                400,
                Challenged("invalid_request"),
            ),
            ("a second, encoded", beside(form_type, "access%5Ftoken=x"), 400, Challenged("invalid_request")),
            ("a form with something else", beside(form_type, "a=access_token"), 415, Rpc(-32600)),
            ("nothing", bare(g, CALL), 401, Unauthorized),
            ("nothing, and no JSON", bare(g, "{"), 401, Unauthorized),
            ("nothing, on a stream", gateway.client.get(g.url()), 401, Unauthorized),
            ("nothing, at a session's end", gateway.client.delete(g.url()), 401, Unauthorized),
            ("nothing, by another method", gateway.client.put(g.url()), 401, Unauthorized),
            ("another scheme", bare(g, CALL).basic_auth("a", Some("b")), 401, Unauthorized),
            ("in the query", query.body(CALL), 401, Unauthorized),
            (
                "in a form",
                form.header("content-type", "application/x-www-form-urlencoded"),
                401,
                Unauthorized,
            ),
            (
                "in a cookie",
                bare(g, CALL).header("cookie", format!("access_token={}", g.signed())),
                401,
                Unauthorized,
            ),
            ("empty", raw(b"Bearer "), 401, Challenged("invalid_token")),
            ("no token68", raw(b"Bearer \xc3\xa4"), 401, Challenged("invalid_token")),
            ("two", with(g, CALL).header("authorization", "Bearer b"), 400, Challenged("invalid_request")),
            ("malformed", bare(g, CALL).bearer_auth("a.b.c"), 401, Challenged("invalid_token")),
            ("expired", under(g, token().claim("exp", now - 31)), 401, Challenged("invalid_token")),
            ("not yet valid", under(g, token().claim("nbf", now + 31)), 401, Challenged("invalid_token")),
            ("without expiry", under(g, token().without("exp")), 401, Challenged("invalid_token")),
            ("badly signed", bare(g, CALL).bearer_auth(forged), 401, Challenged("invalid_token")),
            ("unsigned", bare(g, CALL).bearer_auth(none), 401, Challenged("invalid_token")),
            ("symmetric", under(g, token().header("alg", "HS256")), 401, Challenged("invalid_token")),
            ("another type", under(g, token().header("typ", "JWT")), 401, Challenged("invalid_token")),
            (
                "another issuer",
                under(g, token().claim("iss", "https://other.example")),
                401,
                Challenged("invalid_token"),
            ),
            (
                "another resource",
                under(g, token().claim("aud", "https://other.example/mcp")),
                401,
                Challenged("invalid_token"),
            ),
            ("no audience", under(g, token().without("aud")), 401, Challenged("invalid_token")),
            (
                "bound to a key",
                under(g, token().claim("cnf", serde_json::json!({"jkt": "x"}))),
                401,
                Challenged("invalid_token"),
            ),
            ("a scope missing", under(g, token().claim("scope", "other")), 403, StepUp),
        ],
    )
    .await;
}

/// TM-02, TL-17, G-22: what no token helps with.
async fn policy_host_and_origin(driver: Driver) {
    let gateway = driver.start(|_| async { json(200, "{}") }).await;
    let g = &gateway;
    let call = |name: &str| with(g, &CALL.replace("list_todos", name));
    let named = |method: &str, params: &str| {
        with(g, &format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{params}}}"#))
    };
    all_refused(
        g,
        vec![
            ("a foreign origin", with(g, CALL).header("origin", "https://evil.example"), 403, Denied),
            ("an origin of nobody", with(g, CALL).header("origin", "null"), 403, Denied),
            ("a foreign host", with(g, CALL).header("host", "evil.example"), 403, Denied),
            ("an unlisted tool", call("drop_database"), 403, Rpc(403)),
            ("a tool in other case", call("LIST_TODOS"), 403, Rpc(403)),
            ("an unlisted prompt", named("prompts/get", r#"{"name":"p"}"#), 403, Rpc(403)),
            (
                "an unlisted resource",
                named("resources/read", r#"{"uri":"file:///etc/passwd"}"#),
                403,
                Rpc(403),
            ),
            ("an unknown method", named("admin/shell", "{}"), 404, Rpc(-32601)),
            ("another HTTP method", gateway.client.put(g.url()).bearer_auth(g.signed()), 405, Rpc(-32600)),
        ],
    )
    .await;
    let method = gateway.client.put(g.url()).bearer_auth(g.signed()).send().await.unwrap();
    assert_eq!(method.headers()["allow"], "POST, GET, DELETE, OPTIONS");
}

/// TM-05, TM-13, TM-14, TM-17..TM-19, TM-26, TL-03, TL-04, TL-16, G-05
async fn messages(driver: Driver) {
    let gateway = driver.start(|_| async { json(200, "{}") }).await;
    let g = &gateway;
    let call = |name: &str| {
        modern(g, "tools/call", &format!(r#""name":"{name}","#)).header("mcp-method", "tools/call")
    };
    let batch = format!("[{CALL}]");
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{}{}}}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let mut rows = vec![
        ("not JSON", with(g, "{"), 400, Rpc(-32700)),
        ("nothing", with(g, ""), 400, Rpc(-32700)),
        ("a byte order mark", with(g, &format!("\u{feff}{CALL}")), 400, Rpc(-32700)),
        ("two documents", with(g, &format!("{CALL}{CALL}")), 400, Rpc(-32700)),
        ("too deep", with(g, &deep), 400, Rpc(-32600)),
        ("no message", with(g, "{}"), 400, Rpc(-32600)),
        ("positional", with(g, r#"["2.0",1,"tools/call",{"name":"list_todos"}]"#), 400, Rpc(-32600)),
        (
            "a result beside a method",
            with(g, &CALL.replace("\"id\"", "\"result\":{},\"id\"")),
            400,
            Rpc(-32600),
        ),
        ("a batch later", with(g, &batch).header("mcp-protocol-version", "2025-06-18"), 400, Rpc(-32600)),
        (
            "initialize in a batch",
            with(g, r#"[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}]"#),
            400,
            Rpc(-32600),
        ),
        ("an unknown version", with(g, CALL).header("mcp-protocol-version", "1900-01-01"), 400, Rpc(-32022)),
        (
            "a version beside _meta's",
            call("list_todos").header("mcp-protocol-version", "2025-11-25"),
            400,
            Rpc(-32020),
        ),
        ("a method left out", modern(g, "tools/list", ""), 400, Rpc(-32020)),
        ("another method", modern(g, "tools/list", "").header("mcp-method", "tools/call"), 400, Rpc(-32020)),
        ("a name left out", call("list_todos"), 400, Rpc(-32020)),
        ("another name", call("drop_database").header("mcp-name", "list_todos"), 400, Rpc(-32020)),
        (
            "a name with bad padding",
            call("list_todos").header("mcp-name", "=?base64?bGlzdA=?="),
            400,
            Rpc(-32020),
        ),
        (
            "no _meta",
            with(g, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/list"),
            400,
            Rpc(-32602),
        ),
        (
            "a method of before, in the modern era",
            modern(g, "resources/subscribe", "").header("mcp-method", "resources/subscribe"),
            404,
            Rpc(-32601),
        ),
        (
            "a response, in the modern era",
            with(g, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).header("mcp-protocol-version", "2026-07-28"),
            400,
            Rpc(-32600),
        ),
        ("a session nobody sealed", with(g, CALL).header("mcp-session-id", "x"), 404, Rpc(-32600)),
        ("no media type", gateway.client.post(g.url()).bearer_auth(g.signed()).body(CALL), 415, Rpc(-32600)),
    ];
    // `header` appends: the first of these has two values.
    for (name, header, value) in [
        ("two media types", "content-type", "text/plain"),
        ("a compressed body", "content-encoding", "gzip"),
        ("two encodings", "content-encoding", "identity, identity"),
    ] {
        rows.push((name, with(g, CALL).header(header, value), 415, Rpc(-32600)));
    }
    for media_type in [
        "text/plain",
        "application/json; charset=utf-7",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; charset=utf-7",
        "application/jsonx",
        "application/x-www-form-urlencoded",
    ] {
        let request = gateway.client.post(g.url()).bearer_auth(g.signed());
        rows.push((media_type, request.header("content-type", media_type).body(CALL), 415, Rpc(-32600)));
    }
    // A member that one reader takes for another's, or twice.
    for (name, from, to) in [
        ("jsonrpc twice", "{\"jsonrpc\"", "{\"jsonrpc\":\"2.0\",\"jsonrpc\""),
        ("id twice", "\"id\"", "\"id\":2,\"id\""),
        ("method twice", "\"method\"", "\"method\":\"ping\",\"method\""),
        ("method twice, once escaped", "\"method\"", "\"m\\u0065thod\":\"ping\",\"method\""),
        ("params twice", "\"params\"", "\"params\":{},\"params\""),
        ("name twice", "\"name\"", "\"name\":\"drop_database\",\"name\""),
        ("method in other case", "\"method\"", "\"Method\":\"ping\",\"method\""),
        ("name in other case", "\"name\"", "\"NAME\":\"drop_database\",\"name\""),
        ("params with a long s", "\"params\"", "\"param\u{17f}\":{},\"params\""),
        ("a key of serde_json's own", "\"name\"", "\"$serde_json::private::RawValue\":\"1\",\"name\""),
        ("params as an array", "{\"name\":\"list_todos\"}", "[\"list_todos\"]"),
        ("arguments as an array", "\"name\"", "\"arguments\":[],\"name\""),
        ("arguments twice", "\"name\"", "\"arguments\":{},\"arguments\":{\"a\":1},\"name\""),
        ("a name that is no text", "\"list_todos\"", "7"),
    ] {
        let body = CALL.replacen(from, to, 1);
        assert_ne!(body, CALL, "{name}");
        rows.push((name, with(g, &body), 400, Rpc(-32600)));
    }
    all_refused(g, rows).await;

    let unknown = with(g, CALL).header("mcp-protocol-version", "1900-01-01").send().await.unwrap();
    let body: Value = serde_json::from_slice(&unknown.bytes().await.unwrap()).unwrap();
    assert_eq!(body["error"]["data"]["requested"], "1900-01-01");
    assert!(body["error"]["data"]["supported"].as_array().unwrap().contains(&"2026-07-28".into()));
    let told = call("drop_database").header("mcp-name", "list_todos").send().await.unwrap();
    let body: Value = serde_json::from_slice(&told.bytes().await.unwrap()).unwrap();
    assert_eq!(body["id"], 7, "the client learns which request it was");
}

/// A legacy client answers the server's own requests: nothing to authorize but who it is.
async fn a_legacy_response_goes_up_with_a_good_token_only(driver: Driver) {
    let gateway = driver.start(|_| async { json(202, "") }).await;
    let response = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    assert_eq!(bare(&gateway, response).send().await.unwrap().status(), 401);
    assert_eq!(with(&gateway, response).send().await.unwrap().status(), 202);
    assert_eq!(gateway.seen.lock().unwrap().len(), 1);
}

/// The issuer's outage is nobody's bad token: 503 with a time to come back, and no challenge.
async fn keys_that_cannot_be_had(driver: Driver) {
    let gateway = driver.start(|_| async { json(200, "{}") }).await;
    gateway.fetch.set(Answer::Down);
    for method in [Method::POST, Method::GET] {
        let request = gateway.client.request(method, gateway.url()).bearer_auth(gateway.signed()).body(CALL);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 503);
        let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait) && !answer.headers().contains_key("www-authenticate"));
    }
}
