//! What is in the metadata of an authorization server.

use super::each_document;
use crate::{Level, Row, Rule, Seen, Verdict, issuers::AuthorizationServer, members};
use Verdict::NotApplicable;
use portcullis_oauth::is_loopback;
use serde_json::{Map, Value};
use url::Url;

type Document = Map<String, Value>;

const ENDPOINTS: [&str; 5] = [
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "jwks_uri",
    "pushed_authorization_request_endpoint",
];

pub(in crate::rules) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "AS-06",
            level: Level::Must,
            source: "RFC 8414 §2",
            asks: "`authorization_endpoint`, `token_endpoint` and `response_types_supported` with `code` are there",
            why: "A client cannot sign in without them.",
            change: "Publish them.",
        },
        judge: |seen| each_document(seen, what_is_required_is_there),
    },
    Rule {
        row: Row {
            id: "RS-18",
            level: Level::Must,
            source: "OAuth 2.1 §1.5; MCP, Communication Security",
            asks: "Every endpoint is https",
            why: "Codes and tokens travel to these URLs; and a URL of another scheme is run by some clients.",
            change: "Publish https URLs; behind a proxy, build them from the public URL.",
        },
        judge: |seen| each_document(seen, endpoints_are_https),
    },
    Rule {
        row: Row {
            id: "AS-07",
            level: Level::Must,
            source: "MCP 2025-11-25, Authorization Code Protection",
            asks: "`code_challenge_methods_supported` has `S256`",
            why: "Clients must refuse to sign in where PKCE is not advertised, even if it works.",
            change: "Publish `\"code_challenge_methods_supported\": [\"S256\"]`. A provider that cannot be taught it needs a facade before it.",
        },
        judge: |seen| each_document(seen, pkce_is_advertised),
    },
    Rule {
        row: Row {
            id: "AS-08",
            level: Level::Practice,
            source: "RFC 8414 §2 (the defaults)",
            asks: "What differs from the defaults is said: the grant `authorization_code`, and `none` for public clients",
            why: "Left out, they mean `implicit` too, and clients with secrets only; most MCP clients have none.",
            change: "Publish `grant_types_supported`, and `token_endpoint_auth_methods_supported` with `none` in it.",
        },
        judge: |seen| each_document(seen, defaults_are_stated),
    },
    Rule {
        row: Row {
            id: "AS-09",
            level: Level::Should,
            source: "MCP 2026-07-28, Authorization Response Validation; RFC 9207 §3",
            asks: "It says that its answers carry `iss`",
            why: "A client of several servers cannot tell whose answer it has (mix-up); the next revision will require it.",
            change: "Send `iss` in every authorization response, and publish `\"authorization_response_iss_parameter_supported\": true`.",
        },
        judge: |seen| each_document(seen, iss_is_advertised),
    },
    Rule {
        row: Row {
            id: "AS-31",
            level: Level::Should,
            source: "RFC 9700 §2.1.2, §2.4",
            asks: "Neither the implicit grant nor passwords are offered",
            why: "Tokens in URLs leak, and passwords belong to nobody but the authorization server.",
            change: "Switch both grants off, and take them out of `grant_types_supported`.",
        },
        judge: |seen| each_document(seen, old_grants_are_gone),
    },
    Rule {
        row: Row {
            id: "CL-06",
            level: Level::Practice,
            source: "MCP, Scope Selection Strategy; clients that read the scopes here",
            asks: "Every scope that the resource names can be asked for",
            why: "Clients drop what the authorization server does not list, or are refused with `invalid_scope`.",
            change: "Define the resource's scopes at the authorization server, and publish them in its `scopes_supported` too.",
        },
        judge: scopes_can_be_asked_for,
    },
];

fn what_is_required_is_there(_: &AuthorizationServer, document: &Document) -> Result<(), String> {
    for name in ["authorization_endpoint", "token_endpoint"] {
        let url = members::text(document, name).ok_or_else(|| format!("`{name}` is not there"))?;
        Url::parse(url).map_err(|_| format!("`{name}` is {url:?}, and no URL"))?;
    }
    let types = members::texts(document, "response_types_supported");
    if types.contains(&"code") { Ok(()) } else { Err("`response_types_supported` has no `code`".to_owned()) }
}

fn endpoints_are_https(issuer: &AuthorizationServer, document: &Document) -> Result<(), String> {
    let on_loopback = |url: &Url| url.scheme() == "http" && is_loopback(url);
    let issuer_is_on_loopback = Url::parse(&issuer.issuer).is_ok_and(|issuer| on_loopback(&issuer));
    for name in ENDPOINTS {
        let Some(url) = members::text(document, name).and_then(|text| Url::parse(text).ok()) else {
            continue;
        };
        if url.scheme() != "https" && !(issuer_is_on_loopback && on_loopback(&url)) {
            return Err(format!("`{name}` is {url}"));
        }
    }
    Ok(())
}

fn pkce_is_advertised(_: &AuthorizationServer, document: &Document) -> Result<(), String> {
    let methods = members::texts(document, "code_challenge_methods_supported");
    if methods.contains(&"S256") {
        return Ok(());
    }
    Err(if methods.is_empty() {
        "it is not there".to_owned()
    } else {
        format!("it has {}", methods.join(", "))
    })
}

fn defaults_are_stated(_: &AuthorizationServer, document: &Document) -> Result<(), String> {
    let grants = members::texts(document, "grant_types_supported");
    if !grants.contains(&"authorization_code") {
        return Err("`grant_types_supported` does not have `authorization_code`".to_owned());
    }
    let methods = members::texts(document, "token_endpoint_auth_methods_supported");
    if !methods.contains(&"none") {
        return Err("`token_endpoint_auth_methods_supported` does not have `none`".to_owned());
    }
    Ok(())
}

fn iss_is_advertised(_: &AuthorizationServer, document: &Document) -> Result<(), String> {
    match document.get("authorization_response_iss_parameter_supported") {
        Some(Value::Bool(true)) => Ok(()),
        Some(other) => Err(format!("it is {other}")),
        None => Err("it does not say so".to_owned()),
    }
}

fn old_grants_are_gone(_: &AuthorizationServer, document: &Document) -> Result<(), String> {
    let grants = members::texts(document, "grant_types_supported");
    match grants.into_iter().find(|grant| matches!(*grant, "password" | "implicit")) {
        Some(grant) => Err(format!("`{grant}` is offered")),
        None => Ok(()),
    }
}

fn scopes_can_be_asked_for(seen: &Seen) -> Verdict<'_> {
    let resource = seen.documents.read().map(|(_, document)| document.scopes_supported).unwrap_or_default();
    if resource.is_empty() {
        return NotApplicable("the resource names no scopes");
    }
    each_document(seen, |_, document| {
        let offered = members::texts(document, "scopes_supported");
        let missing: Vec<&str> =
            resource.iter().map(String::as_str).filter(|scope| !offered.contains(scope)).collect();
        // A server that lists none may have any.
        if offered.is_empty() || missing.is_empty() {
            return Ok(());
        }
        Err(format!("not offered: {}", missing.join(" ")))
    })
}
