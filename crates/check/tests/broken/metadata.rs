//! What a resource publishes about itself.

use crate::{
    fixture::{check, not_applicable, only},
    spoil::{answers, challenges, metadata, replace, set},
};
use axum::http::Method;
use portcullis_check::Outcome;
use serde_json::{Value, json};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// PRM-05: and what would be in it is not missed.
#[tokio::test]
async fn a_server_without_metadata_is_told_once() {
    for (status, media_type, body) in [
        (404, "application/json", r#"{"error":"not_found"}"#),
        (401, "application/json", r#"{"error":"unauthorized"}"#),
        (200, "text/html", "<!doctype html><p>Welcome!</p>"),
        (200, "application/json", "[]"),
    ] {
        let report = check(answers(move |asked, answer| {
            if asked.uri().path().starts_with(WELL_KNOWN) {
                replace(answer, status, media_type, body);
            }
        }))
        .await;
        let finding = only(&report, "PRM-05");
        assert_eq!(finding.outcome, Outcome::Failed);
        let asks = "a token is asked for";
        assert_eq!(finding.said.unwrap().contains(asks), status == 401);
        for row in ["PRM-01", "PRM-02", "PRM-04", "PRM-06", "PRM-10", "AS-02", "AS-07", "JW-10", "TL-22"] {
            not_applicable(&report, row);
        }
    }
}

/// PRM-05
#[tokio::test]
async fn metadata_where_no_resource_is_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.uri().path().ends_with("nothing-here") {
            replace(answer, 200, "application/json", r#"{"resource":"https://mcp.example.com/other"}"#);
        }
    }))
    .await;
    assert!(only(&report, "PRM-05").said.unwrap().contains("https://mcp.example.com/other"));
}

/// PRM-04
#[tokio::test]
async fn metadata_at_the_root_alone_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.uri().path() == format!("{WELL_KNOWN}/mcp") {
            replace(answer, 404, "application/json", "{}");
        }
        if let Some(challenge) = crate::spoil::challenge(answer) {
            set(answer, "www-authenticate", &challenge.replace("resource/mcp\"", "resource\""));
        }
    }))
    .await;
    only(&report, "PRM-04");
}

/// PRM-06
#[tokio::test]
async fn metadata_that_is_no_json_by_its_type_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.uri().path().starts_with(WELL_KNOWN) && asked.method() == Method::GET {
            set(answer, "content-type", "text/plain; charset=utf-8");
        }
    }))
    .await;
    assert_eq!(only(&report, "PRM-06").outcome, Outcome::Failed);
}

/// PRM-06
#[tokio::test]
async fn metadata_that_takes_every_method_is_told() {
    for is_bare in [false, true] {
        let report = check(answers(move |asked, answer| {
            if asked.uri().path().starts_with(WELL_KNOWN) && asked.method() == Method::POST {
                replace(answer, if is_bare { 405 } else { 200 }, "application/json", "{}");
            }
        }))
        .await;
        assert_eq!(only(&report, "PRM-06").outcome, Outcome::Warned);
    }
}

/// PRM-21
#[tokio::test]
async fn metadata_that_does_not_say_how_long_it_may_be_kept_is_told() {
    let report = check(answers(|asked, answer| {
        if asked.uri().path().starts_with(WELL_KNOWN) {
            answer.headers_mut().remove("cache-control");
        }
    }))
    .await;
    only(&report, "PRM-21");
}

/// PRM-02: and where it is wrong, it is not compared.
#[tokio::test]
async fn metadata_without_a_resource_is_told() {
    for resource in [Value::Null, json!(7), json!("")] {
        let report = check(metadata(move |document| {
            document["resource"] = resource.clone();
            if resource.is_null() {
                document.as_object_mut().unwrap().remove("resource");
            }
        }))
        .await;
        only(&report, "PRM-02");
        not_applicable(&report, "PRM-10");
    }
}

/// PRM-03
#[tokio::test]
async fn a_resource_that_is_no_identifier_is_told() {
    for wrong in
        ["urn:mcp", "mcp", "https://user@mcp.example.com/mcp", "https://mcp.example.com/mcp#x", "wss://h/mcp"]
    {
        let report = check(metadata(move |document| document["resource"] = json!(wrong))).await;
        only(&report, "PRM-03");
        not_applicable(&report, "PRM-10");
    }
}

/// PRM-10: the mistake is named, and the URL that should be there.
#[tokio::test]
async fn a_resource_that_is_nearly_the_url_is_told() {
    for (near, name) in [
        ("<origin>/mcp/", "slash at its end"),
        ("<origin>/", "path /mcp is missing"),
        ("<origin>", "path /mcp is missing"),
        ("<origin>/sse", "path is /sse"),
        ("http://localhost/mcp", "host is localhost"),
        ("http://127.0.0.1:1/mcp", "port is another"),
    ] {
        let mut dialled = String::new();
        let report = check(|known| {
            dialled = known.url.clone();
            let wrong = near.replace("<origin>", known.url.trim_end_matches("/mcp"));
            metadata(move |document| document["resource"] = json!(wrong))(known)
        })
        .await;
        let said = only(&report, "PRM-10").said.unwrap();
        assert!(said.contains(name) && said.contains(&dialled), "{near}: {said}");
    }
}

/// PRM-09
#[tokio::test]
async fn two_documents_of_two_resources_are_told() {
    let report = check(answers(|asked, answer| {
        if let Some(challenge) = crate::spoil::challenge(answer) {
            set(answer, "www-authenticate", &challenge.replace("resource/mcp\"", "resource\""));
        }
        if asked.uri().path() == format!("{WELL_KNOWN}/mcp") {
            crate::spoil::edit(answer, |document| {
                document["resource"] = json!("https://mcp.example.com/mcp")
            });
        }
    }))
    .await;
    only(&report, "PRM-09");
}

/// PRM-01: and of nobody, nothing is said.
#[tokio::test]
async fn a_resource_of_no_issuer_is_told() {
    for wrong in [json!([]), json!("https://issuer.example"), json!([7])] {
        let report = check(metadata(move |document| document["authorization_servers"] = wrong.clone())).await;
        only(&report, "PRM-01");
        not_applicable(&report, "AS-02");
    }
}

/// RS-18
#[tokio::test]
async fn an_issuer_without_https_is_told() {
    let report = check(metadata(|document| {
        document["authorization_servers"] = json!(["http://issuer.example"]);
    }))
    .await;
    only(&report, "RS-18");
}

/// PRM-07
#[tokio::test]
async fn an_empty_member_is_told() {
    for (name, empty) in
        [("scopes_supported", json!([])), ("resource_documentation", json!("")), ("jwks", json!(null))]
    {
        let report = check(metadata(move |document| document[name] = empty.clone())).await;
        assert!(only(&report, "PRM-07").said.unwrap().contains(name));
    }
}

/// PRM-12
#[tokio::test]
async fn scopes_that_are_asked_for_and_not_published_are_told() {
    let report =
        check(metadata(|document| drop(document.as_object_mut().unwrap().remove("scopes_supported")))).await;
    only(&report, "PRM-12");
}

/// PRM-13
#[tokio::test]
async fn tokens_in_the_query_that_are_advertised_are_told() {
    for wrong in [json!(["header", "query"]), json!(["body"]), json!(["cookie"])] {
        let report =
            check(metadata(move |document| document["bearer_methods_supported"] = wrong.clone())).await;
        only(&report, "PRM-13");
    }
}

/// PRM-14
#[tokio::test]
async fn keys_without_https_are_told() {
    only(&check(metadata(|document| document["jwks_uri"] = json!("ftp://h/keys"))).await, "PRM-14");
}

/// PRM-15
#[tokio::test]
async fn none_as_an_algorithm_is_told() {
    for list in ["resource_signing_alg_values_supported", "dpop_signing_alg_values_supported"] {
        let report = check(metadata(move |document| document[list] = json!(["ES256", "none"]))).await;
        only(&report, "PRM-15");
    }
}

/// PRM-16
#[tokio::test]
async fn bound_tokens_that_nobody_asks_for_are_told() {
    for wrong in [json!(true), json!("yes")] {
        let report =
            check(metadata(move |document| document["dpop_bound_access_tokens_required"] = wrong.clone()))
                .await;
        only(&report, "PRM-16");
    }
}

/// PRM-18
#[tokio::test]
async fn signed_metadata_that_is_not_signed_is_told() {
    for wrong in [
        json!("signed"),
        json!(7),
        json!("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2gifQ."),
        json!("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2gifQ.AAAA"),
        json!("eyJhbGciOiJFUzI1NiJ9.e30.AAAA"),
        json!("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2gifQ."),
    ] {
        let report = check(metadata(move |document| document["signed_metadata"] = wrong.clone())).await;
        only(&report, "PRM-18");
    }
}

/// CH-12
#[tokio::test]
async fn offline_access_that_is_published_is_told() {
    let report = check(metadata(|document| {
        document["scopes_supported"] = json!(["todo:read", "offline_access"]);
    }))
    .await;
    assert!(crate::fixture::wrong(&report).iter().any(|finding| finding.row == "CH-12"));
}

/// Two documents are good, if they are of one resource; and a challenge may point to the root.
#[tokio::test]
async fn a_challenge_may_point_to_the_root() {
    let report = check(challenges(|good| good.replace("resource/mcp\"", "resource\""))).await;
    crate::fixture::nothing(&report);
}
