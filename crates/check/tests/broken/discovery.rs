//! What is met on the way to the metadata.

use crate::{
    fixture::{check, not_applicable, nothing, only},
    spoil::{answers, replace, set},
};

/// TM-01: and whoever only redirects is not judged for what it would say there.
#[tokio::test]
async fn a_redirect_of_the_endpoint_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.uri().path() == "/mcp" {
            replace(answer, 307, "text/plain", "");
            set(answer, "location", "/mcp/");
        }
    }))
    .await;
    assert!(only(&report, "TM-01").said.unwrap().contains("/mcp/"));
    not_applicable(&report, "RS-15");
}

/// TM-01
#[tokio::test]
async fn a_redirect_of_the_other_spelling_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.uri().path() == "/mcp/" {
            replace(answer, 308, "text/plain", "");
            set(answer, "location", "http://internal/mcp");
        }
    }))
    .await;
    only(&report, "TM-01");
}

/// TM-01: 304 leads nowhere, and is none.
#[tokio::test]
async fn a_redirect_that_does_not_say_where_to_is_told() {
    for (status, is_told) in [(302, true), (304, false)] {
        let report = check(answers(move |asked, answer| {
            if asked.uri().path() == "/mcp/" {
                replace(answer, status, "text/plain", "");
            }
        }))
        .await;
        match is_told {
            true => assert!(only(&report, "TM-01").said.unwrap().contains("does not say where to")),
            false => nothing(&report),
        }
    }
}

/// CL-02
#[tokio::test]
async fn a_place_where_nothing_is_and_that_does_not_say_so_is_told() {
    for (status, media_type, body) in [
        (404, "text/plain", "Not Found"),
        (404, "text/html", "<p>Nothing here.</p>"),
        (401, "application/json", "{}"),
        (403, "application/json", "{}"),
        (500, "application/json", "{}"),
        (302, "application/json", ""),
        (200, "text/html", "<!doctype html>"),
    ] {
        let report = check(answers(move |asked, answer| {
            if asked.uri().path().contains("/.well-known/openid-configuration") {
                replace(answer, status, media_type, body);
            }
        }))
        .await;
        assert!(only(&report, "CL-02").said.unwrap().contains(&status.to_string()), "{status}");
    }
}
