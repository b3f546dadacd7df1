//! A policy that only observes: what it would refuse goes on and is found in the audit; a bad token still gets nowhere.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{CALL, Running},
};
use portcullis_gateway::{CheckSettings, ResourceSettings};
use portcullis_oauth::{Clock as _, Scope};
use portcullis_resource_server::{
    CallerKind, Callers, CheckLimits, Condition, DefaultRule, Policy, Rule, Ruled, Sends,
};
use portcullis_testing::{TestKey, Token, Upstream, upstream::Reply};
use serde_json::{Value, json};

for_both_drivers!(
    what_would_be_refused_goes_on_and_is_noted_with_its_reason,
    an_observed_policy_lets_no_bad_token_in,
    an_observed_check_is_asked_and_noted
);

fn rules() -> Policy {
    let scope = |text| Scope::parse(text).unwrap();
    let people = Callers { kind: Some(CallerKind::People), ..Callers::default() };
    let condition = |source| Condition::compile(source).unwrap();
    Policy::new(DefaultRule::Refuse)
        .tool("list_todos", scope("todo:read"))
        .tool("for_people", Rule::default().only(people))
        .tool("for_acme", Rule::default().when(condition("claims.client_id == \"acme\"")))
        .tool("for_org", Rule::default().when(condition("claims.org == \"acme\"")))
        .rule(Ruled::Methods, "tools/list", scope("todo:list"))
}

async fn start(driver: Driver, policy: Policy, check: Option<&Upstream>) -> (Running, Upstream) {
    let upstream = Upstream::start().await;
    let check = check.map(|service| CheckSettings {
        url: service.url().parse().unwrap(),
        authorization: None,
        sends: Sends::default(),
        limits: CheckLimits::default(),
    });
    let change = |settings: &mut ResourceSettings| (settings.policy, settings.check) = (policy, check);
    (driver.changed(&upstream, change).await, upstream)
}

async fn send(gateway: &Running, token: &Token, body: &str) -> reqwest::Response {
    let request = gateway.client.post(gateway.url()).bearer_auth(token.sign(&TestKey::rsa()));
    request.header("content-type", "application/json").body(body.to_owned()).send().await.unwrap()
}

fn last(gateway: &Running) -> Value {
    gateway.audited().pop().unwrap()
}

/// The same requests, in earnest and observed: each is refused by its reason, and goes on with that reason noted.
async fn what_would_be_refused_goes_on_and_is_noted_with_its_reason(driver: Driver) {
    let (earnest, refused) = start(driver, rules(), None).await;
    let (observed, reached) = start(driver, rules().dangerous_observe(), None).await;
    let call = |tool: &str| CALL.replace("list_todos", tool);
    let method = |method: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#);
    for (reason, status, body, change) in [
        ("insufficient_scope", 403, call("list_todos"), ("scope", "other")),
        ("insufficient_scope", 403, method("tools/list"), ("scope", "other")),
        ("unlisted", 403, call("drop_all"), ("scope", "todo:read")),
        ("method_unknown", 404, method("acme/export"), ("scope", "todo:read")),
        ("caller_refused", 403, call("for_people"), ("sub", "client-1")),
        ("condition_denied", 403, call("for_acme"), ("scope", "todo:read")),
        ("condition_failed", 403, call("for_org"), ("scope", "todo:read")),
    ] {
        let with = |gateway: &Running| gateway.token().claim(change.0, change.1);
        let answer = send(&earnest, &with(&earnest), &body).await;
        assert_eq!(answer.status(), status, "{reason}");
        let event = last(&earnest);
        assert_eq!((&event["decision"], &event["reason"]), (&json!("refused"), &json!(reason)));

        let before = reached.requests().len();
        let answer = send(&observed, &with(&observed), &body).await;
        assert_eq!(answer.status(), 200, "{reason}");
        assert!(!answer.headers().contains_key("www-authenticate"));
        assert_eq!(reached.requests().len(), before + 1, "{reason}");
        let noted = last(&observed);
        assert_eq!((&noted["decision"], &noted["reason"]), (&json!("observed"), &json!(reason)));
        assert_eq!((&noted["detail"], &noted["missing_scope"]), (&event["detail"], &event["missing_scope"]));
        assert_eq!((&noted["status"], &noted["sub"]), (&Value::Null, &event["sub"]));
    }
    assert_eq!(refused.requests().len(), 0);
    let answer = send(&observed, &observed.token(), CALL).await;
    assert_eq!((answer.status().as_u16(), &last(&observed)["decision"]), (200, &json!("admitted")));
}

/// Observing is about rules. Whoever is nobody, stays nobody.
async fn an_observed_policy_lets_no_bad_token_in(driver: Driver) {
    let (gateway, upstream) = start(driver, rules().dangerous_observe(), None).await;
    let good = gateway.token();
    let now = gateway.clock.now().0;
    for (name, token) in [
        ("expired", good.clone().claim("exp", now - 600)),
        ("of the future", good.clone().claim("nbf", now + 600)),
        ("for another resource", good.clone().claim("aud", "https://other.example/mcp")),
        ("of another issuer", good.clone().claim("iss", "https://evil.example")),
        ("of nobody", good.clone().without("sub")),
        ("of another kind", good.clone().header("typ", "JWT")),
        ("for everybody", good.clone().header("alg", "none")),
        ("bound to a key", good.clone().claim("cnf", json!({ "jkt": "x" }))),
    ] {
        let answer = send(&gateway, &token, CALL).await;
        assert_eq!(answer.status(), 401, "{name}");
        assert!(answer.headers().contains_key("www-authenticate"), "{name}");
        assert_eq!(last(&gateway)["decision"], "refused", "{name}");
    }
    let forged = good.sign(&TestKey::rsa()) + "x";
    let plain =
        |request: reqwest::RequestBuilder| request.header("content-type", "application/json").body(CALL);
    let bare = plain(gateway.client.post(gateway.url()));
    assert_eq!(bare.send().await.unwrap().status(), 401);
    let bare = plain(gateway.client.post(gateway.url()).bearer_auth(forged));
    assert_eq!(bare.send().await.unwrap().status(), 401);
    // Nor another's session, nor another page, nor what two parsers read differently.
    let foreign = gateway.call().header("mcp-session-id", "of-another").send().await.unwrap();
    assert_eq!(foreign.status(), 404);
    let foreign = gateway.call().header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    let twice = CALL.replace("\"id\":1", "\"id\":1,\"id\":2");
    assert_eq!(send(&gateway, &gateway.token(), &twice).await.status(), 400);
    assert_eq!(upstream.requests().len(), 0);
}

/// The check is observed too: its no, and its silence. What the rules would refuse it is not asked about.
async fn an_observed_check_is_asked_and_noted(driver: Driver) {
    let service = Upstream::start().await;
    let (gateway, upstream) = start(driver, rules().dangerous_observe(), Some(&service)).await;
    for (reply, reason, said) in [
        (
            Reply::json(200, json!({ "allow": false, "reason": "suspended" })),
            "check_denied",
            json!("suspended"),
        ),
        (Reply::text(500, "broken"), "check_unavailable", Value::Null),
    ] {
        service.next(reply);
        assert_eq!(send(&gateway, &gateway.token(), CALL).await.status(), 200);
        let event = last(&gateway);
        assert_eq!((&event["decision"], &event["reason"]), (&json!("observed"), &json!(reason)));
        assert_eq!(event["check_reason"], said);
    }
    let unlisted = CALL.replace("list_todos", "drop_all");
    assert_eq!(send(&gateway, &gateway.token(), &unlisted).await.status(), 200);
    assert_eq!((service.requests().len(), upstream.requests().len()), (2, 3));
}
