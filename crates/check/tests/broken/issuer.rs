//! The authorization server beside it.

use crate::{
    fixture::{Spoil, check, not_applicable, nothing, only},
    spoil::{challenge, edit, issuer_answers, issuer_metadata, replace, set},
};
use portcullis_check::Outcome;
use portcullis_testing::Spoiled;
use serde_json::{Value, json};

const SERVER: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// AS-02: and what would be in it is not missed. Without the keys there, the server takes no token.
#[tokio::test]
async fn an_issuer_without_metadata_is_told_once() {
    let report = check(|_| {
        let spoiled = Spoiled::answers(|asked, answer| {
            if asked.uri().path().contains("/.well-known/") {
                replace(answer, 404, "application/json", "{}");
            }
        });
        Spoil::issuer(spoiled).without_token()
    })
    .await;
    assert!(only(&report, "AS-02").said.unwrap().contains("404"));
    for row in ["AS-03", "AS-04", "AS-06", "AS-07", "AS-09", "AS-11", "AS-17", "JW-10", "CL-06"] {
        not_applicable(&report, row);
    }
}

/// AS-03
#[tokio::test]
async fn metadata_at_the_end_of_the_path_alone_is_told() {
    let report = check(|known| {
        let issuer = format!("{}/tenant", known.issuer);
        let appended = {
            let issuer = issuer.clone();
            Spoiled::requests(|request| {
                if request.uri().path() == format!("/tenant{SERVER}") {
                    *request.uri_mut() = SERVER.parse().unwrap();
                }
            })
            .and_answers(move |asked, answer| {
                if asked.uri().path() == format!("/tenant{SERVER}") {
                    edit(answer, |document| document["issuer"] = json!(issuer));
                }
            })
        };
        let named = Spoiled::answers(move |asked, answer| {
            if asked.uri().path().starts_with("/.well-known/oauth-protected-resource") {
                edit(answer, |document| document["authorization_servers"] = json!([issuer]));
            }
        });
        Spoil::server(named).and_issuer(appended)
    })
    .await;
    only(&report, "AS-03");
    not_applicable(&report, "AS-02");
}

/// CL-02
#[tokio::test]
async fn a_place_that_ends_the_search_is_told() {
    for (status, media_type, body) in
        [(500, "text/plain", "oh"), (200, "text/html", "<!doctype html>"), (302, "text/html", "")]
    {
        let report = check(issuer_answers(move |asked, answer| {
            if asked.uri().path() == OPENID {
                replace(answer, status, media_type, body);
            }
        }))
        .await;
        only(&report, "CL-02");
    }
}

/// CL-02: clients look on after any no.
#[tokio::test]
async fn a_place_that_says_no_is_good() {
    let report = check(issuer_answers(|asked, answer| {
        if asked.uri().path() == OPENID {
            replace(answer, 404, "text/html", "<p>Nothing here.</p>");
        }
    }))
    .await;
    nothing(&report);
}

/// AS-02, SB-10: what was not asked is not judged.
#[tokio::test]
async fn an_issuer_at_a_private_place_is_not_judged() {
    let report = check(|_| {
        let named = Spoiled::answers(move |asked, answer| {
            if asked.uri().path().starts_with("/.well-known/oauth-protected-resource") {
                edit(answer, |document| document["authorization_servers"] = json!(["https://10.0.0.1"]));
            }
        });
        Spoil::server(named)
    })
    .await;
    nothing(&report);
    not_applicable(&report, "AS-02");
    let said =
        |row: &str| report.findings().find(|finding| finding.row == row).unwrap().said.clone().unwrap();
    for row in ["AS-02", "AS-04", "AS-07", "JW-10"] {
        assert!(said(row).contains("--allow-private"), "{row}: {}", said(row));
    }
}

/// CH-09, PRM-05, SB-10: where the challenge points is not asked either.
#[tokio::test]
async fn metadata_at_a_private_place_is_not_judged() {
    let report = check(|_| {
        Spoil::server(Spoiled::answers(|asked, answer| {
            if asked.uri().path().starts_with("/.well-known/oauth-protected-resource") {
                replace(answer, 404, "application/json", "{}");
            }
            if let Some(good) = challenge(answer) {
                let start = good.find("http://").unwrap();
                let end = start + good[start..].find('"').unwrap();
                let private = format!("{}https://10.0.0.1/m{}", &good[..start], &good[end..]);
                set(answer, "www-authenticate", &private);
            }
        }))
        .without_token()
    })
    .await;
    nothing(&report);
    for row in ["CH-09", "PRM-05"] {
        not_applicable(&report, row);
    }
}

/// AS-04: the mistake is named, and what should be there.
#[tokio::test]
async fn an_issuer_that_is_nearly_the_one_is_told() {
    let mut issuer = String::new();
    let report = check(|known| {
        issuer = format!("{}/", known.issuer);
        let wrong = issuer.clone();
        Spoil::issuer(Spoiled::answers(move |asked, answer| {
            if asked.uri().path().contains("/.well-known/") {
                edit(answer, |document| document["issuer"] = json!(wrong));
            }
        }))
        .without_token()
    })
    .await;
    let said = only(&report, "AS-04").said.unwrap();
    assert!(said.contains("lacks a slash") && said.contains(&format!("{issuer:?}")), "{said}");
}

/// AS-05
#[tokio::test]
async fn metadata_that_is_no_json_or_has_empty_members_is_told() {
    let report = check(issuer_answers(|asked, answer| {
        if asked.uri().path().contains("/.well-known/") {
            set(answer, "content-type", "application/octet-stream");
        }
    }))
    .await;
    only(&report, "AS-05");
    only(&check(issuer_metadata(|document| document["ui_locales_supported"] = json!([]))).await, "AS-05");
}

/// AS-06
#[tokio::test]
async fn a_missing_endpoint_is_told() {
    for name in ["authorization_endpoint", "token_endpoint", "response_types_supported"] {
        let report =
            check(issuer_metadata(move |document| drop(document.as_object_mut().unwrap().remove(name))))
                .await;
        assert!(only(&report, "AS-06").said.unwrap().contains(name));
    }
}

/// RS-18
#[tokio::test]
async fn an_endpoint_of_another_scheme_is_told() {
    for (name, url) in [
        ("token_endpoint", "http://issuer.example/token"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("registration_endpoint", "file:///etc/passwd"),
        ("jwks_uri", "http://issuer.example/keys"),
    ] {
        let spoil = issuer_metadata(move |document| document[name] = json!(url));
        let report = check(|known| spoil(known).without_token()).await;
        assert!(only(&report, "RS-18").said.unwrap().contains(name));
    }
}

/// AS-07
#[tokio::test]
async fn pkce_that_is_not_advertised_is_told() {
    for wrong in [json!(["plain"]), json!("S256"), Value::Null] {
        let report = check(issuer_metadata(move |document| {
            document["code_challenge_methods_supported"] = wrong.clone();
            if wrong.is_null() {
                document.as_object_mut().unwrap().remove("code_challenge_methods_supported");
            }
        }))
        .await;
        assert_eq!(only(&report, "AS-07").outcome, Outcome::Failed);
    }
}

/// AS-08
#[tokio::test]
async fn defaults_that_keep_public_clients_out_are_told() {
    for name in ["grant_types_supported", "token_endpoint_auth_methods_supported"] {
        let report =
            check(issuer_metadata(move |document| drop(document.as_object_mut().unwrap().remove(name))))
                .await;
        assert!(only(&report, "AS-08").said.unwrap().contains(name));
    }
}

/// AS-09
#[tokio::test]
async fn answers_without_iss_are_told() {
    let name = "authorization_response_iss_parameter_supported";
    only(&check(issuer_metadata(move |document| document[name] = json!(false))).await, "AS-09");
}

/// AS-31
#[tokio::test]
async fn passwords_and_the_implicit_grant_are_told() {
    for grant in ["password", "implicit"] {
        let report = check(issuer_metadata(move |document| {
            document["grant_types_supported"] = json!(["authorization_code", grant]);
        }))
        .await;
        assert!(only(&report, "AS-31").said.unwrap().contains(grant));
    }
}

/// CL-06
#[tokio::test]
async fn a_scope_that_cannot_be_asked_for_is_told() {
    let report =
        check(issuer_metadata(|document| document["scopes_supported"] = json!(["openid", "todo:read"])))
            .await;
    assert!(only(&report, "CL-06").said.unwrap().ends_with("todo:write"));
}

/// PRM-22
#[tokio::test]
async fn a_resource_that_its_issuer_does_not_list_is_told() {
    let report =
        check(issuer_metadata(|document| document["protected_resources"] = json!(["https://h/other"]))).await;
    only(&report, "PRM-22");
    let report = check(|known| {
        let url = known.url.clone();
        issuer_metadata(move |document| document["protected_resources"] = json!(["https://h/other", url]))(
            known,
        )
    })
    .await;
    nothing(&report);
}

/// AS-11
#[tokio::test]
async fn an_issuer_where_nobody_can_register_is_told() {
    let without =
        |document: &mut Value| drop(document.as_object_mut().unwrap().remove("registration_endpoint"));
    only(&check(issuer_metadata(without)).await, "AS-11");
    let report = check(issuer_metadata(move |document| {
        without(document);
        document["client_id_metadata_document_supported"] = json!(true);
    }))
    .await;
    nothing(&report);
}

/// What is known of a provider is noted, and no finding: whether it is so here cannot be seen.
#[tokio::test]
async fn a_provider_is_recognised_and_noted() {
    let report = check(|known| {
        let issuer = format!("{}/resources/res_1", known.issuer);
        let places = Spoiled::requests(|request| {
            if let Some(path) = request.uri().path().strip_suffix("/resources/res_1") {
                *request.uri_mut() = path.parse().unwrap();
            }
        })
        .and_answers({
            let issuer = issuer.clone();
            move |asked, answer| {
                if asked.uri().path().ends_with("/resources/res_1") {
                    edit(answer, |document| document["issuer"] = json!(issuer));
                }
            }
        });
        let named = Spoiled::answers(move |asked, answer| {
            if asked.uri().path().starts_with("/.well-known/oauth-protected-resource") {
                edit(answer, |document| document["authorization_servers"] = json!([issuer]));
            }
        });
        Spoil::server(named).and_issuer(places)
    })
    .await;
    nothing(&report);
    assert!(report.notes.iter().all(|note| note.provider == "Scalekit") && report.notes.len() == 2);
    assert!(check(|_| Spoil::default()).await.notes.is_empty());
}
