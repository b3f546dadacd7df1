//! Two hundred users with different scopes over shared connections, all at once: every byte of every answer is what this
//! user gets alone, whether it is a list, a result, or a refusal.

use crate::{
    driver::{Behind, Driver, caller},
    fixture::Running,
};
use axum::{
    Router,
    extract::Request,
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
};
use portcullis_gateway::{ResourceSettings, UpstreamConnections};
use portcullis_oauth::Scope;
use portcullis_resource_server::{Callers, Condition, DefaultRule, Policy, Rule};
use portcullis_testing::TestKey;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

const USERS: usize = 200;
const TOOLS: usize = 40;
const TENANTS: usize = 5;

/// Tool by tool: for everybody, with one of three scopes, for one tenant, or by a condition.
fn policy() -> Policy {
    (0..TOOLS).fold(Policy::new(DefaultRule::Refuse), |policy, tool| {
        let scope = Rule::new(Scope::parse(&format!("s{}", tool % 3)).unwrap());
        let rule = match tool % 4 {
            0 => Rule::default(),
            1 => scope,
            2 => Rule::default().only(Callers { tenants: vec![tenant(tool)], ..Callers::default() }),
            _ => scope.when(Condition::compile(&format!("claims.level >= {}", tool % 10)).unwrap()),
        };
        policy.tool(&format!("tool-{tool}"), rule)
    })
}

fn tenant(number: usize) -> String {
    format!("tenant-{}", number % TENANTS)
}

fn level(user: usize) -> usize {
    user % 10
}

/// What the rules make of it, said once more in other words.
fn is_listed(user: usize, tool: usize) -> bool {
    match tool % 4 {
        2 => user % TENANTS == tool % TENANTS,
        3 => level(user) >= tool % 10,
        _ => true,
    }
}

fn has_scope(user: usize, tool: usize) -> bool {
    tool.is_multiple_of(2) || user % 3 == tool % 3
}

fn listing(id: usize, listed: impl Fn(usize) -> bool) -> String {
    let tools: Vec<Value> = (0..TOOLS)
        .filter(|tool| listed(*tool))
        .map(|tool| json!({"name": format!("tool-{tool}"), "inputSchema": {"type": "object"}}))
        .collect();
    json!({"jsonrpc": "2.0", "id": id, "result": {"tools": tools}}).to_string()
}

/// Lists everything to everybody, and says who called what; as JSON and as events in turn.
async fn upstream(request: Request) -> Response {
    let user = caller(&request);
    let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap();
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let id = usize::try_from(asked["id"].as_u64().unwrap()).unwrap();
    tokio::task::yield_now().await;
    let message = if asked["method"] == "tools/list" {
        listing(id, |_| true)
    } else {
        json!({"jsonrpc": "2.0", "id": id, "result": {"user": user, "tool": asked["params"]["name"]}})
            .to_string()
    };
    if id.is_multiple_of(2) {
        ([(CONTENT_TYPE, "application/json")], message).into_response()
    } else {
        ([(CONTENT_TYPE, "text/event-stream")], format!("event: message\ndata: {message}\n\n"))
            .into_response()
    }
}

fn framed(id: usize, message: String) -> String {
    if id.is_multiple_of(2) { message } else { format!("event: message\ndata: {message}\n\n") }
}

/// One user's calls, and what each must come to: status and body, byte for byte.
async fn one_user(gateway: &Running, user: usize) {
    let token = gateway
        .token()
        .claim("sub", format!("user-{user}"))
        .claim("tenant", tenant(user))
        .claim("level", level(user))
        .claim("scope", format!("s{}", user % 3))
        .sign(&TestKey::rsa());
    let ask = async |body: Value| {
        let request = gateway.client.post(gateway.url()).bearer_auth(&token);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for round in 0..3 {
        let id = user * 10 + round;
        let list = ask(json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"})).await;
        assert_eq!(list, (200, framed(id, listing(id, |tool| is_listed(user, tool)))), "the list of {user}");
        let tool = (user * 7 + round * 13) % TOOLS;
        let name = format!("tool-{tool}");
        let params = json!({"name": name, "arguments": {}});
        let called = ask(json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})).await;
        let result = json!({"user": format!("user-{user}"), "tool": name});
        let expected = match (is_listed(user, tool), has_scope(user, tool)) {
            (true, true) => {
                (200, framed(id, json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()))
            }
            (true, false) => (403, refusal(id, "the access token lacks a scope that this operation needs")),
            (false, _) => (403, refusal(id, "this operation is not allowed")),
        };
        assert_eq!(called, expected, "{name} for {user}");
    }
}

fn refusal(id: usize, message: &str) -> String {
    json!({"jsonrpc": "2.0", "error": {"code": 403, "message": message}, "id": id}).to_string()
}

async fn all_users(gateway: Running) {
    let gateway = Arc::new(gateway);
    let mut users = JoinSet::new();
    for user in 0..USERS {
        let gateway = gateway.clone();
        users.spawn(async move { one_user(&gateway, user).await });
    }
    while let Some(user) = users.join_next().await {
        user.unwrap();
    }
}

/// RS-21, TM-28, TM-33: over one pool that all share, over connections of each caller, and over HTTP/2.
#[tokio::test]
async fn two_hundred_users_at_once_each_get_their_own() {
    for connections in
        [UpstreamConnections::DangerouslyShared, UpstreamConnections::Http1, UpstreamConnections::Http2]
    {
        let behind = Behind::serving(Router::new().fallback(upstream)).await;
        let change = |settings: &mut ResourceSettings| {
            (settings.policy, settings.upstream_connections) = (policy(), connections);
        };
        all_users(Driver::InFront.changed(behind, change).await).await;
    }
}

/// RS-21, TM-28, TM-33: and where nothing lies between the line and the server.
#[tokio::test]
async fn two_hundred_users_of_one_process_each_get_their_own() {
    let behind = Behind::serving(Router::new().fallback(upstream)).await;
    all_users(Driver::InProcess.with_policy(behind, policy()).await).await;
}
