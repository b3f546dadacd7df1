//! What a server says to whoever has no good token.

use crate::{
    fixture::{Spoil, check, not_applicable, nothing, only},
    spoil::{answers, challenge, challenges, replace, set},
};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use bytes::Bytes;
use portcullis_check::Outcome;
use portcullis_testing::Spoiled;

fn is_forged(asked: &Request<Bytes>) -> bool {
    asked.headers().get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"Bearer eyJ"))
        && asked.headers()["authorization"].as_bytes().ends_with(b".AAAA")
}

fn has_no_credentials(asked: &Request<Bytes>) -> bool {
    !asked.headers().contains_key("authorization") && asked.uri().query().is_none()
}

/// TM-01
#[tokio::test]
async fn a_url_that_is_no_endpoint_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.uri().path() == "/mcp" {
            replace(answer, 404, "text/html", "<p>Nothing here.</p>");
        }
    }))
    .await;
    assert_eq!(only(&report, "TM-01").outcome, Outcome::Failed);
    not_applicable(&report, "RS-15");
    not_applicable(&report, "CH-01");
}

/// TM-01: and a page for people is not judged as a server that needs no token.
#[tokio::test]
async fn a_website_is_told() {
    let report = check(answers(|asked, answer| {
        if !asked.uri().path().contains("/.well-known/") {
            replace(answer, 200, "text/html; charset=utf-8", "<!doctype html><p>Welcome!</p>");
        }
    }))
    .await;
    assert!(only(&report, "TM-01").said.unwrap().contains("text/html"));
    not_applicable(&report, "RS-02");
    not_applicable(&report, "TM-02");
}

/// RS-02: a page for people at the same URL is no way in.
#[tokio::test]
async fn a_page_for_browsers_is_good() {
    let report = check(answers(|asked, answer| {
        if asked.method() == Method::GET && asked.uri().path() == "/mcp" && has_no_credentials(asked) {
            replace(answer, 200, "text/html", "<p>Add this URL to your client.</p>");
        }
    }))
    .await;
    nothing(&report);
}

/// RS-02: one method is open, the others are not.
#[tokio::test]
async fn a_stream_without_a_token_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.method() == Method::GET && asked.uri().path() == "/mcp" {
            replace(answer, 200, "text/event-stream", ": hello\n\n");
        }
    }))
    .await;
    assert!(only(&report, "RS-02").said.unwrap().contains("GET"));
}

/// RS-02: nobody needs a token, so nothing else is said of refusals.
#[tokio::test]
async fn a_server_that_is_open_is_told_once() {
    let report = check(|known| {
        let token = HeaderValue::try_from(format!("Bearer {}", known.token)).unwrap();
        let is_dialled = |path: &str| path.starts_with("/mcp");
        Spoil::server(Spoiled::requests(move |request| {
            if is_dialled(request.uri().path()) && request.method() != Method::OPTIONS {
                request.headers_mut().insert("authorization", token.clone());
            }
        }))
        .without_token()
    })
    .await;
    only(&report, "RS-02");
    for row in ["RS-15", "RS-14", "RS-04", "RS-05", "CH-01", "CH-02", "CH-05", "CH-06", "CH-11"] {
        not_applicable(&report, row);
    }
}

/// RS-15
#[tokio::test]
async fn no_token_and_403_is_told() {
    let report = check(answers(|asked, answer| {
        if has_no_credentials(asked) && answer.status() == StatusCode::UNAUTHORIZED {
            *answer.status_mut() = StatusCode::FORBIDDEN;
        }
    }))
    .await;
    only(&report, "RS-15");
}

/// RS-14
#[tokio::test]
async fn a_token_that_nobody_signed_and_is_let_in_is_told() {
    let report = check(|known| {
        let token = HeaderValue::try_from(format!("Bearer {}", known.token)).unwrap();
        Spoil::server(Spoiled::requests(move |request| {
            if is_forged(request) {
                request.headers_mut().insert("authorization", token.clone());
            }
        }))
        .without_token()
    })
    .await;
    assert!(only(&report, "RS-14").said.unwrap().contains("200"));
}

/// RS-04
#[tokio::test]
async fn a_scheme_alone_that_breaks_the_server_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.headers().get("authorization").is_some_and(|value| value == "Bearer") {
            replace(answer, 500, "text/plain", "IndexError");
        }
    }))
    .await;
    only(&report, "RS-04");
}

/// RS-05
#[tokio::test]
async fn a_token_that_is_read_from_the_query_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.uri().query().is_some_and(|query| query.contains("access_token")) {
            set(
                answer,
                "www-authenticate",
                "Bearer error=\"invalid_token\", resource_metadata=\"https://h/x\"",
            );
        }
    }))
    .await;
    only(&report, "RS-05");
}

/// CH-01: and what is to be read in a challenge is not missed.
#[tokio::test]
async fn a_401_without_a_challenge_is_told() {
    let report = check(answers(|_, answer| drop(answer.headers_mut().remove("www-authenticate")))).await;
    only(&report, "CH-01");
    for row in ["CH-02", "CH-03", "CH-04", "CH-05", "CH-06", "CH-07", "CH-09", "CH-11", "CL-10"] {
        not_applicable(&report, row);
    }
}

/// CH-02
#[tokio::test]
async fn a_scheme_without_parameters_is_told() {
    only(&check(challenges(|_| "Bearer".to_owned())).await, "CH-02");
}

/// CH-03
#[tokio::test]
async fn a_repeated_parameter_is_told() {
    let report = check(challenges(|good| format!("{good}, scope=\"todo:read\""))).await;
    assert!(only(&report, "CH-03").said.unwrap().contains("scope"));
}

/// CH-04
#[tokio::test]
async fn a_character_that_no_value_may_have_is_told() {
    for text in ["d\u{e9}sol\u{e9}", "say \\\"please\\\""] {
        let report = check(challenges(move |good| format!("{good}, realm=\"{text}\""))).await;
        only(&report, "CH-04");
    }
}

/// CH-05
#[tokio::test]
async fn an_error_where_nothing_was_sent_is_told() {
    let report = check(challenges(|good| match good.contains("error") {
        true => good.to_owned(),
        false => format!("{good}, error=\"invalid_token\""),
    }))
    .await;
    assert_eq!(only(&report, "CH-05").outcome, Outcome::Warned);
}

/// CH-06
#[tokio::test]
async fn a_bad_token_without_an_error_is_told() {
    let report = check(answers(|asked, answer| {
        if is_forged(asked) {
            set(answer, "www-authenticate", &without_error(&challenge(answer).unwrap()));
        }
    }))
    .await;
    only(&report, "CH-06");
    not_applicable(&report, "CH-07");
}

fn without_error(challenge: &str) -> String {
    let parameters = challenge.strip_prefix("Bearer ").unwrap().split(", ");
    let kept: Vec<_> = parameters.filter(|parameter| !parameter.starts_with("error")).collect();
    format!("Bearer {}", kept.join(", "))
}

/// CH-07
#[tokio::test]
async fn a_code_of_another_status_is_told() {
    let report = check(challenges(|good| good.replace("invalid_token", "invalid_request"))).await;
    only(&report, "CH-07");
}

/// CH-09
#[tokio::test]
async fn a_challenge_that_does_not_point_to_the_metadata_is_told() {
    let report = check(challenges(|good| good.split(", resource_metadata").next().unwrap().to_owned())).await;
    assert_eq!(only(&report, "CH-09").outcome, Outcome::Warned);
}

/// CH-09
#[tokio::test]
async fn a_challenge_that_points_to_nothing_is_told() {
    for wrong in
        ["/.well-known/oauth-protected-resource/elsewhere\"", "/mcp/.well-known/oauth-protected-resource\""]
    {
        let report =
            check(challenges(move |good| good.replace("/.well-known/oauth-protected-resource/mcp\"", wrong)))
                .await;
        assert_eq!(only(&report, "CH-09").outcome, Outcome::Failed);
    }
}

/// CH-09: behind TLS, the URL is often built from what the server sees.
#[tokio::test]
async fn a_challenge_that_points_behind_the_proxy_is_told() {
    let report = check(challenges(|good| {
        let start = good.find("http://").unwrap();
        let end = start + good[start..].find("/.well-known").unwrap();
        format!("{}http://internal:8000{}", &good[..start], &good[end..])
    }))
    .await;
    assert!(only(&report, "CH-09").said.unwrap().contains("host is internal"));
}

/// CH-11
#[tokio::test]
async fn a_challenge_without_scopes_is_told() {
    let report = check(challenges(|good| good.replace("scope=\"todo:read todo:write\", ", ""))).await;
    assert!(only(&report, "CH-11").said.unwrap().contains("todo:read todo:write"));
}

/// CH-12
#[tokio::test]
async fn a_server_that_asks_for_offline_access_is_told() {
    let report = check(challenges(|good| good.replace("scope=\"", "scope=\"offline_access "))).await;
    only(&report, "CH-12");
}

/// CH-18
#[tokio::test]
async fn a_reserved_code_in_a_refusal_is_told() {
    for (body, outcome) in [
        (r#"{"jsonrpc":"2.0","error":{"code":-32020,"message":"no"}}"#, Outcome::Failed),
        (r#"{"jsonrpc":"2.0","error":{"code":-32001,"message":"no"}}"#, Outcome::Warned),
    ] {
        let report = check(answers(move |_, answer| {
            if answer.status() == StatusCode::UNAUTHORIZED {
                *answer.body_mut() = body.into();
            }
        }))
        .await;
        assert_eq!(only(&report, "CH-18").outcome, outcome);
    }
}

/// CH-19
#[tokio::test]
async fn an_error_in_another_schemes_challenge_is_told() {
    let report = check(answers(|asked, answer| {
        if is_forged(asked) {
            let other = HeaderValue::from_static("DPoP algs=\"ES256\", error=\"invalid_token\"");
            answer.headers_mut().append("www-authenticate", other);
        }
    }))
    .await;
    only(&report, "CH-19");
}

/// CH-10
#[tokio::test]
async fn a_second_challenge_that_does_not_point_to_the_metadata_is_told() {
    let report = check(challenges(|good| format!("{good}, DPoP algs=\"ES256\""))).await;
    assert!(only(&report, "CH-10").said.unwrap().contains("DPoP"));
}

/// CL-10
#[tokio::test]
async fn a_challenge_that_simple_parsers_miss_is_told() {
    let report = check(challenges(|good| format!("Basic realm=\"x\", {good}"))).await;
    assert!(only(&report, "CL-10").said.unwrap().contains("Basic"));
    let report = check(challenges(|good| {
        good.replace("http://", "\u{1}http://").replace("=\"\u{1}", "=").replace("/mcp\"", "/mcp")
    }))
    .await;
    assert!(only(&report, "CL-10").said.unwrap().contains("resource_metadata"));
}
