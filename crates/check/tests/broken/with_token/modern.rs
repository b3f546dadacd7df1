//! 2026-07-28, but for its routing headers.

use super::{
    error, good_answers, header, is_modern, json_answer, message, method, modern_only, requests, rewrite,
    set_header,
};
use crate::{
    fixture::{Known, Spoil, check, nothing, only},
    spoil::{replace, set},
};
use axum::http::{Method, StatusCode};
use portcullis_check::Outcome;
use serde_json::{Value, json};

/// What is told, and where only one revision is spoken too.
async fn told(spoil: impl FnOnce(&Known) -> Spoil, row: &str, expected: &str) {
    let report = check(spoil).await;
    let finding = only(&report, row);
    assert!(finding.said.as_ref().unwrap().contains(expected), "{finding:?}");
}

/// TM-16, TM-30, TM-31
#[tokio::test]
async fn a_server_of_one_revision_is_no_complaint() {
    let report = check(modern_only(|_, _| ())).await;
    nothing(&report);
    for row in ["TM-16", "TM-30", "TM-31"] {
        let mut found = report.findings().filter(|finding| finding.row == row);
        assert!(found.all(|finding| finding.outcome == Outcome::Passed), "{row}");
    }
}

/// TM-29
#[tokio::test]
async fn a_server_that_does_not_say_what_it_speaks_is_told() {
    let spoil = good_answers(|asked, answer| {
        if method(asked) == "server/discover" && answer.status() == StatusCode::OK {
            rewrite(answer, "supportedVersions", "versions");
        }
    });
    told(spoil, "TM-29", "`supportedVersions`").await;
}

/// TM-35
#[tokio::test]
async fn a_list_that_does_not_say_how_long_it_lives_is_told() {
    for (member, other) in [("\"ttlMs\":", "\"ttl\":"), ("\"cacheScope\":\"", "\"cacheScope\":\"un")] {
        let spoil = good_answers(move |asked, answer| {
            if method(asked) == "tools/list" && is_modern(asked) && answer.status() == StatusCode::OK {
                rewrite(answer, member, other);
            }
        });
        told(spoil, "TM-35", member.trim_matches(['"', ':'])).await;
    }
}

/// TM-07
#[tokio::test]
async fn an_answer_of_another_media_type_is_told() {
    let spoil = good_answers(|asked, answer| {
        if method(asked) == "tools/list" && is_modern(asked) && answer.status() == StatusCode::OK {
            set(answer, "content-type", "text/plain");
        }
    });
    told(spoil, "TM-07", "text/plain").await;
}

/// TM-08
#[tokio::test]
async fn a_notification_that_is_answered_is_told() {
    for (status, expected) in [(200, "answered with 200"), (202, "202 with a body of 2 bytes")] {
        let spoil = good_answers(move |asked, answer| {
            if method(asked) == "notifications/cancelled" {
                replace(answer, status, "application/json", "{}");
            }
        });
        told(spoil, "TM-08", expected).await;
    }
}

/// TM-05
#[tokio::test]
async fn several_messages_that_are_answered_are_told() {
    let spoil = good_answers(|asked, answer| {
        if is_modern(asked) && message(asked).is_array() {
            json_answer(answer, 200, &json!([]));
        }
    });
    told(spoil, "TM-05", "an array of messages").await;
}

/// TM-05
#[tokio::test]
async fn a_response_that_is_accepted_is_told() {
    let spoil = good_answers(|asked, answer| {
        if is_modern(asked) && message(asked).get("result").is_some() {
            replace(answer, 202, "application/json", "");
        }
    });
    told(spoil, "TM-05", "a response").await;
}

/// TM-13
#[tokio::test]
async fn a_version_that_is_not_compared_is_told() {
    let spoil = requests(|_, request| {
        let version = &message(request)["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
        if is_modern(request) && version == "2025-11-25" {
            let text = String::from_utf8(request.body().to_vec()).unwrap();
            *request.body_mut() = text.replace("2025-11-25", "2026-07-28").into();
        }
    });
    told(spoil, "TM-13", "answered with 200").await;
}

/// TM-14
#[tokio::test]
async fn an_unknown_version_that_is_not_told_what_there_is_is_told() {
    let spoil = good_answers(|asked, answer| {
        if header(asked, "mcp-protocol-version") == "1900-01-01" && method(asked) == "server/discover" {
            error(answer, 400, json!({ "code": -32022, "message": "no" }));
        }
    });
    told(spoil, "TM-14", "`data.supported`").await;
}

/// TM-15
#[tokio::test]
async fn an_unknown_method_and_another_status_than_404_is_told() {
    let spoil = good_answers(|asked, answer| {
        if method(asked) == "portcullis-check/none" {
            *answer.status_mut() = StatusCode::OK;
        }
    });
    told(spoil, "TM-15", "200 and the code -32601, not 404").await;
}

/// TM-16
#[tokio::test]
async fn a_missing_version_that_is_not_missed_is_told() {
    let spoil = modern_only(|asked, answer| {
        if method(asked) == "server/discover" && header(asked, "mcp-protocol-version").is_empty() {
            json_answer(answer, 200, &json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
        }
    });
    told(spoil, "TM-16", "answered with 200").await;
}

/// TM-26
#[tokio::test]
async fn capabilities_that_are_not_missed_are_told() {
    let spoil = requests(|_, request| {
        let mut message = message(request);
        let meta = &mut message["params"]["_meta"];
        if method(request) == "server/discover"
            && meta["io.modelcontextprotocol/clientCapabilities"].is_null()
            && let Value::Object(meta) = meta
        {
            meta.insert("io.modelcontextprotocol/clientCapabilities".to_owned(), json!({}));
            *request.body_mut() = message.to_string().into();
        }
    });
    told(spoil, "TM-26", "answered with 200").await;
}

/// TM-30
#[tokio::test]
async fn a_session_where_there_is_none_is_told() {
    let spoil = good_answers(|asked, answer| {
        if is_modern(asked) && !header(asked, "mcp-session-id").is_empty() {
            set(answer, "mcp-session-id", "portcullis-check");
        }
    });
    told(spoil, "TM-30", "has a session id").await;
}

/// TM-30
#[tokio::test]
async fn what_was_removed_and_is_not_refused_is_told() {
    let spoil = modern_only(|asked, answer| {
        if *asked.method() == Method::GET {
            answer.headers_mut().remove("allow");
        }
    });
    told(spoil, "TM-30", "without Allow").await;
    let spoil = modern_only(|asked, answer| {
        if *asked.method() == Method::DELETE {
            *answer.status_mut() = StatusCode::NOT_FOUND;
        }
    });
    told(spoil, "TM-30", "DELETE was answered with 404").await;
}

/// TM-31
#[tokio::test]
async fn an_older_client_that_is_not_told_what_is_spoken_is_told() {
    let spoil = modern_only(|asked, answer| {
        if method(asked) == "initialize" && answer.status() == StatusCode::BAD_REQUEST {
            error(answer, 400, json!({ "code": -32601, "message": "no" }));
        }
    });
    told(spoil, "TM-31", "names no revision").await;
}

/// TL-20
#[tokio::test]
async fn a_refusal_that_is_not_explained_is_told() {
    let spoil = good_answers(|asked, answer| {
        if is_modern(asked) && message(asked).is_array() {
            replace(answer, 400, "text/plain", "no");
        }
    });
    told(spoil, "TL-20", "400 without a JSON-RPC error").await;
}

/// The good server has what is not asked of it here.
#[tokio::test]
async fn a_server_of_the_revisions_before_alone_is_no_complaint() {
    let report = check(requests(|_, request| {
        // What is of no revision that is known is a method that is not there.
        if is_modern(request) {
            set_header(request, "mcp-protocol-version", "1999-01-01");
        }
    }))
    .await;
    nothing(&report);
}
