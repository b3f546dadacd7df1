//! Several users, sessions and replicas at once: nobody gets what is another's.

use crate::{
    driver::{Behind, Driver, caller, for_both_drivers},
    fixture::{CALL, Running, With, settings_at},
};
use axum::{Router, extract::Request};
use portcullis_testing::{TestKey, Upstream, upstream::Reply};
use reqwest::Method;
use tokio::{net::TcpListener, task::JoinSet};

for_both_drivers!(
    callers_at_once_never_get_each_others_answers,
    a_session_id_in_other_hands_is_unknown,
    a_session_opens_at_a_replica_and_not_at_another_resource,
    the_modern_era_has_no_sessions
);

fn token_of(gateway: &Running, user: &str, client: &str) -> String {
    gateway.token().claim("sub", user).claim("client_id", client).sign(&TestKey::rsa())
}

/// RS-21: what the upstream is told, and what a caller reads, is each request's own, however many there are at once.
async fn callers_at_once_never_get_each_others_answers(driver: Driver) {
    let app = Router::new().fallback(|request: Request| async move {
        let user = caller(&request);
        let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
        // Others come in between.
        tokio::task::yield_now().await;
        format!("{user} {}", String::from_utf8(body.to_vec()).unwrap())
    });
    let gateway = driver.before(Behind::serving(app).await).await;
    let mut calls = JoinSet::new();
    for number in 0..300 {
        let user = format!("user-{}", number % 7);
        let body = CALL.replace("\"id\":1", &format!("\"id\":{number}"));
        let request = gateway
            .client
            .post(gateway.url())
            .bearer_auth(token_of(&gateway, &user, "client-1"))
            .header("content-type", "application/json")
            .body(body.clone());
        calls.spawn(async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap(), format!("{user} {body}"))
        });
    }
    while let Some(call) = calls.join_next().await {
        let (status, answer, expected) = call.unwrap();
        assert_eq!((status, answer), (200, expected));
    }
    assert_eq!(gateway.fetch.calls(), 1, "one fetch of the keys for all of them");
}

/// TL-13..TL-15, G-08: with every method, and for the same user at another client too.
async fn a_session_id_in_other_hands_is_unknown(driver: Driver) {
    let upstream = Upstream::start().await;
    upstream.next(Reply::result(serde_json::json!({})).session("inner"));
    let gateway = driver.before(&upstream).await;
    let opened = gateway.call().send().await.unwrap();
    let session = opened.headers()["mcp-session-id"].clone();
    for (user, client) in [("user-2", "client-1"), ("user-1", "client-2"), ("user-2", "client-2")] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let request = gateway.client.request(method.clone(), gateway.url());
            let request = request.bearer_auth(token_of(&gateway, user, client)).body(CALL);
            let request =
                request.header("content-type", "application/json").header("mcp-session-id", &session);
            assert_eq!(request.send().await.unwrap().status(), 404, "{method} {user} {client}");
        }
    }
    // An id nobody sealed, the upstream's own among them, and two at once.
    for ids in [&["inner"][..], &["AAAA"], &[session.to_str().unwrap(), session.to_str().unwrap()]] {
        let request = ids.iter().fold(gateway.call(), |request, id| request.header("mcp-session-id", *id));
        assert_eq!(request.send().await.unwrap().status(), 404, "{ids:?}");
    }
    assert_eq!(upstream.requests().len(), 1);
}

/// TL-15: replicas share a key and nothing else; one resource's session is unknown at another.
async fn a_session_opens_at_a_replica_and_not_at_another_resource(driver: Driver) {
    let behind = Behind::recording(|_| async {
        let mut answer = crate::fixture::json(200, "{}");
        answer.headers_mut().insert("mcp-session-id", "inner".parse().unwrap());
        answer
    })
    .await;
    let identifier = "http://127.0.0.1:3002/mcp";
    let replica = async |identifier: &str| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = settings_at(&format!("{}/mcp", behind.url), identifier);
        driver.run_with(listener, settings, behind.clone(), With::default())
    };
    let call = |gateway: &Running, resource: &str| {
        let token = gateway.token().claim("aud", resource);
        let host = resource.split('/').nth(2).unwrap().to_owned();
        gateway.call_at(&gateway.url(), &token).header("host", host)
    };
    let (one, two) = (replica(identifier).await, replica(identifier).await);
    let other = "http://127.0.0.1:3003/mcp";
    let elsewhere = replica(other).await;
    let opened = call(&one, identifier).send().await.unwrap();
    assert_eq!(opened.status(), 200);
    let session = opened.headers()["mcp-session-id"].clone();
    let again = call(&two, identifier).header("mcp-session-id", &session).send().await.unwrap();
    assert_eq!(again.status(), 200);
    assert_eq!(behind.seen.lock().unwrap()[1].0.headers["mcp-session-id"], "inner");
    let foreign = call(&elsewhere, other).header("mcp-session-id", &session).send().await.unwrap();
    assert_eq!(foreign.status(), 404);
}

/// TM-10, TM-30: the modern era has no sessions and resumes nothing; an id is neither looked at, nor passed on, nor given.
async fn the_modern_era_has_no_sessions(driver: Driver) {
    let upstream = Upstream::start().await;
    upstream.next(Reply::result(serde_json::json!({})).session("inner"));
    let gateway = driver.before(&upstream).await;
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"name""#;
    let request = gateway
        .call()
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "list_todos")
        .header("mcp-session-id", "of nobody")
        .header("last-event-id", "7")
        .body(CALL.replace("\"name\"", meta));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("mcp-session-id"));
    let reached = upstream.only_request();
    assert_eq!((reached.header("mcp-session-id"), reached.header("last-event-id")), (None, None));
}
