//! Limits at the gateway: whose address counts, and what is answered to whoever asks too often.

use crate::{
    driver::{Behind, Driver, for_both_drivers},
    fixture::{Front, Running, behind, json},
};
use portcullis_gateway::{ClientAddressHeader, TrustedProxies, config::CallerRates};
use reqwest::{Method, Response};
use serde_json::Value;

for_both_drivers!(
    a_tool_that_costs_is_called_as_often_as_was_written,
    a_subject_and_a_client_are_counted_each_for_itself
);

fn per_address(rate: &str, trusted: &[&str]) -> Front {
    let networks = trusted.iter().map(|text| text.parse().unwrap()).collect();
    let header = ClientAddressHeader::XForwardedFor;
    Front { per_address: Some(rate.parse().unwrap()), proxies: TrustedProxies { networks, header } }
}

/// A call that says it comes from there.
async fn from(gateway: &Running, forwarded_for: &str) -> u16 {
    gateway.call().header("x-forwarded-for", forwarded_for).send().await.unwrap().status().as_u16()
}

async fn as_user(gateway: &Running, user: &str) -> Response {
    let token = gateway.token().claim("sub", user).claim("scope", "todo:read");
    gateway.call_at(&gateway.url(), &token).send().await.unwrap()
}

/// A resource with these rates.
async fn limited(driver: Driver, change: impl FnOnce(&mut CallerRates)) -> Running {
    let behind = Behind::recording(|_| async { json(200, "{}") }).await;
    driver.changed(behind, |settings| change(&mut settings.rates)).await
}

/// Attack: another address in a header, for each request, where no proxy is trusted.
#[tokio::test]
async fn a_header_that_a_client_made_up_is_no_address() {
    let gateway = behind(per_address("3/hour", &[]), |_| {}).await;
    for (number, expected) in [200, 200, 200, 429, 429].into_iter().enumerate() {
        assert_eq!(from(&gateway, &format!("198.51.100.{number}")).await, expected, "{number}");
    }
}

/// Attack: the same through a trusted proxy, which appends where the request came from.
#[tokio::test]
async fn through_a_trusted_proxy_a_client_is_what_the_proxy_says() {
    let gateway = behind(per_address("2/hour", &["127.0.0.1/32", "10.0.0.0/8"]), |_| {}).await;
    for (said, expected) in [
        ("198.51.100.1, 203.0.113.7", 200),
        ("198.51.100.2, 203.0.113.7, 10.1.2.3", 200),
        ("198.51.100.3, 203.0.113.7", 429),
        ("203.0.113.7", 429),
        ("203.0.113.8", 200),
        // What nobody can read is the proxy's own.
        ("garbage", 200),
        ("203.0.113.9, ", 200),
        ("_hidden", 429),
    ] {
        assert_eq!(from(&gateway, said).await, expected, "{said}");
    }
}

/// TM-34, G-05: who is refused learns when to come back, in a header that pages may read, and comes back.
#[tokio::test]
async fn an_address_is_told_when_to_come_back() {
    let gateway = behind(per_address("6/minute burst 1", &[]), |_| {}).await;
    let call = async |token: &str| {
        let request = gateway.call().bearer_auth(token).header("origin", "https://app.example");
        request.send().await.unwrap()
    };
    assert_eq!(call("forged").await.status(), 400, "two tokens, and counted all the same");
    let refused = call("forged").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"10".parse().unwrap()));
    assert_eq!(refused.headers()["access-control-allow-origin"], "https://app.example");
    let exposed = refused.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("Retry-After"), "{exposed}");
    let body: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!((&body["jsonrpc"], &body["error"]["code"]), (&Value::from("2.0"), &Value::from(429)));
    gateway.clock.advance(10);
    assert_eq!(gateway.call().send().await.unwrap().status(), 200);
    assert_eq!(gateway.seen.lock().unwrap().len(), 1, "nothing else reached the upstream");
}

/// Two people in one house, and one person in two.
#[tokio::test]
async fn an_address_is_shared_and_a_subject_is_not() {
    let gateway = behind(per_address("2/hour", &[]), |_| {}).await;
    let statuses =
        [as_user(&gateway, "alice").await, as_user(&gateway, "bob").await, as_user(&gateway, "carol").await];
    assert_eq!(statuses.map(|answer| answer.status().as_u16()), [200, 200, 429]);
    let rates = |settings: &mut portcullis_gateway::ResourceSettings| {
        settings.rates.per_subject = Some("2/hour".parse().unwrap());
    };
    let front = Front { per_address: None, ..per_address("1/hour", &["127.0.0.1/32"]) };
    let gateway = behind(front, rates).await;
    for (address, expected) in [("203.0.113.1", 200), ("203.0.113.2", 200), ("203.0.113.3", 429)] {
        assert_eq!(from(&gateway, address).await, expected, "{address}");
    }
    assert_eq!(as_user(&gateway, "bob").await.status(), 200);
}

/// TM-34: what reaches the tool is as much as was allowed, and the rest of the resource is as it was.
async fn a_tool_that_costs_is_called_as_often_as_was_written(driver: Driver) {
    let gateway =
        limited(driver, |rates| rates.tools = vec![("list_*".into(), "1/hour".parse().unwrap())]).await;
    assert_eq!(gateway.call().send().await.unwrap().status(), 200);
    assert_eq!(gateway.call().send().await.unwrap().status(), 429);
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    assert_eq!(gateway.call().body(list).send().await.unwrap().status(), 200);
    assert_eq!(as_user(&gateway, "bob").await.status(), 200);
    assert_eq!(gateway.seen.lock().unwrap().len(), 3);
}

/// TM-34: a person is one, whichever client it uses, and a client is one for all who use it.
async fn a_subject_and_a_client_are_counted_each_for_itself(driver: Driver) {
    let by_subject = limited(driver, |rates| rates.per_subject = Some("1/hour".parse().unwrap())).await;
    let by_client = limited(driver, |rates| rates.per_client = Some("1/hour".parse().unwrap())).await;
    for (user, client, of_subject, of_client) in [
        ("alice", "editor", 200, 200),
        ("alice", "shell", 429, 200),
        ("bob", "editor", 200, 429),
        ("bob", "shell", 429, 429),
    ] {
        for (gateway, expected) in [(&by_subject, of_subject), (&by_client, of_client)] {
            let token = gateway.token().claim("sub", user).claim("client_id", client);
            let answer = gateway.call_at(&gateway.url(), &token).send().await.unwrap();
            assert_eq!(answer.status(), expected, "{user} with {client}");
            assert_eq!(answer.headers().contains_key("retry-after"), expected == 429);
        }
    }
}

/// Probes, metadata and preflights are answered whatever the address has done: they are cheap, and needed to come back.
#[tokio::test]
async fn what_is_public_is_not_limited() {
    let gateway = behind(per_address("1/hour", &[]), |_| {}).await;
    assert_eq!(gateway.call().send().await.unwrap().status(), 200);
    assert_eq!(gateway.call().send().await.unwrap().status(), 429);
    for (method, path, status) in [
        (Method::GET, "/health", 200),
        (Method::GET, "/.well-known/oauth-protected-resource/mcp", 200),
        (Method::OPTIONS, "/mcp", 204),
    ] {
        let url = format!("http://{}{path}", gateway.address);
        let request = gateway.client.request(method, url).header("origin", "https://app.example");
        let answer = request.header("access-control-request-method", "POST").send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
}

/// The edge is one place, however many connections lead to it.
#[tokio::test]
async fn requests_at_once_pass_exactly_as_many_as_may() {
    let gateway = behind(per_address("20/hour", &[]), |_| {}).await;
    assert_eq!(gateway.call().send().await.unwrap().status(), 200);
    let calls: Vec<_> = (0..60).map(|_| tokio::spawn(gateway.call().send())).collect();
    let mut passed = 1;
    for call in calls {
        passed += u32::from(call.await.unwrap().unwrap().status() == 200);
    }
    assert_eq!(passed, 20);
}
