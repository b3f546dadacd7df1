//! The authorization endpoint: what is shown, what is refused, and who is told.

use crate::bench::{
    Bench, CALLBACK, CHALLENGE, ISSUER, OTHER_SPELLING, Pairs, RESOURCE, and, asked, but, claims, redeemed,
};
use axum::http::StatusCode;

/// AS-21, AS-40, SB-06, SB-20
#[tokio::test]
async fn the_page_says_who_asks_for_what_and_where_the_answer_goes() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let page = bench.authorize(&asked(&client_id)).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in
        ["Test client", "127.0.0.1:5000", "todo:read", "Alice Archer", "Bob Baker", "Development only"]
    {
        assert!(page.body.contains(text), "{text}");
    }
    assert!(!page.body.contains("todo:write"));
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    let csp = page.header("content-security-policy");
    assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{csp}");
    let cookie = page.header("set-cookie");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    assert!(bench.get("/oauth/style.css").await.header("content-type").starts_with("text/css"));
}

/// AS-10, AS-16, AS-18, AS-20, G-16
#[tokio::test]
async fn the_answer_carries_the_code_the_state_and_the_issuer() {
    let bench = Bench::new();
    let callback = "http://127.0.0.1:5000/callback?tab=1";
    let client_id = bench.client_at(callback).await;
    for state in
        ["s", "{\"a\": [1, 2]}", "a+b%20c&d=e#f", "ä", "<script>alert(1)</script>", &"s".repeat(4096)]
    {
        let parameters = but(but(asked(&client_id), "redirect_uri", Some(callback)), "state", Some(state));
        let answer = bench.decide(&parameters, "alice", "allow").await;
        assert!(answer.header("location").starts_with(&format!("{callback}&code=")), "{state}");
        let sent = answer.location();
        assert_eq!((sent["state"].as_str(), sent["iss"].as_str()), (state, ISSUER));
        assert_eq!((sent.len(), answer.header("referrer-policy")), (4, "no-referrer"));
    }
    let answer = bench.decide(&but(asked(&bench.client().await), "state", None), "alice", "allow").await;
    assert!(!answer.location().contains_key("state"));
}

/// AS-10, AS-18
#[tokio::test]
async fn a_person_may_say_no() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let sent = bench.decide(&asked(&client_id), "alice", "deny").await.location();
    assert_eq!(
        (sent["error"].as_str(), sent["state"].as_str(), sent["iss"].as_str()),
        ("access_denied", "s", ISSUER)
    );
    assert!(!sent.contains_key("code"));
}

/// AS-14, AS-17, AS-23
#[tokio::test]
async fn an_unknown_client_or_redirect_is_shown_and_never_followed() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let good = || asked(&client_id);
    let long = "s".repeat(4097);
    let cases: Vec<(&str, Pairs<'_>)> = vec![
        ("no client", but(good(), "client_id", None)),
        ("unknown client", but(good(), "client_id", Some("someone"))),
        ("a URL as client", but(good(), "client_id", Some("https://app.example/client.json"))),
        ("two clients", and(good(), "client_id", &client_id)),
        ("no redirect", but(good(), "redirect_uri", None)),
        ("unknown redirect", but(good(), "redirect_uri", Some("https://evil.example/"))),
        ("a longer path", but(good(), "redirect_uri", Some("http://127.0.0.1:5000/callback/x"))),
        ("another query", but(good(), "redirect_uri", Some("http://127.0.0.1:5000/callback?x"))),
        ("another spelling", but(good(), "redirect_uri", Some("http://localhost:5000/callback"))),
        ("two redirects", and(good(), "redirect_uri", CALLBACK)),
        ("a state that is too long", but(good(), "state", Some(&long))),
    ];
    for (name, parameters) in cases {
        let answer = bench.authorize(&parameters).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(answer.header("location"), "", "{name}");
        assert!(answer.header("content-type").starts_with("text/html"), "{name}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{name}");
    }
    let not_utf8 = bench.get("/oauth/authorize?state=%ff").await;
    assert_eq!((not_utf8.status, not_utf8.header("location")), (StatusCode::BAD_REQUEST, ""));
}

/// AS-12, AS-18, AS-23, AS-31, AS-32
#[tokio::test]
async fn other_errors_go_back_to_the_client() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let good = || asked(&client_id);
    let cases: Vec<(&str, Pairs<'_>, &str)> = vec![
        ("no response_type", but(good(), "response_type", None), "invalid_request"),
        ("implicit", but(good(), "response_type", Some("token")), "unsupported_response_type"),
        ("hybrid", but(good(), "response_type", Some("code id_token")), "unsupported_response_type"),
        ("no PKCE", but(good(), "code_challenge", None), "invalid_request"),
        ("no method", but(good(), "code_challenge_method", None), "invalid_request"),
        ("plain", but(good(), "code_challenge_method", Some("plain")), "invalid_request"),
        ("S512", but(good(), "code_challenge_method", Some("S512")), "invalid_request"),
        ("no hash", but(good(), "code_challenge", Some("short")), "invalid_request"),
        ("two challenges", and(good(), "code_challenge", CHALLENGE), "invalid_request"),
        ("an unknown one twice", and(and(good(), "x", "1"), "x", "1"), "invalid_request"),
        ("another resource", but(good(), "resource", Some("https://a.example/mcp")), "invalid_target"),
        ("a sibling", but(good(), "resource", Some("http://localhost:3002/mcp/x")), "invalid_target"),
        ("one good, one bad", and(good(), "resource", "urn:x"), "invalid_target"),
        ("unknown scope", but(good(), "scope", Some("todo:read admin")), "invalid_scope"),
        ("no scope", but(good(), "scope", Some("todo\"read")), "invalid_scope"),
    ];
    for (name, parameters, code) in cases {
        let sent = bench.authorize(&parameters).await.location();
        assert_eq!(
            (sent["error"].as_str(), sent["state"].as_str(), sent["iss"].as_str()),
            (code, "s", ISSUER),
            "{name}"
        );
        assert!(sent.len() == 4 && sent.contains_key("error_description"), "{name}");
    }
    let sent = bench.authorize(&and(good(), "state", "t")).await.location();
    assert_eq!((sent["error"].as_str(), sent.get("state")), ("invalid_request", None), "two states");
}

/// CL-06, AS-41: what people's clients ask for out of habit does not keep them out.
#[tokio::test]
async fn scopes_are_what_was_asked_for_of_ours() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    for (name, scope, expected) in [
        ("one", Some("todo:read"), "todo:read"),
        ("in another order", Some("todo:write todo:read"), "todo:read todo:write"),
        ("none", None, "todo:read todo:write"),
        ("habits", Some("openid profile email offline_access todo:read"), "todo:read"),
        ("only habits", Some("openid offline_access"), "todo:read todo:write"),
    ] {
        let code = bench.decide(&but(asked(&client_id), "scope", scope), "alice", "allow").await.location();
        let issued = bench.token(&redeemed(&client_id, &code["code"])).await.json();
        assert_eq!(issued["scope"], expected, "{name}");
        assert_eq!(claims(issued["access_token"].as_str().unwrap())["scope"], expected, "{name}");
    }
}

/// G-10, AS-14: a command line listens where a port is free.
#[tokio::test]
async fn a_loopback_port_may_vary() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let elsewhere = "http://127.0.0.1:61234/callback";
    let answer = bench.decide(&but(asked(&client_id), "redirect_uri", Some(elsewhere)), "bob", "allow").await;
    assert!(answer.header("location").starts_with(elsewhere));
    let code = answer.location()["code"].clone();
    let other_port = bench.token(&redeemed(&client_id, &code)).await;
    assert_eq!(other_port.error(), "invalid_grant", "AS-27: the code is bound to the very redirect_uri");
    let good = but(redeemed(&client_id, &code), "redirect_uri", Some(elsewhere));
    assert_eq!(bench.token(&good).await.status, StatusCode::OK);
}

/// G-11
#[tokio::test]
async fn an_editor_is_called_under_its_own_scheme() {
    let bench = Bench::new();
    let callback = "cursor://anysphere.cursor-mcp/oauth/callback";
    let client_id = bench.client_at(callback).await;
    let parameters = but(asked(&client_id), "redirect_uri", Some(callback));
    let page = bench.authorize(&parameters).await;
    assert!(page.body.contains("the application that opens cursor: links"));
    let answer = bench.decide(&parameters, "alice", "allow").await;
    assert!(answer.header("location").starts_with(&format!("{callback}?code=")));
}

/// AS-32, AS-33: the audience is what was asked for; any of our spellings, if nothing was.
#[tokio::test]
async fn the_audience_is_the_resource_asked_for() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let all = serde_json::json!([RESOURCE, OTHER_SPELLING]);
    let without = || but(asked(&client_id), "resource", None);
    let cases: Vec<(&str, Pairs<'_>, Option<&str>, serde_json::Value)> = vec![
        ("the same twice", asked(&client_id), Some(RESOURCE), RESOURCE.into()),
        ("only when asking", asked(&client_id), None, RESOURCE.into()),
        ("only when redeeming", without(), Some(OTHER_SPELLING), OTHER_SPELLING.into()),
        ("never", without(), None, all),
    ];
    for (name, parameters, at_token, expected) in cases {
        let code = bench.decide(&parameters, "alice", "allow").await.location()["code"].clone();
        let issued = bench.token(&but(redeemed(&client_id, &code), "resource", at_token)).await.json();
        assert_eq!(claims(issued["access_token"].as_str().unwrap())["aud"], expected, "{name}");
    }
}
