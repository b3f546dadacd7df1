//! Every revision × every kind of answer × every kind of operation × every decision: each cell of the table is a
//! request.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::Running,
};
use portcullis_oauth::Scope;
use portcullis_resource_server::{CallerKind, Callers, Condition, DefaultRule, Policy, Rule, Ruled};
use portcullis_testing::{TestKey, Upstream, upstream::Reply};
use reqwest::Response;
use serde_json::{Value, json};

for_both_drivers!(
    every_cell_of_the_table_holds,
    any_method_can_have_a_rule,
    a_rule_is_for_its_callers_only,
    a_condition_over_arguments_cannot_be_told_one_thing_and_the_upstream_another,
    a_broader_scope_is_enough
);

const REVISIONS: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
const MODERN: &str = "2026-07-28";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Tool,
    Prompt,
    Resource,
    /// `subscriptions/listen`; before it there was one, `resources/subscribe`.
    Listen,
}

/// What the rule of the thing asked for makes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Case {
    Allowed,
    ScopeMissing,
    ConditionDenies,
    Unlisted,
}

const KINDS: [Kind; 4] = [Kind::Tool, Kind::Prompt, Kind::Resource, Kind::Listen];
const CASES: [Case; 4] = [Case::Allowed, Case::ScopeMissing, Case::ConditionDenies, Case::Unlisted];

/// The same three rules for each kind of thing.
fn policy() -> Policy {
    let scope = |text: &str| Rule::new(Scope::parse(text).unwrap());
    let condition = Condition::compile("claims.org == 'acme' && token.subject != 'user-1'").unwrap();
    [(Ruled::Tools, ""), (Ruled::Prompts, ""), (Ruled::Resources, "todo://")].into_iter().fold(
        Policy::new(DefaultRule::Refuse),
        |policy, (ruled, prefix)| {
            policy
                .rule(ruled, &format!("{prefix}allowed"), scope("todo:read"))
                .rule(ruled, &format!("{prefix}scope"), scope("todo:write todo:read"))
                .rule(ruled, &format!("{prefix}condition"), scope("todo:write").when(condition.clone()))
        },
    )
}

/// The request for one cell, with all the headers of its revision.
fn request(gateway: &Running, revision: &str, kind: Kind, case: Case) -> reqwest::RequestBuilder {
    let name = match case {
        Case::Allowed => "allowed",
        Case::ScopeMissing => "scope",
        Case::ConditionDenies => "condition",
        Case::Unlisted => "unlisted",
    };
    let uri = format!("todo://{name}");
    let (method, mut params, routed) = match kind {
        Kind::Tool => ("tools/call", json!({"name": name, "arguments": {}}), Some(name)),
        Kind::Prompt => ("prompts/get", json!({"name": name}), Some(name)),
        Kind::Resource => ("resources/read", json!({"uri": uri}), Some(uri.as_str())),
        Kind::Listen if revision == MODERN => {
            let filter = json!({"resourceSubscriptions": ["todo://allowed", uri]});
            ("subscriptions/listen", json!({"notifications": filter}), None)
        }
        Kind::Listen => ("resources/subscribe", json!({"uri": uri}), None),
    };
    let mut request = gateway.client.post(gateway.url());
    if revision == MODERN {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        request = request.header("mcp-method", method);
        request = routed.into_iter().fold(request, |request, name| request.header("mcp-name", name));
    }
    let token = gateway.token().claim("org", "acme").sign(&TestKey::rsa());
    request
        .bearer_auth(token)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", revision)
        .body(json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string())
}

async fn refused(answer: Response) -> (u16, Option<String>, Value) {
    let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), challenge, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

/// CH-13..CH-15, CL-07, G-22, RS-21: a condition that denies says nothing of the scope that is missing too.
async fn every_cell_of_the_table_holds(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.with_policy(&upstream, policy()).await;
    let denied = json!({ "code": 403, "message": "this operation is not allowed" });
    let mut forwarded = 0;
    for revision in REVISIONS {
        for is_stream in [false, true] {
            for kind in KINDS {
                for case in CASES {
                    let cell = format!("{revision} stream={is_stream} {kind:?} {case:?}");
                    let answer = request(&gateway, revision, kind, case);
                    if case == Case::Allowed {
                        forwarded += 1;
                        let message = json!({"jsonrpc": "2.0", "id": 7, "result": {"ok": forwarded}});
                        let sent = if is_stream {
                            let (events, reply) = Reply::events();
                            upstream.next(reply);
                            assert!(events.message(&message).await);
                            format!("event: message\ndata: {message}\n\n")
                        } else {
                            upstream.next(Reply::json(200, message.clone()));
                            message.to_string()
                        };
                        let answer = answer.send().await.unwrap();
                        assert_eq!(answer.status(), 200, "{cell}");
                        assert_eq!(answer.text().await.unwrap(), sent, "{cell}: byte for byte");
                        continue;
                    }
                    let (status, challenge, body) = refused(answer.send().await.unwrap()).await;
                    assert_eq!(status, 403, "{cell}");
                    if case == Case::ScopeMissing {
                        let challenge = challenge.unwrap();
                        assert_eq!(body["error"]["code"], 403, "{cell}");
                        for part in [
                            "error=\"insufficient_scope\"",
                            "scope=\"todo:read todo:write\"",
                            "resource_metadata=",
                        ] {
                            assert!(challenge.contains(part), "{cell}: {challenge}");
                        }
                    } else {
                        assert_eq!((challenge, &body["error"]), (None, &denied), "{cell}");
                    }
                }
            }
        }
    }
    assert_eq!(upstream.requests().len(), forwarded, "nothing that was refused reached the upstream");
    assert_eq!(forwarded, 32);
}

/// TM-15, G-22: a method that nobody knows needs a rule of its own; one of the protocol's may have one.
async fn any_method_can_have_a_rule(driver: Driver) {
    let upstream = Upstream::start().await;
    let scope = |text| Scope::parse(text).unwrap();
    let policy = Policy::new(DefaultRule::Refuse)
        .rule(Ruled::Methods, "acme/*", scope("todo:read"))
        .rule(Ruled::Methods, "acme/secret", scope("todo:admin"))
        .rule(Ruled::Methods, "logging/setLevel", scope("todo:admin"));
    let gateway = driver.with_policy(&upstream, policy).await;
    for (method, status) in [
        ("acme/export", 200),
        ("acme/secret", 403),
        ("other/export", 404),
        ("logging/setLevel", 403),
        ("tools/list", 200),
        ("ping", 200),
    ] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method});
        let answer = gateway.call().body(body.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{method}");
    }
}

/// RS-23, JW-20: people and machines, tenants and clients.
async fn a_rule_is_for_its_callers_only(driver: Driver) {
    let upstream = Upstream::start().await;
    let only = |callers| Rule::default().only(callers);
    let list = |name: &str| vec![name.to_owned()];
    let people = Callers { kind: Some(CallerKind::People), ..Callers::default() };
    let policy = Policy::new(DefaultRule::Refuse)
        .tool("for_people", only(people.clone()))
        .tool("for_machines", only(Callers { kind: Some(CallerKind::Machines), ..Callers::default() }))
        .tool("for_acme", only(Callers { tenants: list("acme"), ..people }))
        .tool(
            "for_alice",
            only(Callers { subjects: list("alice"), issuers: list("issuer"), ..Callers::default() }),
        )
        .tool("for_others", only(Callers { issuers: list("another"), ..Callers::default() }))
        .tool("for_editor", only(Callers { clients: list("editor"), ..Callers::default() }));
    let gateway = driver.with_policy(&upstream, policy).await;
    let alice = gateway.token().claim("sub", "alice").claim("client_id", "editor").claim("tenant", "acme");
    let bob = gateway.token().claim("sub", "bob").claim("client_id", "shell");
    let robot = gateway.token().claim("sub", "robot").claim("client_id", "robot").claim("tenant", "acme");
    for (tool, allowed) in [
        ("for_people", [true, true, false]),
        ("for_machines", [false, false, true]),
        ("for_acme", [true, false, false]),
        ("for_alice", [true, false, false]),
        ("for_others", [false, false, false]),
        ("for_editor", [true, false, false]),
    ] {
        for (token, allowed) in [&alice, &bob, &robot].into_iter().zip(allowed) {
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}});
            let answer = gateway.call_at(&gateway.url(), token).body(body.to_string()).send().await.unwrap();
            assert_eq!(answer.status(), if allowed { 200 } else { 403 }, "{tool}");
        }
    }
}

/// What the condition was told is what the upstream gets, in whichever order and spelling it is written.
async fn a_condition_over_arguments_cannot_be_told_one_thing_and_the_upstream_another(driver: Driver) {
    let upstream = Upstream::start().await;
    let condition = Condition::compile("arguments.account == claims.account").unwrap();
    let policy = Policy::new(DefaultRule::Refuse).tool("pay", Rule::default().when(condition));
    let gateway = driver.with_policy(&upstream, policy).await;
    let token = gateway.token().claim("account", "mine");
    for (arguments, status) in [
        (r#"{"account":"mine"}"#, 200),
        (r#"{"account":"\u006dine"}"#, 200),
        (r#"{"account":"yours"}"#, 403),
        ("{}", 403),
        (r#"{"account":"mine","account":"yours"}"#, 403),
        (r#"{"account":"mine","Account":"yours"}"#, 403),
        (r#"{"account":"mine","acc\u006funt":"yours"}"#, 403),
        (r#"{"account":"mine","n":9007199254740993}"#, 403),
        (r#"{"account":"mine\u0000"}"#, 403),
        (r#"{"account":["mine"]}"#, 403),
    ] {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"arguments":{arguments},"name":"pay"}}}}"#
        );
        let answer = gateway.call_at(&gateway.url(), &token).body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{arguments}");
    }
    let batch = |second: &str| {
        format!(
            r#"[{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"pay","arguments":{{"account":"mine"}}}}}},
               {{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{{"name":"pay","arguments":{{"account":"{second}"}}}}}}]"#
        )
    };
    upstream.next(Reply::json(200, json!([])));
    for (second, status) in [("mine", 200), ("yours", 403)] {
        let answer = gateway.call_at(&gateway.url(), &token).body(batch(second)).send().await.unwrap();
        assert_eq!(answer.status(), status, "each of a batch: {second}");
    }
}

/// CH-17: and what is asked for in the challenge is what the operation needs, not what would imply it.
async fn a_broader_scope_is_enough(driver: Driver) {
    let upstream = Upstream::start().await;
    let policy = Policy::new(DefaultRule::Refuse)
        .implies(&"todo:admin".parse().unwrap(), &Scope::parse("todo:write").unwrap())
        .implies(&"todo:write".parse().unwrap(), &Scope::parse("todo:read").unwrap())
        .tool("list_todos", Scope::parse("todo:read").unwrap());
    let gateway = driver.with_policy(&upstream, policy).await;
    for (scope, status) in [("todo:admin", 200), ("todo:write", 200), ("todo:read", 200), ("other", 403)] {
        let token = gateway.token().claim("scope", scope);
        let answer = gateway.call_at(&gateway.url(), &token).send().await.unwrap();
        assert_eq!(answer.status(), status, "{scope}");
        if status == 403 {
            let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
            assert!(challenge.contains("scope=\"todo:read\""), "{challenge}");
        }
    }
}
