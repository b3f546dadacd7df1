//! What somebody would try at the sign-in page (AS-35, SB-06).

use crate::bench::{Answer, Bench, ISSUER, Pairs, asked, but, decision_of, encode, request};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use portcullis_authorization_server::{NoRandomness, Randomness, SigningKey};
use serde_json::json;
use std::sync::Arc;

fn form<'a>(request: &'a str, csrf: &'a str) -> Pairs<'a> {
    vec![("request", request), ("csrf", csrf), ("user", "alice"), ("decision", "allow")]
}

fn sealed(page: &Answer) -> (String, String) {
    (page.field("request"), page.field("csrf"))
}

/// SB-06: a decision counts only from the page that was shown, in the browser it was shown in.
#[tokio::test]
async fn a_forged_decision_is_refused() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let (victim, attacker) =
        (bench.authorize(&asked(&client_id)).await, bench.authorize(&asked(&client_id)).await);
    let ((request, csrf), (other_request, other_csrf)) = (sealed(&victim), sealed(&attacker));
    let (cookie, other_cookie) = (victim.cookie(), attacker.cookie());
    let changed = format!("A{}", &request[1..]);
    let ours = Some(ISSUER);
    for (name, request, csrf, cookie, origin) in [
        ("another site", &request, &csrf, &cookie, Some("https://evil.example")),
        ("another port of this machine", &request, &csrf, &cookie, Some("http://localhost:3003")),
        ("a frame without origin", &request, &csrf, &cookie, Some("null")),
        ("https", &request, &csrf, &cookie, Some("https://localhost:3002")),
        ("no cookie", &request, &csrf, &String::new(), ours),
        ("an empty cookie", &request, &csrf, &"portcullis_dev_browser=".to_owned(), ours),
        ("another browser's cookie", &request, &csrf, &other_cookie, ours),
        ("another browser's mark", &request, &other_csrf, &cookie, ours),
        ("another browser's page", &other_request, &other_csrf, &cookie, ours),
        ("no mark", &request, &String::new(), &cookie, ours),
        ("a changed request", &changed, &csrf, &cookie, ours),
        ("no request", &String::new(), &csrf, &cookie, ours),
    ] {
        let answer = bench.send(decision_of(&form(request, csrf), cookie, origin)).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::FORBIDDEN, ""), "{name}");
    }
    for origin in [ours, None, Some("http://127.0.0.1:3002")] {
        let answer = bench.send(decision_of(&form(&request, &csrf), &cookie, origin)).await;
        assert!(answer.location().contains_key("code"), "{origin:?}");
    }
}

/// The mark is of one request: the same browser's other page does not lend it.
#[tokio::test]
async fn a_mark_fits_one_request() {
    let bench = Bench::new();
    let client_id = bench.client().await;
    let first = bench.authorize(&asked(&client_id)).await;
    let path = format!("/oauth/authorize?{}", encode(&but(asked(&client_id), "state", Some("t"))));
    let second = request(Method::GET, &path).header(header::COOKIE, first.cookie()).body(Body::empty());
    let second = bench.send(second.unwrap()).await;
    assert_eq!(first.cookie(), second.cookie(), "two sign-ins side by side share a browser");
    let ((one, one_csrf), (two, two_csrf)) = (sealed(&first), sealed(&second));
    for (name, request, csrf, expected) in [
        ("crossed", &one, &two_csrf, StatusCode::FORBIDDEN),
        ("crossed back", &two, &one_csrf, StatusCode::FORBIDDEN),
        ("the second", &two, &two_csrf, StatusCode::SEE_OTHER),
        ("the first", &one, &one_csrf, StatusCode::SEE_OTHER),
    ] {
        let answer = bench.send(decision_of(&form(request, csrf), &first.cookie(), Some(ISSUER))).await;
        assert_eq!(answer.status, expected, "{name}");
    }
}

#[tokio::test]
async fn a_page_that_was_open_for_too_long_is_no_good() {
    let bench = Bench::new();
    let page = bench.authorize(&asked(&bench.client().await)).await;
    let (request, csrf) = sealed(&page);
    bench.advance(600);
    let answer = bench.send(decision_of(&form(&request, &csrf), &page.cookie(), Some(ISSUER))).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::BAD_REQUEST, ""));
}

#[tokio::test]
async fn nobody_signs_in_as_a_stranger_or_without_a_decision() {
    let bench = Bench::new();
    let page = bench.authorize(&asked(&bench.client().await)).await;
    let (request, csrf) = sealed(&page);
    for (name, value) in
        [("user", Some("mallory")), ("user", None), ("decision", Some("perhaps")), ("decision", None)]
    {
        let form = but(form(&request, &csrf), name, value);
        let answer = bench.send(decision_of(&form, &page.cookie(), Some(ISSUER))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name} {value:?}");
    }
}

struct Exhausted;

impl Randomness for Exhausted {
    fn fill(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
        Err(NoRandomness)
    }
}

#[tokio::test]
async fn without_randomness_nothing_is_issued() {
    let bench = Bench::with(SigningKey::ephemeral().unwrap(), Arc::new(Exhausted));
    let client_id = bench.client().await;
    let page = bench.authorize(&asked(&client_id)).await;
    assert_eq!((page.status, page.header("set-cookie")), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    let answer = bench.refresh(&client_id, "x").await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "server_error"));
}

/// AS-35, DC-10
#[tokio::test]
async fn a_name_is_text_and_not_markup() {
    let bench = Bench::new();
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</strong><form action=https://evil.example>",
        "'-alert(1)-'",
        "{{ request }}",
    ] {
        let registered = bench
            .register(json!({ "client_name": name, "redirect_uris": ["http://127.0.0.1:5000/callback"] }))
            .await
            .json();
        let page = bench.authorize(&asked(registered["client_id"].as_str().unwrap())).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{name}");
        assert_eq!(page.body.matches("<form").count(), 1, "{name}");
    }
}
