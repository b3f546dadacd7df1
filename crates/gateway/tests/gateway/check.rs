//! The operator's own service that has the last word: what it is asked, when it is believed, and what happens when it
//! lies, hangs, or is not there.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{CALL, Running},
};
use http::HeaderValue;
use portcullis_gateway::{CheckSettings, ResourceSettings};
use portcullis_oauth::Scope;
use portcullis_resource_server::{CheckLimits, DefaultRule, Policy, Sends};
use portcullis_testing::{TestKey, Token, Upstream, upstream::Reply};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;

for_both_drivers!(
    the_service_is_asked_who_wants_what_and_never_sees_the_token,
    a_service_that_hangs_lies_or_is_not_there_lets_nobody_in,
    a_service_that_cannot_be_connected_to_lets_nobody_in,
    a_no_is_403_and_its_reason_is_for_the_audit_alone,
    nobody_is_asked_about_what_is_refused_anyway,
    a_remembered_answer_is_for_its_caller_and_its_question_alone,
    an_answer_holds_no_longer_than_it_says_than_configured_and_than_the_token,
    a_batch_is_one_question,
    arguments_that_cannot_be_asked_about_are_refused,
    a_stream_is_asked_about
);

struct Checked {
    gateway: Running,
    service: Upstream,
    upstream: Upstream,
}

impl Checked {
    async fn start(driver: Driver) -> Self {
        Self::with(driver, |_| {}).await
    }

    async fn with(driver: Driver, change: impl FnOnce(&mut CheckSettings)) -> Self {
        let (service, upstream) = (Upstream::start().await, Upstream::start().await);
        let mut check = CheckSettings {
            url: service.url().parse().unwrap(),
            authorization: None,
            sends: Sends::default(),
            limits: CheckLimits::default(),
        };
        change(&mut check);
        let scope = |text| Scope::parse(text).unwrap();
        let policy = Policy::new(DefaultRule::Refuse)
            .tool("list_todos", scope("todo:read"))
            .tool("get_todo", scope("todo:read"))
            .tool("delete_todo", scope("todo:write"));
        let change =
            |settings: &mut ResourceSettings| (settings.policy, settings.check) = (policy, Some(check));
        Self { gateway: driver.changed(&upstream, change).await, service, upstream }
    }

    fn says(&self, answer: Value) {
        self.service.next(Reply::json(200, answer));
    }

    async fn send(&self, token: &Token, body: &str) -> reqwest::Response {
        let request = self.gateway.client.post(self.gateway.url());
        let request = request.bearer_auth(token.sign(&TestKey::rsa())).body(body.to_owned());
        request.header("content-type", "application/json").send().await.unwrap()
    }

    async fn call(&self) -> u16 {
        self.send(&self.gateway.token(), CALL).await.status().as_u16()
    }

    fn questions(&self) -> usize {
        self.service.requests().len()
    }

    fn last_event(&self) -> Value {
        self.gateway.audited().pop().unwrap()
    }
}

fn allowed_for(seconds: u64) -> Value {
    json!({ "allow": true, "cache_seconds": seconds })
}

async fn the_service_is_asked_who_wants_what_and_never_sees_the_token(driver: Driver) {
    let secret = "a-secret-between-us-and-it";
    let checked = Checked::with(driver, |check| {
        let mut value = HeaderValue::try_from(format!("Bearer {secret}")).unwrap();
        value.set_sensitive(true);
        check.authorization = Some(value);
        assert!(!format!("{check:?}").contains(secret));
        check.sends.claims = vec!["org".into(), "absent".into()];
    })
    .await;
    checked.says(json!({ "allow": true, "reason": "on the list" }));
    let token = checked.gateway.token().claim("tenant", "acme").claim("org", json!({ "id": 7 }));
    let body = CALL.replace("}}", r#","arguments":{"private":"thing"}}}"#);
    assert_eq!(checked.send(&token, &body).await.status(), 200);
    let asked = checked.service.only_request();
    assert_eq!(asked.header("authorization"), Some(format!("Bearer {secret}").as_str()));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(
        asked.json(),
        json!({
            "resource": checked.gateway.url(),
            "http_method": "POST",
            "caller": {
                "issuer": "issuer", "subject": "user-1", "client_id": "client-1", "tenant": "acme",
                "scopes": ["todo:read"], "claims": { "org": { "id": 7 }, "absent": null },
            },
            "operations": [{ "kind": "request", "method": "tools/call", "names": [{ "tool": "list_todos" }] }],
        })
    );
    let sent = String::from_utf8_lossy(&asked.body).into_owned() + &format!("{:?}", asked.headers);
    assert!(!sent.contains(token.sign(&TestKey::rsa()).rsplit('.').next().unwrap()));
    assert_eq!(checked.upstream.requests().len(), 1);
    let event = checked.last_event();
    assert_eq!((&event["decision"], &event["check_reason"]), (&json!("admitted"), &json!("on the list")));
}

/// Whatever is no clear yes or no is a no for now, and nobody is told to sign in again.
async fn a_service_that_hangs_lies_or_is_not_there_lets_nobody_in(driver: Driver) {
    let (_held, endless) = Reply::events();
    let yes = || json!({ "allow": true });
    for (name, reply) in [
        ("allow is a text", Reply::json(200, json!({ "allow": "true" }))),
        ("allow is a number", Reply::json(200, json!({ "allow": 1 }))),
        ("allow twice", Reply::text(200, r#"{"allow":false,"allow":true}"#)),
        ("allow under another name", Reply::json(200, json!({ "allowed": true }))),
        ("something beside it", Reply::json(200, json!({ "allow": true, "deny": true }))),
        ("no allow", Reply::json(200, json!({}))),
        ("a list", Reply::json(200, json!([true]))),
        ("no JSON", Reply::text(200, "allow")),
        ("another status with a yes", Reply::json(201, yes())),
        ("no content", Reply::text(204, "")),
        ("401 with a yes", Reply::json(401, yes())),
        ("500 with a yes", Reply::json(500, yes())),
        ("a redirect to a yes", Reply::json(307, yes()).header("location", "/yes")),
        ("far too much", Reply::text(200, &format!("{{\"allow\":true{}}}", " ".repeat(64 * 1024)))),
        ("a closed connection", Reply::reset()),
        ("silence", Reply::json(200, yes()).thinking()),
        ("an answer without end", endless),
    ] {
        let checked = Checked::with(driver, |check| check.limits.time = Duration::from_millis(200)).await;
        checked.service.next(reply);
        let answer = checked.send(&checked.gateway.token(), CALL).await;
        assert_eq!(answer.status(), 503, "{name}");
        assert_eq!(answer.headers()["retry-after"], "5", "{name}");
        assert!(!answer.headers().contains_key("www-authenticate"), "{name}");
        let body = answer.text().await.unwrap();
        assert!(
            body.contains("-32603") && body.contains("cannot be authorized at the moment"),
            "{name}: {body}"
        );
        assert_eq!(checked.questions(), 1, "{name}: a redirect is not followed, and nothing is asked twice");
        assert_eq!(checked.upstream.requests().len(), 0, "{name}");
        let event = checked.last_event();
        assert_eq!(
            (&event["reason"], &event["status"]),
            (&json!("check_unavailable"), &json!(503)),
            "{name}"
        );
        // It is not remembered either: the next word counts.
        checked.says(allowed_for(0));
        assert_eq!(checked.call().await, 200, "{name}");
    }
}

async fn a_service_that_cannot_be_connected_to_lets_nobody_in(driver: Driver) {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    for url in [url.as_str(), "http://check.example/", "http://10.0.0.1/"] {
        let checked = Checked::with(driver, |check| check.url = url.parse().unwrap()).await;
        assert_eq!(checked.call().await, 503, "{url}");
        assert_eq!(checked.upstream.requests().len(), 0, "{url}");
    }
}

/// G-22: a no is no invitation to step up, and its reason is the operator's.
async fn a_no_is_403_and_its_reason_is_for_the_audit_alone(driver: Driver) {
    let checked = Checked::start(driver).await;
    checked.says(json!({ "allow": false, "reason": format!("suspended\n\u{202e}{}", "x".repeat(5000)) }));
    let answer = checked.send(&checked.gateway.token(), CALL).await;
    assert_eq!(answer.status(), 403);
    assert!(!answer.headers().contains_key("www-authenticate"));
    let body = answer.text().await.unwrap();
    assert!(body.contains("this operation is not allowed") && !body.contains("suspended"), "{body}");
    assert_eq!(checked.upstream.requests().len(), 0);
    let event = checked.last_event();
    assert_eq!((&event["decision"], &event["reason"]), (&json!("refused"), &json!("check_denied")));
    let reason = event["check_reason"].as_str().unwrap();
    assert!(reason.starts_with(r"suspended\u{a}\u{202e}xxx") && reason.ends_with('…'), "{reason}");
    assert!(reason.chars().count() < 300);
}

async fn nobody_is_asked_about_what_is_refused_anyway(driver: Driver) {
    let checked = Checked::start(driver).await;
    let good = checked.gateway.token();
    for (name, token, body, status) in [
        ("a bad token", good.clone().claim("exp", 1), CALL.to_owned(), 401),
        ("another audience", good.clone().claim("aud", "https://other.example"), CALL.to_owned(), 401),
        ("a missing scope", good.clone().claim("scope", "other"), CALL.to_owned(), 403),
        ("an unlisted tool", good.clone(), CALL.replace("list_todos", "drop_all"), 403),
        ("no message", good, "{}".to_owned(), 400),
    ] {
        assert_eq!(checked.send(&token, &body).await.status(), status, "{name}");
    }
    assert_eq!(checked.questions(), 0);
}

/// An answer is one caller's, and one question's.
async fn a_remembered_answer_is_for_its_caller_and_its_question_alone(driver: Driver) {
    // Even where the service is told nothing of the caller.
    let checked = Checked::with(driver, |check| {
        check.sends = Sends { facts: Vec::new(), claims: Vec::new(), arguments: true };
    })
    .await;
    checked.says(allowed_for(60));
    assert_eq!((checked.call().await, checked.call().await), (200, 200));
    assert_eq!(checked.questions(), 1, "the same caller and question");
    let token = checked.gateway.token();
    let with_arguments = CALL.replace("}}", r#","arguments":{"of":"bob"}}}"#);
    for (name, token, body) in [
        ("another user", token.clone().claim("sub", "user-2"), CALL.to_owned()),
        ("another client", token.clone().claim("client_id", "client-2"), CALL.to_owned()),
        ("another tenant", token.clone().claim("tenant", "other"), CALL.to_owned()),
        ("other scopes", token.clone().claim("scope", "todo:read todo:write"), CALL.to_owned()),
        ("another claim", token.clone().claim("role", "guest"), CALL.to_owned()),
        ("another tool", token.clone(), CALL.replace("list_todos", "get_todo")),
        ("other arguments", token.clone(), with_arguments),
        ("a batch", token, format!("[{CALL},{}]", CALL.replace("\"id\":1", "\"id\":2"))),
    ] {
        checked.says(json!({ "allow": false, "cache_seconds": 60 }));
        let before = checked.questions();
        assert_eq!(checked.send(&token, &body).await.status(), 403, "{name}");
        assert_eq!(checked.questions(), before + 1, "{name} is asked about anew");
        assert_eq!(checked.send(&token, &body).await.status(), 403, "{name}");
        assert_eq!(checked.questions(), before + 1, "{name}: a no is remembered too");
    }
    assert_eq!(checked.call().await, 200, "and the first answer still holds");
}

async fn an_answer_holds_no_longer_than_it_says_than_configured_and_than_the_token(driver: Driver) {
    // Nothing said: asked every time.
    let checked = Checked::start(driver).await;
    for number in 1..=3 {
        checked.says(allowed_for(0));
        assert_eq!((checked.call().await, checked.questions()), (200, number));
    }
    // As long as it says.
    checked.says(allowed_for(30));
    checked.says(json!({ "allow": false }));
    let token = checked.gateway.token().claim("sub", "user-2");
    assert_eq!(checked.send(&token, CALL).await.status(), 200);
    checked.gateway.clock.advance(29);
    assert_eq!(checked.send(&token, CALL).await.status(), 200);
    checked.gateway.clock.advance(1);
    assert_eq!(checked.send(&token, CALL).await.status(), 403);
    // As long as is configured.
    let checked = Checked::with(driver, |check| check.limits.cache = Duration::from_secs(10)).await;
    checked.says(allowed_for(u64::MAX));
    checked.says(json!({ "allow": false }));
    let token = checked.gateway.token();
    assert_eq!(checked.send(&token, CALL).await.status(), 200);
    checked.gateway.clock.advance(10);
    assert_eq!(checked.send(&token, CALL).await.status(), 403);
    // As long as the token lives: within its leeway it is asked about.
    let checked = Checked::start(driver).await;
    let soon = checked.gateway.token().claim("exp", token_end(&checked, 20));
    checked.says(allowed_for(60));
    checked.says(json!({ "allow": false }));
    assert_eq!(checked.send(&soon, CALL).await.status(), 200);
    checked.gateway.clock.advance(19);
    assert_eq!(checked.send(&soon, CALL).await.status(), 200);
    checked.gateway.clock.advance(1);
    assert_eq!(checked.send(&soon, CALL).await.status(), 403);
    // Never.
    let checked = Checked::with(driver, |check| check.limits.cache = Duration::ZERO).await;
    for number in 1..=2 {
        checked.says(allowed_for(60));
        assert_eq!((checked.call().await, checked.questions()), (200, number));
    }
}

fn token_end(checked: &Checked, seconds: u64) -> u64 {
    use portcullis_oauth::Clock as _;
    checked.gateway.clock.now().0 + seconds
}

/// G-17: one question, and its answer is for all of it.
async fn a_batch_is_one_question(driver: Driver) {
    let checked = Checked::with(driver, |check| check.sends.arguments = true).await;
    checked.says(json!({ "allow": false }));
    let second = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    let third =
        r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"get_todo","arguments":{"id":7}}}"#;
    let body = format!("[{CALL},{second},{third}]");
    assert_eq!(checked.send(&checked.gateway.token(), &body).await.status(), 403);
    let asked = checked.service.only_request().json();
    let operations: Vec<_> = asked["operations"].as_array().unwrap().iter().collect();
    assert_eq!(operations.len(), 3);
    assert_eq!(operations[0]["arguments"], json!({}));
    assert_eq!((&operations[1]["kind"], &operations[1]["names"]), (&json!("notification"), &json!([])));
    assert_eq!(operations[2]["arguments"], json!({ "id": 7 }));
    assert_eq!(checked.upstream.requests().len(), 0);
}

/// What another parser reads differently is no question, and the caller does not get by without one.
async fn arguments_that_cannot_be_asked_about_are_refused(driver: Driver) {
    let checked = Checked::with(driver, |check| check.sends.arguments = true).await;
    let token = checked.gateway.token();
    for arguments in
        [r#"{"of":"alice","OF":"bob"}"#, r#"{"of":"alice","of":"bob"}"#, r#"{"id":9007199254740993}"#]
    {
        let body = CALL.replace("}}", &format!(r#","arguments":{arguments}}}}}"#));
        let answer = checked.send(&token, &body).await;
        assert_eq!(answer.status(), 403, "{arguments}");
        assert!(!answer.headers().contains_key("www-authenticate"));
        assert_eq!(checked.last_event()["reason"], "check_unaskable", "{arguments}");
    }
    assert_eq!((checked.questions(), checked.upstream.requests().len()), (0, 0));
}

/// Streams and the end of sessions are requests too.
async fn a_stream_is_asked_about(driver: Driver) {
    let checked = Checked::start(driver).await;
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        checked.says(json!({ "allow": false }));
        let request = checked.gateway.client.request(method.clone(), checked.gateway.url());
        let answer = request.bearer_auth(checked.gateway.signed()).send().await.unwrap();
        assert_eq!(answer.status(), 403);
        let asked = checked.service.requests().pop().unwrap().json();
        assert_eq!((&asked["http_method"], &asked["operations"]), (&json!(method.as_str()), &json!([])));
    }
    assert_eq!(checked.upstream.requests().len(), 0);
}
