//! What is answered without a token: health, readiness, metadata, preflights, and JSON for all that is not there.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::json,
};
use http::Method;
use portcullis_testing::Answer;

for_both_drivers!(
    metadata_stands_where_clients_look,
    preflights_are_answered_for_allowed_pages_only,
    a_rebound_host_is_refused,
    each_request_brings_its_own_token
);

#[tokio::test]
async fn health_and_readiness() {
    let gateway = Driver::InFront.start(|_| async { json(200, "{}") }).await;
    let at = |path: &str| format!("http://{}{path}", gateway.address);
    let get = |path: &str| gateway.client.get(at(path)).send();
    assert_eq!(get("/health").await.unwrap().text().await.unwrap(), r#"{"status":"healthy"}"#);
    assert_eq!(gateway.client.head(at("/health")).send().await.unwrap().status(), 200);
    assert_eq!(gateway.client.post(at("/health")).send().await.unwrap().status(), 405);
    assert_eq!(get("/ready").await.unwrap().status(), 503, "no keys were asked for yet");
    gateway.fetch.set(Answer::Down);
    assert_eq!(gateway.call().send().await.unwrap().status(), 503);
    assert_eq!(
        get("/ready").await.unwrap().status(),
        200,
        "an attempt is enough, an outage takes nothing away"
    );
}

/// PRM-01, PRM-02, PRM-04..PRM-10, PRM-12, PRM-13, PRM-21, CH-09, CH-12, TL-22, G-04
async fn metadata_stands_where_clients_look(driver: Driver) {
    let gateway = driver.start(|_| async { json(200, "{}") }).await;
    let at = |path: &str| format!("http://{}{path}", gateway.address);
    for path in [
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource/mcp/",
        "/.well-known/oauth-protected-resource",
    ] {
        let answer =
            gateway.client.get(at(path)).header("mcp-protocol-version", "2025-03-26").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert!(answer.headers()["cache-control"].to_str().unwrap().contains("max-age"));
        let document: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(
            document,
            serde_json::json!({
                "resource": gateway.url(),
                "authorization_servers": ["https://issuer.example"],
                "scopes_supported": ["todo:read"],
                "bearer_methods_supported": ["header"],
            })
        );
    }
    let preflight = gateway
        .client
        .request(Method::OPTIONS, at("/.well-known/oauth-protected-resource/mcp"))
        .header("origin", "https://any.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "mcp-protocol-version")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 204);
    assert!(
        preflight.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .contains("MCP-Protocol-Version")
    );
    let post = gateway.client.post(at("/.well-known/oauth-protected-resource/mcp")).send().await.unwrap();
    assert_eq!(
        (post.status().as_u16(), post.headers()["allow"].to_str().unwrap()),
        (405, "GET, HEAD, OPTIONS")
    );
}

/// PRM-05, G-04: what is not here is told so in JSON, and to nobody that a token would help.
#[tokio::test]
async fn what_is_not_here_is_404_in_json() {
    let gateway = Driver::InFront.start(|_| async { json(200, "{}") }).await;
    for path in [
        "/mcp/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/mcp",
        "/nothing",
        "/MCP",
        "/mcp//",
        "/x/../mcp2",
        "/%6dcp",
    ] {
        let answer = gateway.client.get(format!("http://{}{path}", gateway.address)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert!(!answer.headers().contains_key("www-authenticate"), "{path}");
        assert!(
            serde_json::from_slice::<serde_json::Value>(&answer.bytes().await.unwrap()).is_ok(),
            "{path}"
        );
    }
}

/// CH-22, TM-02, G-01: preflights need no token; a page that is not allowed gets neither answer nor CORS.
async fn preflights_are_answered_for_allowed_pages_only(driver: Driver) {
    let gateway = driver.start(|_| async { json(200, "{}") }).await;
    let preflight = |origin: &'static str| {
        gateway
            .client
            .request(Method::OPTIONS, gateway.url())
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization, mcp-param-x")
            .send()
    };
    let allowed = preflight("https://app.example").await.unwrap();
    assert_eq!(allowed.status(), 204);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://app.example");
    assert!(allowed.headers()["access-control-allow-headers"].to_str().unwrap().contains("mcp-param-x"));
    assert!(!allowed.headers().contains_key("access-control-allow-credentials"));
    let refused = preflight("https://evil.example").await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(!refused.headers().contains_key("access-control-allow-origin"));
    let unauthorized =
        gateway.client.post(gateway.url()).header("origin", "https://app.example").send().await.unwrap();
    assert_eq!(unauthorized.status(), 401);
    assert!(
        unauthorized.headers()["access-control-expose-headers"]
            .to_str()
            .unwrap()
            .contains("WWW-Authenticate")
    );
}

/// TM-02: under another name, this machine is not reached.
async fn a_rebound_host_is_refused(driver: Driver) {
    let gateway = driver.start(|_| async { json(200, "{}") }).await;
    let answer = gateway.call().header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(gateway.seen.lock().unwrap().is_empty());
}

/// RS-02, RS-21, TM-04: a connection that was authenticated once is not afterwards.
async fn each_request_brings_its_own_token(driver: Driver) {
    let gateway = driver.start(|_| async { json(200, "{}") }).await;
    assert_eq!(gateway.call().send().await.unwrap().status(), 200);
    let without = gateway.client.post(gateway.url()).header("content-type", "application/json").body("{}");
    assert_eq!(without.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn draining_finishes_and_ends() {
    let gateway = Driver::InFront.start(|_| async { json(200, "{}") }).await;
    assert_eq!(gateway.call().send().await.unwrap().status(), 200);
    gateway.drain.begin();
    gateway.serving.await.unwrap();
}
