//! A server that keeps the token it was given, and repeats it wherever something of its answers is told.

use crate::{
    fixture::{Known, Spoil, check},
    spoil::{edit, set},
};
use axum::http::StatusCode;
use portcullis_check::{Other, Report};
use portcullis_testing::Spoiled;
use serde_json::json;

/// Every member of the documents and every parameter of the challenges; and, if it `redirects`, where to.
fn echoes(known: &Known, token: &str, redirects: bool) -> Spoil {
    let (token, again) = (token.to_owned(), token.to_owned());
    let (url, issuer) = (known.url.clone(), known.issuer.clone());
    let server = Spoiled::answers(move |asked, answer| {
        if asked.uri().path().starts_with("/.well-known/oauth-protected-resource") {
            edit(answer, |document| {
                document["resource"] = format!("{url}/{token}").into();
                document["authorization_servers"] = json!([issuer, format!("{url}?{token}")]);
                document["scopes_supported"] = json!([token]);
                document[&token] = json!([]);
            });
        } else if redirects {
            *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            set(answer, "location", &format!("/mcp2?t={token}"));
        } else if answer.status() == 401 {
            let description = format!("{}{token}", "x".repeat(300));
            let parameters =
                format!("error=\"{token}\", scope=\"{token}\", error_description=\"{description}\"");
            let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
            set(answer, "www-authenticate", &format!("{challenge}, {parameters}"));
        } else {
            set(answer, "content-type", &format!("application/json; {token}"));
            *answer.body_mut() = json!({ "error": { "code": -32600, "message": token } }).to_string().into();
        }
    });
    let issuer = Spoiled::answers(move |asked, answer| {
        if asked.uri().path().contains("/.well-known/") {
            edit(answer, |document| {
                document["issuer"] = format!("https://{again}.example/{again}").into();
                document["registration_endpoint"] = format!("https://example.com/{again}").into();
                document["scopes_supported"] = json!([again]);
            });
        }
    });
    Spoil::server(server).and_issuer(issuer)
}

#[track_caller]
fn nothing_is_told(report: &Report, token: &str) {
    let told = format!("{report:?} {}", serde_json::to_string_pretty(report).unwrap()).to_lowercase();
    assert!(told.contains("<token>"));
    for part in token.split('.').chain([&token[..20]]) {
        assert!(!told.contains(&part.to_lowercase()), "{report:#?}");
    }
}

/// RS-17
#[tokio::test]
async fn a_token_that_a_server_repeats_is_not_told() {
    for redirects in [false, true] {
        for is_others in [false, true] {
            let mut token = String::new();
            let report = check(|known| {
                let bobs = known.mint_for_bob();
                token = if is_others { bobs.clone() } else { known.token.clone() };
                echoes(known, &token, redirects).and_other(Other::User, &bobs)
            })
            .await;
            nothing_is_told(&report, &token);
        }
    }
}

/// What a stranger writes is told to a point.
#[tokio::test]
async fn a_report_has_a_bound() {
    let report = check(|_| {
        Spoil::server(Spoiled::answers(|asked, answer| {
            if asked.uri().path().starts_with("/.well-known/oauth-protected-resource") {
                edit(answer, |document| {
                    let path = "x".repeat(100_000);
                    document["resource"] = format!("https://example.com/{path}").into();
                    document["authorization_servers"] = json!([format!("https://example.com/{path}")]);
                });
            }
        }))
    })
    .await;
    let longest = report.clients.iter().map(|client| format!("{client:?}").len()).max().unwrap();
    assert!(longest < 30_000, "{longest}");
    let longest = report.findings().map(|finding| format!("{finding:?}").len()).max().unwrap();
    assert!(longest < 6_000, "{longest}");
}
