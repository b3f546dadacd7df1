//! Protected resource metadata that is published as given (RFC 9728 §2): checked, because clients believe it.

use super::scopes;
use crate::config::{findings::Findings, typed::IssuerConfig};
use portcullis_oauth::ResourceIdentifier;
use serde_json::{Map, Value};

pub(crate) fn given(
    mut document: Map<String, Value>,
    identifier: &ResourceIdentifier,
    issuers: &[IssuerConfig],
    at: &str,
    findings: &mut Findings,
) -> Option<Value> {
    // PRM-07
    document.retain(|_, value| !is_empty(value));
    resource(&document, identifier, at, findings);
    authorization_servers(&document, issuers, at, findings);
    bearer_methods(&document, at, findings);
    scopes_supported(&mut document, at, findings);
    Some(Value::Object(document))
}

fn is_empty(value: &Value) -> bool {
    value.is_null()
        || value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(Map::is_empty)
        || value.as_str().is_some_and(str::is_empty)
}

/// PRM-02, PRM-09, PRM-10: another text, and clients discard the document.
fn resource(
    document: &Map<String, Value>,
    identifier: &ResourceIdentifier,
    at: &str,
    findings: &mut Findings,
) {
    let written = document.get("resource").and_then(Value::as_str);
    if written == Some(identifier.as_str()) {
        return;
    }
    let path = format!("{at}.resource");
    let remedy =
        format!("write \"resource\": \"{identifier}\", or change the identifier: they are compared exactly");
    match written {
        Some(written) => {
            findings.wrong(&path, written, "is not the identifier of this resource (PRM-09)", remedy)
        }
        None => findings.missing(&path, remedy),
    }
}

/// PRM-01. A server whose tokens are not accepted here would send clients in circles.
fn authorization_servers(
    document: &Map<String, Value>,
    issuers: &[IssuerConfig],
    at: &str,
    findings: &mut Findings,
) {
    let path = format!("{at}.authorization_servers");
    let expected: Vec<&str> = issuers.iter().map(|issuer| issuer.authorization_server.as_str()).collect();
    let remedy = match expected.first() {
        Some(first) => format!("write \"authorization_servers\": [\"{first}\"]"),
        None => "name at least one issuer whose tokens are accepted here".to_owned(),
    };
    let Some(servers) = document.get("authorization_servers").and_then(Value::as_array) else {
        findings.problem(&path, "names no authorization server (PRM-01)", remedy);
        return;
    };
    for (index, server) in servers.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Some(server) = server.as_str() else {
            findings.problem(&path, "is not a text", remedy.clone());
            continue;
        };
        let accepted =
            issuers.iter().flat_map(|issuer| &issuer.issuers).any(|issuer| issuer.as_str() == server);
        // Without any issuer there is a greater problem, which is told where it is.
        if !accepted && !issuers.is_empty() {
            findings.wrong(&path, server, "is not an issuer whose tokens are accepted here", remedy.clone());
        }
    }
}

/// PRM-13
fn bearer_methods(document: &Map<String, Value>, at: &str, findings: &mut Findings) {
    let path = format!("{at}.bearer_methods_supported");
    let Some(methods) = document.get("bearer_methods_supported") else { return };
    if *methods != Value::from(vec!["header"]) {
        let remedy = "write \"bearer_methods_supported\": [\"header\"], or leave it out";
        findings.problem(
            &path,
            "promises what is not accepted: tokens come in the header alone (PRM-13)",
            remedy,
        );
    }
}

/// CH-12
fn scopes_supported(document: &mut Map<String, Value>, at: &str, findings: &mut Findings) {
    let path = format!("{at}.scopes_supported");
    let Some(written) = document.remove("scopes_supported") else { return };
    let Ok(list) = serde_json::from_value::<Vec<String>>(written) else {
        findings.problem(&path, "is not a list of scopes", "write \"scopes_supported\": [\"todo:read\"]");
        return;
    };
    let scope = scopes::scope(&list, &path, findings);
    let kept: Vec<String> =
        list.into_iter().filter(|one| scope.iter().any(|token| token.as_str() == one)).collect();
    if !kept.is_empty() {
        document.insert("scopes_supported".to_owned(), Value::from(kept));
    }
}
