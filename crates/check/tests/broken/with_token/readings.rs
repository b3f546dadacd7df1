//! Servers that read a body otherwise than what is in front of them.

use super::{good_answers, header, message, requests, set_header};
use crate::fixture::{Known, Spoil, check, only};
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use serde_json::Value;

async fn told(spoil: impl FnOnce(&Known) -> Spoil, row: &str, expected: &str) {
    let report = check(spoil).await;
    let finding = only(&report, row);
    assert!(finding.said.as_ref().unwrap().contains(expected), "{finding:?}");
}

fn text(asked: &Request<Bytes>) -> String {
    String::from_utf8_lossy(asked.body()).into_owned()
}

/// PD-01: not JSON.
#[tokio::test]
async fn a_body_that_is_no_json_and_another_code_is_told() {
    let spoil = good_answers(|asked, answer| {
        if text(asked).starts_with('{') && message(asked).is_null() && !text(asked).ends_with('}') {
            let body = String::from_utf8_lossy(answer.body()).replace("-32700", "-32600");
            *answer.body_mut() = body.into();
        }
    });
    told(spoil, "PD-01", "400 and -32600").await;
    let spoil = good_answers(|asked, answer| {
        if text(asked).starts_with('{') && message(asked).is_null() && !text(asked).ends_with('}') {
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            *answer.body_mut() = Bytes::new();
        }
    });
    told(spoil, "PD-01", "500 and no JSON-RPC error").await;
}

/// TM-05: trailing bytes.
#[tokio::test]
async fn a_second_message_that_is_dropped_is_told() {
    let spoil = requests(|_, request| {
        let mut values = serde_json::Deserializer::from_slice(request.body()).into_iter::<Value>();
        if values.next().is_some_and(|first| first.is_ok()) {
            let end = values.byte_offset();
            request.body_mut().truncate(end);
        }
    });
    told(spoil, "TM-05", "another after it").await;
}

/// PD-02: members that differ by case.
#[tokio::test]
async fn members_that_are_known_by_other_names_are_told() {
    let spoil =
        requests(|_, request| *request.body_mut() = text(request).replace("\"METHOD\"", "\"method\"").into());
    told(spoil, "PD-02", "`METHOD`").await;
}

/// PD-03: duplicate members.
#[tokio::test]
async fn a_member_that_may_be_there_twice_is_told() {
    let spoil = requests(|_, request| {
        if let message @ Value::Object(_) = message(request) {
            *request.body_mut() = message.to_string().into();
        }
    });
    told(spoil, "PD-03", "`method` twice").await;
}

/// PD-04: charset.
#[tokio::test]
async fn a_body_that_is_read_as_utf_7_is_told() {
    let spoil = requests(|_, request| {
        if header(request, "content-type").ends_with("charset=utf-7") {
            let decoded = text(request).replace("+AHs-", "{").replace("+AH0-", "}").replace("+ACI-", "\"");
            *request.body_mut() = decoded.into();
            set_header(request, "content-type", "application/json");
        }
    });
    told(spoil, "PD-04", "in UTF-7").await;
}

/// PD-05: Content-Encoding.
#[tokio::test]
async fn an_encoding_that_is_not_looked_at_is_told() {
    let spoil = requests(|_, request| {
        request.headers_mut().remove("content-encoding");
    });
    told(spoil, "PD-05", "says gzip").await;
}

/// PD-06: media type.
#[tokio::test]
async fn a_body_of_plain_text_that_is_read_is_told() {
    let spoil = requests(|_, request| {
        if header(request, "content-type") == "text/plain" {
            set_header(request, "content-type", "application/json");
        }
    });
    told(spoil, "PD-06", "text/plain").await;
}
