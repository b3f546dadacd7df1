//! Callers that lack a scope: what they are asked to come back with, and until when.

use crate::asking::Asking;
use crate::fixture::{Fixture, LIST, policy, post};
use http::header;
use http_body_util::BodyExt as _;
use portcullis_oauth::{Challenge, Scope};
use portcullis_resource_server::{ChallengeScopes, DefaultRule, Policy, StepUp};
use portcullis_testing::{Answer, TestKey};
use serde_json::{Value, json};

fn fixture(scopes: ChallengeScopes, policy: Policy) -> Fixture {
    let mut f = Fixture::with(|_| {}, policy);
    f.line.step_up = StepUp::new(scopes, &f.line.policy);
    f
}

/// A token of its own each time.
fn token(f: &Fixture, subject: &str, client: &str, scope: &str, id: usize) -> String {
    let token = f.token().claim("sub", subject).claim("client_id", client).claim("jti", format!("t-{id}"));
    token.claim("scope", scope).sign(&TestKey::rsa())
}

fn alice(f: &Fixture, scope: &str, id: usize) -> String {
    token(f, "alice", "client-1", scope, id)
}

/// The scopes that a call of the tool is challenged for, none if it is not; and the reason.
async fn challenged(f: &Fixture, token: &str, tool: &str) -> (Option<String>, &'static str) {
    let Err(refusal) = f.admit(post(token, &LIST.replace("list_todos", tool))).await else {
        return (None, "ok");
    };
    let answer = refusal.response(&f.line.challenge_context());
    assert_eq!(answer.status(), 403);
    let challenge = answer.headers().get(header::WWW_AUTHENTICATE);
    let scopes = challenge.map(|it| it.to_str().unwrap().parse::<Challenge>().unwrap().scopes().to_string());
    (scopes, refusal.reason.code())
}

/// CH-12..CH-16: the operation's scopes; with `union` what the token had, as far as rules name it, and never
/// `offline_access`.
#[tokio::test]
async fn a_challenge_asks_for_the_operation_or_also_for_what_was_there() {
    let ruled = || {
        let scope = |text| Scope::parse(text).unwrap();
        policy().require(scope("mcp")).tool("archive", scope("archive:write offline_access"))
    };
    for (mode, had, tool, expected) in [
        (ChallengeScopes::Operation, "mcp todo:write other", "list_todos", "mcp todo:read"),
        (ChallengeScopes::Union, "mcp todo:write other", "list_todos", "mcp todo:read todo:write"),
        (ChallengeScopes::Union, "todo:write", "list_todos", "mcp todo:read todo:write"),
        (ChallengeScopes::Union, "mcp offline_access openid", "list_todos", "mcp todo:read"),
        (ChallengeScopes::Union, "", "create_todo", "mcp todo:read todo:write"),
    ] {
        let f = fixture(mode, ruled());
        for _ in 0..2 {
            let seen = challenged(&f, &alice(&f, had, 1), tool).await;
            assert_eq!(seen, (Some(expected.to_owned()), "insufficient_scope"), "{mode:?} {had}");
        }
    }
}

/// CL-07: whoever gets no such token is not sent for a fourth one; and the operator reads what is not granted.
#[tokio::test]
async fn nobody_goes_round_for_a_scope_that_is_not_granted() {
    for mode in [ChallengeScopes::Operation, ChallengeScopes::Union] {
        let f = fixture(mode, policy());
        for id in 1..=3 {
            let seen = challenged(&f, &alice(&f, "", id), "list_todos").await;
            assert_eq!(seen, (Some("todo:read".to_owned()), "insufficient_scope"), "{id}");
        }
        for id in 4..=6 {
            assert_eq!(
                challenged(&f, &alice(&f, "", id), "list_todos").await,
                (None, "step_up_exhausted"),
                "{id}"
            );
        }
        let event: Value = serde_json::from_str(f.events().last().unwrap()).unwrap();
        assert_eq!(
            (&event["missing_scope"], &event["status"]),
            (&Value::from("todo:read"), &Value::from(403))
        );
        let refusal = f.admit(post(&alice(&f, "", 4), LIST)).await.unwrap_err();
        let body =
            refusal.response(&f.line.challenge_context()).into_body().collect().await.unwrap().to_bytes();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["error"]["code"], 403);
        f.clock.advance(599);
        assert_eq!(challenged(&f, &alice(&f, "", 7), "list_todos").await.1, "step_up_exhausted");
        f.clock.advance(1);
        assert_eq!(
            challenged(&f, &alice(&f, "", 8), "list_todos").await.1,
            "insufficient_scope",
            "it is forgotten"
        );
    }
}

/// CH-16: a token that was challenged is challenged as before, however often it comes and whatever came between.
#[tokio::test]
async fn the_same_token_gets_the_same_challenge() {
    let f = fixture(ChallengeScopes::Operation, policy());
    for round in 0..20 {
        for id in 1..=3 {
            assert_eq!(
                challenged(&f, &alice(&f, "", id), "list_todos").await.1,
                "insufficient_scope",
                "{round}"
            );
        }
        assert_eq!(challenged(&f, &alice(&f, "", 100 + round), "list_todos").await.1, "step_up_exhausted");
    }
}

/// CH-16, CL-07: a token is told from another by its bytes, whatever is said of it. An issuer that is asked and names no end
/// says something new each time; and two tokens of which it says the same are two.
#[tokio::test]
async fn a_token_without_an_end_is_one_token_however_often_it_is_asked_about() {
    let a = Asking::new();
    let mut lacking = a.good_without("exp");
    lacking["scope"] = json!("other");
    a.say(lacking.clone());
    for round in 1..=10 {
        assert_eq!(a.call().await, "insufficient_scope", "{round}");
        assert_eq!(a.server.questions().len(), round);
        a.f.clock.advance(31);
    }
    for (number, expected) in [(2, "insufficient_scope"), (3, "insufficient_scope"), (4, "step_up_exhausted")]
    {
        let token = format!("opaque-{number}");
        a.server.say(&token, Answer::Json(lacking.clone()));
        assert_eq!(a.f.call(&token).await, expected, "{number}");
    }
    assert_eq!(a.call().await, "insufficient_scope", "it is still the first one");
}

/// JW-20: one caller's rounds are nobody else's, one scope's are no other's, and what needs none is open as ever.
#[tokio::test]
async fn rounds_are_counted_for_one_caller_and_one_scope() {
    let f = fixture(ChallengeScopes::Operation, policy().tool("export", Scope::parse("export").unwrap()));
    for id in 1..=4 {
        challenged(&f, &alice(&f, "", id), "list_todos").await;
    }
    for (name, token, tool, expected) in [
        ("alice again", alice(&f, "", 5), "list_todos", "step_up_exhausted"),
        ("what is lacking among others", alice(&f, "", 6), "create_todo", "step_up_exhausted"),
        ("another scope", alice(&f, "", 7), "export", "insufficient_scope"),
        ("another client", token(&f, "alice", "client-2", "", 8), "list_todos", "insufficient_scope"),
        ("another subject", token(&f, "bob", "client-1", "", 9), "list_todos", "insufficient_scope"),
        ("no scope", alice(&f, "", 10), "greet_user", "ok"),
        ("what was lacking", alice(&f, "todo:read", 11), "list_todos", "ok"),
    ] {
        assert_eq!(challenged(&f, &token, tool).await.1, expected, "{name}");
    }
}

/// A scope that is granted after all, as to each of somebody's machines in turn, is asked for again.
#[tokio::test]
async fn a_grant_begins_anew() {
    let f = fixture(ChallengeScopes::Operation, policy());
    for machine in 0..10 {
        let (before, after) = (alice(&f, "", 2 * machine), alice(&f, "todo:read", 2 * machine + 1));
        assert_eq!(challenged(&f, &before, "list_todos").await.1, "insufficient_scope", "{machine}");
        assert_eq!(challenged(&f, &after, "list_todos").await.1, "ok", "{machine}");
    }
    // What is granted in between is another scope: that does not count.
    for id in 100..103 {
        assert_eq!(challenged(&f, &alice(&f, "other", id), "list_todos").await.1, "insufficient_scope");
        assert_eq!(challenged(&f, &alice(&f, "other", id), "greet_user").await.1, "ok");
    }
    assert_eq!(challenged(&f, &alice(&f, "other", 103), "list_todos").await.1, "step_up_exhausted");
}

/// G-22: what no scope would open has nothing to do with it.
#[tokio::test]
async fn what_is_not_listed_is_never_exhausted() {
    let f = fixture(ChallengeScopes::Union, Policy::new(DefaultRule::Refuse));
    for id in 0..10 {
        assert_eq!(challenged(&f, &alice(&f, "todo:read", id), "list_todos").await, (None, "unlisted"));
    }
}
