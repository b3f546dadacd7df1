//! 2026-07-28: headers that repeat the body, or should.

use super::{good_answers, header, is_modern, json_answer, message, method, requests, set_header};
use crate::{
    fixture::{Known, Spoil, check, only},
    spoil::replace,
};
use axum::http::Request;
use bytes::Bytes;
use serde_json::json;

async fn told(spoil: impl FnOnce(&Known) -> Spoil, row: &str, expected: &str) {
    let report = check(spoil).await;
    let finding = only(&report, row);
    assert!(finding.said.as_ref().unwrap().contains(expected), "{finding:?}");
}

fn name(asked: &Request<Bytes>) -> String {
    message(asked)["params"]["name"].as_str().unwrap_or_default().to_owned()
}

/// TM-17
#[tokio::test]
async fn headers_that_are_not_missed_are_told() {
    let spoil = requests(|_, request| {
        if is_modern(request) && header(request, "mcp-method").is_empty() {
            let method = method(request);
            set_header(request, "mcp-method", &method);
        }
    });
    told(spoil, "TM-17", "without Mcp-Method").await;
    let spoil = requests(|_, request| {
        if method(request) == "tools/call" && header(request, "mcp-name").is_empty() {
            let name = name(request);
            set_header(request, "mcp-name", &name);
        }
    });
    told(spoil, "TM-17", "without Mcp-Name").await;
}

/// TM-18
#[tokio::test]
async fn headers_that_are_not_compared_are_told() {
    let spoil = requests(|_, request| {
        if is_modern(request)
            && method(request) == "server/discover"
            && header(request, "mcp-method") == "tools/list"
        {
            set_header(request, "mcp-method", "server/discover");
        }
    });
    told(spoil, "TM-18", "another method in Mcp-Method").await;
    let spoil = requests(|_, request| {
        if method(request) == "tools/call" && header(request, "mcp-name") == "portcullis-check-has-none" {
            let name = name(request);
            set_header(request, "mcp-name", &name);
        }
    });
    told(spoil, "TM-18", "another name in Mcp-Name").await;
}

/// TM-21
#[tokio::test]
async fn a_method_that_is_compared_without_regard_to_case_is_told() {
    let spoil = requests(|_, request| {
        let lower = header(request, "mcp-method").to_ascii_lowercase();
        if is_modern(request) && !lower.is_empty() {
            set_header(request, "mcp-method", &lower);
        }
    });
    told(spoil, "TM-21", "in upper case").await;
}

/// TM-22
#[tokio::test]
async fn a_name_in_base64_that_is_not_decoded_is_told() {
    let spoil = good_answers(|asked, answer| {
        if header(asked, "mcp-name").starts_with("=?base64?cG9ydGN1") {
            let error = json!({ "code": -32020, "message": "no" });
            json_answer(answer, 400, &json!({ "jsonrpc": "2.0", "id": 1, "error": error }));
        }
    });
    told(spoil, "TM-22", "not answered as the same name").await;
    let spoil = good_answers(|asked, answer| {
        if header(asked, "mcp-name") == "=?base64?cG9ydA?=" {
            replace(answer, 403, "application/json", "{}");
        }
    });
    told(spoil, "TM-22", "no base64").await;
}
