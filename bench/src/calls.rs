//! What the gateway is told and what clients send: a configuration, its issuer's keys, tokens, and calls of a tool.

use crate::{load::Make, peers::Peer};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use portcullis_oauth::NumericDate;
use portcullis_testing::{LoopbackServer, TestKey, Token, serve};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Who signs.
pub const ISSUER: &str = "https://issuer.example";

/// Serves the issuer's key set as long as the value lives.
pub async fn keys(key: &TestKey) -> LoopbackServer {
    let jwks = key.jwks("key-1").to_string();
    serve(axum::Router::new().fallback(move || {
        let jwks = jwks.clone();
        async move { jwks }
    }))
    .await
}

/// A gateway before `upstream`, with these rules for tools.
pub fn configuration(upstream: &str, keys: &str, rules: &str) -> String {
    resource(upstream, "", &signed(keys), rules)
}

/// A gateway before `upstream`: what more there is to say of the resource, how its tokens are verified, and rules for
/// tools.
pub fn resource(upstream: &str, more: &str, issuer: &str, rules: &str) -> String {
    format!(
        r#"
        listen = "{{address}}"
        [[resource]]
        identifier = "http://{{address}}/mcp"
        upstream = "{upstream}"
        {more}
        [[resource.issuer]]
        issuer = "{ISSUER}"
        {issuer}
        [resource.tools]
        {rules}
        "#
    )
}

/// An issuer whose keys are served there.
pub fn signed(keys: &str) -> String {
    format!("jwks_uri = \"{keys}\"")
}

/// A token of about 1 KB, as providers make them.
pub fn token(audience: &str, number: usize) -> Token {
    let now = now();
    Token::at(now)
        .claim("iss", ISSUER)
        .claim("aud", audience)
        .claim("scope", "openid profile todo:read todo:write")
        .claim("jti", format!("token-{number}"))
        .claim("email", "somebody@example.com")
        .claim("groups", vec!["engineering operations support"; 6])
        .claim("exp", now.0 + 3600)
}

/// The system's time.
pub fn now() -> NumericDate {
    NumericDate(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// A call of the tool, with this much inside.
pub fn body(size: usize) -> Bytes {
    body_with(1, &format!(r#"{{"name":"{}"}}"#, "x".repeat(size)))
}

/// The call with this id and these arguments.
pub fn body_with(id: usize, arguments: &str) -> Bytes {
    Bytes::from(format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"greet_user","arguments":{arguments},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    ))
}

/// Calls of the tool under these tokens, one after the other; without any, under none.
pub fn with(peer: &Peer, tokens: Vec<String>, body: Bytes) -> Make {
    let host = peer.address.to_string();
    Arc::new(move |number| {
        let token = (!tokens.is_empty()).then(|| tokens[number % tokens.len()].as_str());
        call("/mcp", token).header("host", &host).body(Full::new(body.clone())).expect("a valid request")
    })
}

/// One call of the tool at `uri`, still without a body.
pub fn call(uri: &str, token: Option<&str>) -> http::request::Builder {
    request(uri, "tools/call", token).header("mcp-name", "greet_user")
}

/// One request for this method at `uri`, still without a body.
pub fn request(uri: &str, method: &str, token: Option<&str>) -> http::request::Builder {
    let request = Request::post(uri)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    match token {
        None => request,
        Some(token) => request.header("authorization", format!("Bearer {token}")),
    }
}
