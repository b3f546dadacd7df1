//! Dynamic client registration, row by row.

use crate::bench::{Bench, CALLBACK, NOW, asked, request};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use portcullis_authorization_server::SigningKey;
use serde_json::{Value, json};

/// DC-02, DC-03, DC-05, DC-12
#[tokio::test]
async fn a_registration_is_echoed_and_has_no_secret() {
    let answer = Bench::new()
        .register(json!({
            "redirect_uris": [CALLBACK],
            "client_name": "Test client",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token", "implicit"],
            "response_types": ["code"],
            "scope": "todo:write todo:read",
            "logo_uri": "https://app.example/logo.png",
            "unknown": { "to": ["us"] },
        }))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut registered = answer.json();
    assert!(registered["client_id"].as_str().unwrap().len() < 300);
    registered.as_object_mut().unwrap().remove("client_id");
    assert_eq!(
        registered,
        json!({
            "client_id_issued_at": NOW,
            "client_name": "Test client",
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "application_type": "native",
            "scope": "todo:read todo:write",
        })
    );
}

/// DC-04, DC-06, DC-07, DC-08, AS-15
#[tokio::test]
async fn a_bad_registration_is_refused_with_its_code() {
    let bench = Bench::new();
    let uris = |uris: Value| json!({ "redirect_uris": uris });
    let with = |name: &str, value: Value| json!({ "redirect_uris": [CALLBACK], name: value });
    let (redirect, metadata) = ("invalid_redirect_uri", "invalid_client_metadata");
    for (name, sent, code) in [
        ("nothing", json!({}), redirect),
        ("no redirect", uris(json!([])), redirect),
        ("null", uris(Value::Null), redirect),
        ("another host over http", uris(json!(["http://evil.example/"])), redirect),
        ("a script", uris(json!(["javascript:alert(1)"])), redirect),
        ("data", uris(json!(["data:text/html,x"])), redirect),
        ("a private scheme", uris(json!(["com.example.app://callback"])), redirect),
        ("a fragment", uris(json!(["https://app.example/#f"])), redirect),
        ("one bad among good", uris(json!([CALLBACK, "http://evil.example/"])), redirect),
        ("eleven", uris(json!(vec![CALLBACK; 11])), redirect),
        ("too long together", uris(json!(vec![format!("{CALLBACK}/{}", "a".repeat(1900)); 9])), redirect),
        ("no list", uris(json!(CALLBACK)), metadata),
        ("an array", json!([[CALLBACK]]), metadata),
        ("a long name", with("client_name", json!("a".repeat(201))), metadata),
        ("a name that is none", with("client_name", json!(7)), metadata),
        ("no code grant", with("grant_types", json!(["client_credentials"])), metadata),
        ("no code response", with("response_types", json!(["token"])), metadata),
        ("a scope that is none", with("scope", json!("a\"b")), metadata),
        (
            "two key sets",
            json!({ "redirect_uris": [CALLBACK], "jwks": { "keys": [] }, "jwks_uri": "https://a.example" }),
            metadata,
        ),
    ] {
        let answer = bench.register(sent).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, code), "{name}");
    }
}

/// DC-02
#[tokio::test]
async fn only_json_is_a_registration() {
    let bench = Bench::new();
    let body = json!({ "redirect_uris": [CALLBACK] }).to_string();
    for (media_type, expected) in [
        ("application/json", StatusCode::CREATED),
        ("Application/JSON; charset=utf-8", StatusCode::CREATED),
        ("application/jsonp", StatusCode::BAD_REQUEST),
        ("text/plain", StatusCode::BAD_REQUEST),
        ("application/x-www-form-urlencoded", StatusCode::BAD_REQUEST),
    ] {
        let request = request(Method::POST, "/register").header(header::CONTENT_TYPE, media_type);
        let answer = bench.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, expected, "{media_type}");
    }
}

/// DC-09, DC-12
#[tokio::test]
async fn what_was_left_out_is_inferred() {
    let bench = Bench::new();
    for (uri, expected) in
        [(CALLBACK, "native"), ("cursor://anysphere.cursor-mcp/cb", "native"), ("https://a.example/", "web")]
    {
        let registered = bench.register(json!({ "redirect_uris": [uri] })).await.json();
        assert_eq!(registered["application_type"], expected, "{uri}");
        assert_eq!(registered["redirect_uris"], json!([uri]));
        assert_eq!(registered.get("client_name"), None);
    }
}

/// A redeploy orphans nobody, and a client of another server is nobody here.
#[tokio::test]
async fn a_client_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let load = || SigningKey::load_or_create(&folder.path().join("key.p8")).unwrap();
    let client_id = Bench::with_key(load()).client().await;
    let page = Bench::with_key(load()).authorize(&asked(&client_id)).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = Bench::new().authorize(&asked(&client_id)).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}
