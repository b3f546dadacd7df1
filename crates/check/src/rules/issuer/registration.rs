//! How a client that nobody knows introduces itself.

use super::{each, each_document};
use crate::{Exchange, Level, Row, Rule, Verdict, issuers::AuthorizationServer, members};
use Verdict::{Met, NotApplicable, Unmet};
use serde_json::{Map, Value};

pub(in crate::rules) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "AS-11",
            level: Level::Practice,
            source: "MCP 2025-11-25, Client Registration",
            asks: "A client that nobody knows can introduce itself: by a client id metadata document, or by registering",
            why: "Otherwise each user has to type a client id, where their client has a field for one at all.",
            change: "Switch client id metadata documents or dynamic client registration on; or put an authorization server before it that has one.",
        },
        judge: |seen| each_document(seen, a_client_can_introduce_itself),
    },
    Rule {
        row: Row {
            id: "DC-02",
            level: Level::Practice,
            source: "RFC 7591 §3",
            asks: "Registering needs no token",
            why: "A client that is just installed has none, and gives up.",
            change: "Open registration to anybody (and limit its rate), or do not advertise `registration_endpoint`.",
        },
        judge: |seen| each(seen, |issuer| registration(issuer, needs_no_token)),
    },
    Rule {
        row: Row {
            id: "DC-06",
            level: Level::Must,
            source: "RFC 7591 §2, §5",
            asks: "A client without redirect URIs is not registered",
            why: "A client that may be sent anywhere is everybody's.",
            change: "Refuse it with 400 `invalid_redirect_uri`.",
        },
        judge: |seen| each(seen, |issuer| registration(issuer, needs_a_redirect_uri)),
    },
    Rule {
        row: Row {
            id: "DC-04",
            level: Level::Must,
            source: "RFC 7591 §3.2.2",
            asks: "A registration that cannot be is refused with 400 and its code, in JSON",
            why: "Clients show the code to their user; what is no JSON they show as their own failure.",
            change: "Answer 400 with `{\"error\": \"invalid_redirect_uri\"}` or `invalid_client_metadata`.",
        },
        judge: |seen| each(seen, |issuer| registration(issuer, is_refused_in_json)),
    },
];

fn a_client_can_introduce_itself(
    _: &AuthorizationServer,
    document: &Map<String, Value>,
) -> Result<(), String> {
    let takes_documents = document.get("client_id_metadata_document_supported") == Some(&Value::Bool(true));
    let registers = members::text(document, "registration_endpoint").is_some();
    if takes_documents || registers {
        return Ok(());
    }
    Err("neither `client_id_metadata_document_supported` nor `registration_endpoint` is there".to_owned())
}

fn registration(issuer: &AuthorizationServer, judge: fn(&Exchange, u16) -> Verdict<'_>) -> Verdict<'_> {
    match &issuer.registration {
        None => NotApplicable("registering is tried only where that was asked for"),
        Some(exchange) => match exchange.status() {
            None => NotApplicable("there was no answer"),
            Some(status) if status == 429 => {
                NotApplicable("registering is limited, and the limit is reached")
            }
            Some(status) => judge(exchange, status.as_u16()),
        },
    }
}

fn needs_no_token(exchange: &Exchange, status: u16) -> Verdict<'_> {
    match status {
        401 | 403 => Unmet(format!("it was answered with {status}"), Some(exchange)),
        _ => Met(exchange),
    }
}

fn needs_a_redirect_uri(exchange: &Exchange, status: u16) -> Verdict<'_> {
    match status {
        200..300 => Unmet(format!("it was answered with {status}"), Some(exchange)),
        _ => Met(exchange),
    }
}

fn is_refused_in_json(exchange: &Exchange, status: u16) -> Verdict<'_> {
    let code = exchange.json().and_then(|body| body.get("error")?.as_str().map(str::to_owned));
    match (status, code.as_deref()) {
        (200..300 | 401 | 403, _) => NotApplicable("it was not refused for what it says"),
        (400, Some("invalid_redirect_uri" | "invalid_client_metadata")) => Met(exchange),
        (400, code) => Unmet(format!("the code is {code:?}"), Some(exchange)),
        _ => Unmet(format!("it was answered with {status}"), Some(exchange)),
    }
}
