//! Metadata, keys, CORS, methods, hosts: what is the same for everybody.

use crate::bench::{Bench, ISSUER, request, send};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};

const METADATA: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/openid-configuration",
    "/mcp/.well-known/oauth-authorization-server",
];

/// AS-02..AS-09, AS-39
#[tokio::test]
async fn metadata_is_the_same_wherever_clients_look() {
    let bench = Bench::new();
    for path in METADATA {
        let answer = bench.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=60", "{path}");
        assert_eq!(
            answer.json(),
            json!({
                "issuer": ISSUER,
                "authorization_endpoint": "http://localhost:3002/oauth/authorize",
                "token_endpoint": "http://localhost:3002/oauth/token",
                "registration_endpoint": "http://localhost:3002/oauth/register",
                "jwks_uri": "http://localhost:3002/oauth/jwks",
                "scopes_supported": ["todo:read", "todo:write"],
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": true,
            }),
            "{path}"
        );
        let head = bench.send(request(Method::HEAD, path).body(Body::empty()).unwrap()).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""), "{path}");
    }
}

#[tokio::test]
async fn the_key_set_has_public_members_only() {
    let bench = Bench::new();
    let answer = bench.get("/oauth/jwks").await;
    assert_eq!(answer.json(), serde_json::from_str::<Value>(&bench.server.jwks()).unwrap());
    let set = answer.json();
    let key = set["keys"][0].as_object().unwrap();
    assert_eq!(key.keys().collect::<Vec<_>>(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!((&key["alg"], &key["use"]), (&json!("ES256"), &json!("sig")));
}

#[tokio::test]
async fn every_refusal_is_json() {
    let bench = Bench::new();
    for (method, path, status, allow) in [
        (Method::GET, "/", 404, ""),
        (Method::GET, "/nothing", 404, ""),
        (Method::GET, "/.well-known/nothing", 404, ""),
        (Method::POST, METADATA[0], 405, "GET,HEAD"),
        (Method::DELETE, "/oauth/jwks", 405, "GET,HEAD"),
        (Method::GET, "/oauth/token", 405, "POST"),
        (Method::GET, "/token", 405, "POST"),
        (Method::GET, "/oauth/register", 405, "POST"),
        (Method::PUT, "/oauth/authorize", 405, "GET,HEAD,POST"),
        (Method::OPTIONS, "/oauth/authorize", 405, "GET,HEAD,POST"),
        (Method::POST, "/oauth/token", 400, ""),
        (Method::POST, "/register", 400, ""),
    ] {
        let answer = bench.send(request(method.clone(), path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (status, allow), "{method} {path}");
        assert!(answer.json()["error_description"].is_string(), "{method} {path}");
    }
}

/// AS-22
#[tokio::test]
async fn any_page_may_read_the_public_endpoints_and_none_the_authorization_endpoint() {
    let bench = Bench::new();
    let preflight = |path| {
        request(Method::OPTIONS, path)
            .header(header::ORIGIN, "https://page.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(Body::empty())
            .unwrap()
    };
    for path in ["/oauth/token", "/oauth/register", "/oauth/jwks", "/token", "/register", METADATA[1]] {
        let answer = bench.send(preflight(path)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let allowed = answer.header("access-control-allow-headers");
        assert_eq!(allowed, "Authorization, Content-Type, MCP-Protocol-Version", "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
    }
    for path in ["/oauth/authorize", "/authorize"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let mut request = preflight(path);
            *request.method_mut() = method.clone();
            let answer = bench.send(request).await;
            assert!(
                answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")),
                "{method} {path}"
            );
        }
    }
}

/// TM-02: a page of the web that names this machine as its own is refused everywhere.
#[tokio::test]
async fn a_foreign_host_is_refused() {
    let bench = Bench::new();
    let with = |uri: &str, hosts: &[&str]| {
        let request =
            hosts.iter().fold(Request::get(uri), |request, host| request.header(header::HOST, *host));
        request.body(Body::empty()).unwrap()
    };
    let path = METADATA[0];
    for (name, request, expected) in [
        ("localhost", with(path, &["localhost:3002"]), StatusCode::OK),
        ("in capitals", with(path, &["LOCALHOST:3002"]), StatusCode::OK),
        ("IPv6", with(path, &["[::1]:3002"]), StatusCode::OK),
        ("in the request line", with("http://localhost:3002/oauth/jwks", &[]), StatusCode::OK),
        ("another name", with(path, &["evil.example:3002"]), StatusCode::FORBIDDEN),
        ("another port", with(path, &["localhost:3003"]), StatusCode::FORBIDDEN),
        ("no port", with(path, &["localhost"]), StatusCode::FORBIDDEN),
        ("none", with(path, &[]), StatusCode::FORBIDDEN),
        ("two", with(path, &["localhost:3002", "evil.example"]), StatusCode::FORBIDDEN),
        (
            "two that differ",
            with("http://evil.example/oauth/jwks", &["localhost:3002"]),
            StatusCode::FORBIDDEN,
        ),
        ("the sign-in page", with("/oauth/authorize", &["evil.example"]), StatusCode::FORBIDDEN),
        ("nothing", with("/nothing", &["evil.example"]), StatusCode::FORBIDDEN),
    ] {
        let answer = send(bench.server.router(), request).await;
        assert_eq!(answer.status, expected, "{name}");
        assert!(answer.json().is_object(), "{name}");
    }
}

#[tokio::test]
async fn a_body_is_bounded() {
    let bench = Bench::new();
    let long = "a".repeat(64 * 1024 + 1);
    for (path, media_type) in [
        ("/oauth/token", "application/x-www-form-urlencoded"),
        ("/oauth/register", "application/json"),
        ("/oauth/authorize", "application/x-www-form-urlencoded"),
    ] {
        let request = request(Method::POST, path).header(header::CONTENT_TYPE, media_type);
        let answer = bench.send(request.body(long.clone().into()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[test]
fn printing_the_server_shows_no_secret() {
    let printed = format!("{:?}", Bench::new().server);
    assert!(
        printed.starts_with("DevAuthorizationServer { issuer: \"http://localhost:3002\", key: SigningKey")
    );
    assert!(printed.len() < 200, "{printed}");
}
