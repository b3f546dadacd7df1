//! What is broken in what takes a token.

mod forged;
mod legacy;
mod limits;
mod modern;
mod other_tokens;
mod readings;
mod routing;
mod sessions;
mod token;

use crate::fixture::{Known, Spoil};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use bytes::Bytes;
use portcullis_testing::Spoiled;
use serde_json::{Value, json};

/// The MCP server sees other requests than were sent. The first argument is `Bearer` with the good token.
fn requests(
    change: impl Fn(&str, &mut Request<Bytes>) + Send + Sync + 'static,
) -> impl FnOnce(&Known) -> Spoil {
    |known| {
        let good = format!("Bearer {}", known.token);
        Spoil::server(Spoiled::requests(move |request| {
            if request.uri().path() == "/mcp" {
                change(&good, request);
            }
        }))
    }
}

/// The MCP server's answers to whoever has a good token.
fn good_answers(
    change: impl Fn(&Request<Bytes>, &mut Response<Bytes>) + Send + Sync + 'static,
) -> impl FnOnce(&Known) -> Spoil {
    |known| {
        let good = format!("Bearer {}", known.token);
        Spoil::server(Spoiled::answers(move |asked, answer| {
            if asked.uri().path() == "/mcp" && header(asked, "authorization") == good {
                change(asked, answer);
            }
        }))
    }
}

/// The server speaks 2026-07-28 alone, and this is spoiled.
fn modern_only(
    change: impl Fn(&Request<Bytes>, &mut Response<Bytes>) + Send + Sync + 'static,
) -> impl FnOnce(&Known) -> Spoil {
    good_answers(move |asked, answer| {
        if method(asked) == "initialize" && answer.status() == StatusCode::OK {
            let data = json!({ "supported": ["2026-07-28"], "requested": "2025-11-25" });
            error(answer, 400, json!({ "code": -32022, "message": "no", "data": data }));
        }
        if matches!(*asked.method(), Method::GET | Method::DELETE) {
            error(answer, 405, json!({ "code": -32601, "message": "no" }));
            answer.headers_mut().insert("allow", HeaderValue::from_static("POST"));
        }
        change(asked, answer);
    })
}

/// A header that is text and there once; empty where it is not.
fn header<'a>(asked: &'a Request<Bytes>, name: &str) -> &'a str {
    let mut values = asked.headers().get_all(name).iter();
    let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    if values.next().is_none() { value } else { "" }
}

/// A header in place of any it had.
fn set_header(request: &mut Request<Bytes>, name: &'static str, value: &str) {
    request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
}

fn message(asked: &Request<Bytes>) -> Value {
    serde_json::from_slice(asked.body()).unwrap_or_default()
}

/// The JSON-RPC method of one message.
fn method(asked: &Request<Bytes>) -> String {
    message(asked)["method"].as_str().unwrap_or_default().to_owned()
}

fn is_modern(asked: &Request<Bytes>) -> bool {
    header(asked, "mcp-protocol-version") == "2026-07-28"
}

/// Other JSON altogether.
fn json_answer(answer: &mut Response<Bytes>, status: u16, body: &Value) {
    *answer = Response::new(body.to_string().into());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
}

fn error(answer: &mut Response<Bytes>, status: u16, error: Value) {
    json_answer(answer, status, &json!({ "jsonrpc": "2.0", "id": 1, "error": error }));
}

/// The text of the answer, with one part in place of another.
fn rewrite(answer: &mut Response<Bytes>, from: &str, to: &str) {
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    *answer.body_mut() = text.replace(from, to).into();
}
