//! What is spoiled most: a header, a challenge, a member of a document.

use crate::fixture::{Known, Spoil};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use bytes::Bytes;
use portcullis_testing::Spoiled;
use serde_json::Value;

/// The MCP server's answers.
pub(crate) fn answers(
    change: impl Fn(&Request<Bytes>, &mut Response<Bytes>) + Send + Sync + 'static,
) -> impl FnOnce(&Known) -> Spoil {
    |_| Spoil::server(Spoiled::answers(change))
}

/// The authorization server's answers.
pub(crate) fn issuer_answers(
    change: impl Fn(&Request<Bytes>, &mut Response<Bytes>) + Send + Sync + 'static,
) -> impl FnOnce(&Known) -> Spoil {
    |_| Spoil::issuer(Spoiled::answers(change))
}

/// Every challenge of the MCP server: what is given is what it was.
pub(crate) fn challenges(
    change: impl Fn(&str) -> String + Send + Sync + 'static,
) -> impl FnOnce(&Known) -> Spoil {
    answers(move |_, answer| {
        if let Some(challenge) = challenge(answer) {
            set(answer, "www-authenticate", &change(&challenge));
        }
    })
}

/// The metadata of the resource, wherever it is read.
pub(crate) fn metadata(change: impl Fn(&mut Value) + Send + Sync + 'static) -> impl FnOnce(&Known) -> Spoil {
    answers(move |asked, answer| {
        if asked.uri().path().starts_with("/.well-known/oauth-protected-resource") {
            edit(answer, &change);
        }
    })
}

/// The metadata of the authorization server, wherever it is read.
pub(crate) fn issuer_metadata(
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> impl FnOnce(&Known) -> Spoil {
    issuer_answers(move |asked, answer| {
        if asked.uri().path().contains("/.well-known/") {
            edit(answer, &change);
        }
    })
}

/// Another document in place of a good one.
pub(crate) fn edit(answer: &mut Response<Bytes>, change: impl Fn(&mut Value)) {
    if answer.status() == StatusCode::OK {
        let mut document = serde_json::from_slice(answer.body()).unwrap();
        change(&mut document);
        *answer.body_mut() = document.to_string().into();
    }
}

/// A header in place of any it had.
pub(crate) fn set(answer: &mut Response<Bytes>, name: &'static str, value: &str) {
    answer.headers_mut().insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
}

/// The first challenge.
pub(crate) fn challenge(answer: &Response<Bytes>) -> Option<String> {
    Some(answer.headers().get("www-authenticate")?.to_str().unwrap().to_owned())
}

/// Another answer altogether.
pub(crate) fn replace(answer: &mut Response<Bytes>, status: u16, media_type: &str, body: &'static str) {
    *answer = Response::new(Bytes::from_static(body.as_bytes()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    set(answer, "content-type", media_type);
}
