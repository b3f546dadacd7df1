//! Each refusal as the client sees it: status, challenge, body; and as the operator does: one event.

use crate::fixture::{Fixture, LIST, RESOURCE, policy, post};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use portcullis_oauth::{Challenge, ErrorCode, Scope};
use portcullis_testing::{Answer, TestKey};
use serde_json::{Value, json};

struct Seen {
    status: StatusCode,
    challenge: Option<Challenge>,
    body: Value,
    response: Response<()>,
}

async fn refused(f: &Fixture, request: Request<Full<Bytes>>) -> Seen {
    let refusal = f.admit(request).await.expect_err("refused");
    let (head, body) = refusal.response(&f.line.challenge_context()).into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    assert_eq!(head.headers[header::CONTENT_TYPE], "application/json");
    let challenge =
        head.headers.get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().parse().unwrap());
    Seen {
        status: head.status,
        challenge,
        body: serde_json::from_slice(&body).unwrap(),
        response: Response::from_parts(head, ()),
    }
}

fn bare() -> http::request::Builder {
    Request::post(RESOURCE).header("content-type", "application/json")
}

fn body(text: &str) -> Full<Bytes> {
    Full::new(Bytes::from(text.to_owned()))
}

const METADATA: &str = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";

/// CH-01, CH-02, CH-05, CH-09, CH-11, RS-02, RS-05, RS-06, RS-15, G-02, G-03, G-20, G-23
#[tokio::test]
async fn without_a_token_there_is_a_challenge_without_an_error() {
    let f = Fixture::new();
    let query = format!("{RESOURCE}?access_token={}", f.token().sign(&TestKey::rsa()));
    let form = format!("access_token={}", f.token().sign(&TestKey::rsa()));
    for (name, request) in [
        ("nothing", bare().body(body(LIST))),
        ("another scheme", bare().header("authorization", "Basic YTpi").body(body(LIST))),
        ("in the query", bare().uri(query).body(body(LIST))),
        (
            "in a form",
            Request::post(RESOURCE)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body(&form)),
        ),
        ("initialize", bare().body(body(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#))),
        ("a stream", Request::get(RESOURCE).body(body(""))),
        ("the end of a session", Request::delete(RESOURCE).body(body(""))),
        ("another method", Request::put(RESOURCE).body(body(""))),
        ("not even JSON", bare().body(body("{"))),
    ] {
        let seen = refused(&f, request.unwrap()).await;
        let challenge = seen.challenge.unwrap();
        assert_eq!(seen.status, 401, "{name}");
        assert_eq!(challenge.error_code(), None, "{name}");
        assert_eq!(challenge.metadata_url(), Some(METADATA), "{name}");
        assert_eq!(challenge.scopes().to_string(), "todo:read todo:write", "{name}");
        assert_eq!(seen.body["error"], "unauthorized", "{name}");
    }
}

/// CH-06, CH-07, CH-08, RS-04, RS-07, RS-14
#[tokio::test]
async fn a_bad_token_is_invalid_token_and_two_are_invalid_request() {
    let f = Fixture::new();
    let expired = f.token().claim("exp", 1).sign(&TestKey::rsa());
    for (name, values, status, code) in [
        ("expired", vec![format!("Bearer {expired}")], 401, ErrorCode::InvalidToken),
        ("no token68", vec!["Bearer ä".to_owned()], 401, ErrorCode::InvalidToken),
        ("empty", vec!["Bearer ".to_owned()], 401, ErrorCode::InvalidToken),
        ("two", vec!["Bearer a".to_owned(), "Bearer b".to_owned()], 400, ErrorCode::InvalidRequest),
    ] {
        let mut request = bare().body(body(LIST)).unwrap();
        for value in values {
            let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append("authorization", value);
        }
        let seen = refused(&f, request).await;
        let challenge = seen.challenge.unwrap();
        assert_eq!((seen.status.as_u16(), challenge.error_code()), (status, Some(code)), "{name}");
        assert_eq!(challenge.metadata_url(), Some(METADATA), "{name}");
        assert_eq!(seen.body["error"], code.as_str(), "{name}");
    }
}

/// CH-13..CH-16, G-17: every scope of the operation, and of a whole batch, at once.
#[tokio::test]
async fn a_missing_scope_is_403_with_all_that_is_needed() {
    let f = Fixture::new();
    let token = f.token().without("scope").sign(&TestKey::rsa());
    let delete = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"delete_todo"}}"#;
    let batch = format!("[{LIST},{delete}]");
    for (name, text, scope) in [
        ("one", LIST, "todo:read"),
        ("by glob", delete, "todo:read todo:write"),
        ("batch", &batch, "todo:read todo:write"),
    ] {
        for _ in 0..2 {
            let seen = refused(&f, post(&token, text)).await;
            let challenge = seen.challenge.unwrap();
            assert_eq!(seen.status, 403, "{name}");
            assert_eq!(challenge.error_code(), Some(ErrorCode::InsufficientScope), "{name}");
            assert_eq!(challenge.scopes(), &Scope::parse(scope).unwrap(), "{name}");
            assert_eq!(challenge.metadata_url(), Some(METADATA), "{name}");
        }
    }
}

/// G-22: unlisted and unknown alike, without `insufficient_scope`; an unknown method is 404 (TM-15, TL-03).
#[tokio::test]
async fn what_no_rule_lists_is_refused_without_sending_anyone_round_in_step_up() {
    let f = Fixture::new();
    let token = f.token().claim("scope", "todo:read todo:write").sign(&TestKey::rsa());
    let mut bodies = Vec::new();
    for (method, params) in [
        ("tools/call", r#"{"name":"drop_database"}"#),
        ("tools/call", r#"{"name":"LIST_TODOS"}"#),
        ("prompts/get", r#"{"name":"p"}"#),
        ("resources/read", r#"{"uri":"file:///etc/passwd"}"#),
    ] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let seen = refused(&f, post(&token, &text)).await;
        assert_eq!((seen.status.as_u16(), seen.challenge), (403, None), "{method} {params}");
        bodies.push(seen.body);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
    let seen = refused(&f, post(&token, r#"{"jsonrpc":"2.0","id":7,"method":"admin/shell"}"#)).await;
    assert_eq!((seen.status.as_u16(), &seen.body["error"]["code"]), (404, &Value::from(-32601)));
    assert_eq!(seen.body["id"], 7);
    let batch =
        format!(r#"[{LIST},{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{{"name":"x"}}}}]"#);
    assert_eq!(refused(&f, post(&token, &batch)).await.status, 403, "one denied element denies all");
}

/// CH-18, G-06, G-22, G-23: one request is refused under its id, so that its client can say to whom and why; what has no id, or
/// several, by a small OAuth body. The challenge is the same.
#[tokio::test]
async fn a_request_that_was_read_is_refused_under_its_id() {
    let f = Fixture::new();
    let token = f.token().claim("scope", "todo:read").sign(&TestKey::rsa());
    let call = |id: &str, tool: &str| {
        format!(r#"{{"jsonrpc":"2.0"{id},"method":"tools/call","params":{{"name":"{tool}"}}}}"#)
    };
    let error = |id: Value, message: &str| json!({ "jsonrpc": "2.0", "id": id, "error": { "code": 403, "message": message } });
    let (denied, lacking) =
        ("this operation is not allowed", "the access token lacks a scope that this operation needs");
    let oauth = |error: &str, text: &str| json!({ "error": error, "error_description": text });
    for (name, text, is_challenged, expected) in [
        ("a number", call(r#","id":7"#, "drop"), false, error(json!(7), denied)),
        ("a text", call(r#","id":"\u0041\"""#, "drop"), false, error(json!("A\""), denied)),
        ("a scope", call(r#","id":7"#, "create_todo"), true, error(json!(7), lacking)),
        ("a notification", call("", "drop"), false, oauth("access_denied", denied)),
        (
            "a batch",
            format!("[{},{}]", call(r#","id":7"#, "drop"), call(r#","id":8"#, "drop")),
            false,
            oauth("access_denied", denied),
        ),
        (
            "a batch without a scope",
            format!("[{},{}]", call(r#","id":7"#, "create_todo"), LIST),
            true,
            oauth("insufficient_scope", lacking),
        ),
    ] {
        let seen = refused(&f, post(&token, &text)).await;
        assert_eq!((seen.status.as_u16(), seen.challenge.is_some()), (403, is_challenged), "{name}");
        assert_eq!(seen.body, expected, "{name}");
    }
    let f = Fixture::with(|_| {}, policy().require(Scope::parse("mcp").unwrap()));
    let stream =
        Request::get(RESOURCE).header("authorization", format!("Bearer {token}")).body(body("")).unwrap();
    assert_eq!(refused(&f, stream).await.body, oauth("insufficient_scope", lacking), "a stream");
}

/// CH-18, G-05: every other 4xx carries a JSON-RPC error, and never a code of the wrong kind.
#[tokio::test]
async fn malformed_messages_are_answered_in_json_rpc() {
    let f = Fixture::new();
    let token = f.token().sign(&TestKey::rsa());
    let large =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#, "x".repeat(5000));
    let authorized =
        |builder: http::request::Builder| builder.header("authorization", format!("Bearer {token}"));
    for (name, request, status, code) in [
        ("not JSON", authorized(bare()).body(body("{")), 400, -32700),
        ("no message", authorized(bare()).body(body("{}")), 400, -32600),
        ("no media type", authorized(Request::post(RESOURCE)).body(body(LIST)), 415, -32600),
        ("gzip", authorized(bare()).header("content-encoding", "gzip").body(body(LIST)), 415, -32600),
        (
            "unknown version",
            authorized(bare()).header("mcp-protocol-version", "1900-01-01").body(body(LIST)),
            400,
            -32022,
        ),
        ("false name", authorized(bare()).header("mcp-name", "other").body(body(LIST)), 400, -32020),
        ("too large", authorized(bare()).body(body(&large)), 413, -32600),
        (
            "method",
            authorized(Request::builder().method(Method::PUT).uri(RESOURCE)).body(body("")),
            405,
            -32600,
        ),
        ("session", authorized(bare()).header("mcp-session-id", "x").body(body(LIST)), 404, -32600),
    ] {
        let seen = refused(&f, request.unwrap()).await;
        assert_eq!(
            (seen.status.as_u16(), &seen.body["error"]["code"]),
            (status, &Value::from(code)),
            "{name}"
        );
        assert_eq!(seen.body["jsonrpc"], "2.0", "{name}");
        assert_eq!(seen.challenge, None, "{name}");
        if name == "unknown version" {
            assert_eq!(seen.body["error"]["data"]["requested"], "1900-01-01");
        }
        if name == "method" {
            assert!(seen.response.headers().contains_key(header::ALLOW));
        }
    }
}

#[tokio::test]
async fn unreachable_keys_are_503_with_retry_after() {
    let f = Fixture::new();
    f.fetch.set(Answer::Down);
    let seen = refused(&f, post(&f.token().sign(&TestKey::rsa()), LIST)).await;
    assert_eq!((seen.status.as_u16(), seen.challenge), (503, None));
    assert!(seen.response.headers().contains_key(header::RETRY_AFTER));
}

/// TM-02, TL-17, G-01: before the token is looked at.
#[tokio::test]
async fn a_foreign_origin_is_403_whatever_the_token() {
    let f = Fixture::new();
    for method in [Method::POST, Method::GET, Method::DELETE, Method::OPTIONS] {
        for token in [f.token().sign(&TestKey::rsa()), "garbage".to_owned()] {
            let request = Request::builder()
                .method(method.clone())
                .uri(RESOURCE)
                .header("origin", "https://evil.example")
                .header("authorization", format!("Bearer {token}"))
                .body(body(""))
                .unwrap();
            assert_eq!(refused(&f, request).await.status, 403, "{method}");
        }
    }
    assert_eq!(f.signature_checks(), 0);
}

/// RS-11, RS-12, RS-17, G-03: neither header nor query carry the token on, and what goes on is what was authorized.
#[tokio::test]
async fn the_token_stays_behind() {
    let f = Fixture::new();
    let token = f.token().sign(&TestKey::rsa());
    let mut request = post(&token, LIST);
    *request.uri_mut() = format!("{RESOURCE}?a=1&access_token={token}&b=2").parse().unwrap();
    request.headers_mut().insert("content-type", "application/json; charset=utf-8".parse().unwrap());
    let (permit, request) = f.admit(request).await.unwrap().into_parts();
    let shown = format!("{request:?} {permit:?}");
    assert!(!shown.contains(&token) && !shown.contains(token.rsplit('.').next().unwrap()), "{shown}");
    assert_eq!(request.uri().query(), Some("a=1&b=2"));
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), LIST);
}

/// One event a request, saying who, what and why not, with near misses for the operator and no secret.
#[tokio::test]
async fn every_decision_is_one_event() {
    let f = Fixture::new();
    let slash = f.token().claim("aud", "https://mcp.example.com/mcp/").sign(&TestKey::rsa());
    let plain = f.token().header("typ", "JWT").sign(&TestKey::rsa());
    let good = f.token().claim("tenant", "acme").sign(&TestKey::rsa());
    for token in [&slash, &plain, &good] {
        f.call(token).await;
    }
    f.admit(post(&good, r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_todo","arguments":{"secret":"hush"}}}"#))
        .await
        .unwrap_err();
    let events = f.events();
    assert_eq!(events.len(), 4);
    let event = |index: usize| serde_json::from_str::<Value>(&events[index]).unwrap();
    assert!(event(0)["near_miss"].as_str().unwrap().contains("trailing slash"));
    assert!(event(1)["near_miss"].as_str().unwrap().contains("relaxed"));
    assert_eq!((event(2)["decision"].take(), event(2)["reason"].take()), ("admitted".into(), "ok".into()));
    let text = &events[3];
    for expected in [
        "\"insufficient_scope\"",
        "\"delete_todo\"",
        "\"user-1\"",
        "\"client-1\"",
        "\"acme\"",
        "\"todo:write\"",
        "\"token-1\"",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let all = events.concat();
    assert!(!all.contains("hush") && !all.contains(good.rsplit('.').next().unwrap()));
}

/// Whoever writes a claim or a tool's name writes no line of the log, no terminal's commands, and no endless one.
#[tokio::test]
async fn a_hostile_text_is_one_bounded_line_of_the_audit_log() {
    let hostile = format!(
        "x\"}}\n{{\"decision\":\"admitted\",\"sub\":\"root\"}}\r\u{1b}[2J\u{2028}\u{202e}{}",
        "y".repeat(2000)
    );
    let f = Fixture::new();
    let token = f.token().claim("sub", hostile.as_str()).claim("client_id", hostile.as_str());
    let unverified = token.clone().claim("iss", hostile.as_str()).sign(&TestKey::rsa());
    let name = serde_json::to_string(&hostile).unwrap();
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":{name}}}}}"#);
    for token in [token.sign(&TestKey::rsa()), unverified] {
        f.admit(post(&token, &body)).await.unwrap_err();
    }
    let events = f.events();
    assert_eq!(events.len(), 2);
    for line in events {
        assert!(line.len() < 4096, "{}", line.len());
        assert!(!line.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{202e}')), "{line}");
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["decision"], "refused");
    }
}

/// RS-27: nothing a client says of itself opens anything.
#[tokio::test]
async fn client_info_is_no_input_of_the_policy() {
    let f = Fixture::with(|_| {}, policy());
    let token = f.token().without("scope").sign(&TestKey::rsa());
    let claims = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_todos","_meta":{"io.modelcontextprotocol/clientInfo":{"name":"admin"}}}}"#;
    assert_eq!(refused(&f, post(&token, claims)).await.status, 403);
}
