//! Metadata that is published as somebody wrote it (RFC 9728 §2): checked, because clients believe it.

use crate::builder::Problem;
use portcullis_oauth::{ResourceIdentifier, ScopeToken};
use serde_json::{Map, Value};

/// The document without its empty members (PRM-07), and what is wrong with it: each at the name of its member. `servers` may
/// be named as authorization servers, of which the first is suggested.
#[must_use = "a document that is wrong misleads clients"]
pub fn check_metadata(
    mut document: Map<String, Value>,
    identifier: &ResourceIdentifier,
    servers: &[&str],
) -> (Map<String, Value>, Vec<Problem>) {
    let mut problems = Vec::new();
    document.retain(|_, value| !is_empty(value));
    resource(&document, identifier, &mut problems);
    authorization_servers(&document, servers, &mut problems);
    bearer_methods(&document, &mut problems);
    scopes_supported(&document, &mut problems);
    (document, problems)
}

/// It says how long, not what; a resource never asks for it (CH-12).
pub(crate) fn without_offline_access(document: &mut Map<String, Value>) {
    let Some(Value::Array(scopes)) = document.get_mut("scopes_supported") else { return };
    scopes.retain(|scope| scope.as_str() != Some("offline_access"));
    if scopes.is_empty() {
        document.remove("scopes_supported");
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null()
        || value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(Map::is_empty)
        || value.as_str().is_some_and(str::is_empty)
}

/// PRM-02, PRM-09, PRM-10: another text, and clients discard the document.
fn resource(document: &Map<String, Value>, identifier: &ResourceIdentifier, problems: &mut Vec<Problem>) {
    let written = document.get("resource").and_then(Value::as_str);
    if written == Some(identifier.as_str()) {
        return;
    }
    let remedy =
        format!("write \"resource\": \"{identifier}\", or change the identifier: they are compared exactly");
    problems.push(match written {
        Some(written) => {
            Problem::new("resource", "is not the identifier of this resource (PRM-09)", remedy).about(written)
        }
        None => Problem::new("resource", "is missing", remedy),
    });
}

/// PRM-01. A server whose tokens are not accepted here would send clients in circles.
fn authorization_servers(document: &Map<String, Value>, accepted: &[&str], problems: &mut Vec<Problem>) {
    let remedy = match accepted.first() {
        Some(first) => format!("write \"authorization_servers\": [\"{first}\"]"),
        None => "name at least one issuer whose tokens are accepted here".to_owned(),
    };
    let Some(servers) = document.get("authorization_servers").and_then(Value::as_array) else {
        let message = "names no authorization server (PRM-01)";
        problems.push(Problem::new("authorization_servers", message, remedy));
        return;
    };
    for (index, server) in servers.iter().enumerate() {
        let place = format!("authorization_servers[{index}]");
        match server.as_str() {
            None => problems.push(Problem::new(place, "is not a text", remedy.clone())),
            // Without any issuer there is a greater problem, which is told where it is.
            Some(server) if !accepted.is_empty() && !accepted.contains(&server) => {
                let message = "is not an issuer whose tokens are accepted here";
                problems.push(Problem::new(place, message, remedy.clone()).about(server));
            }
            Some(_) => {}
        }
    }
}

/// PRM-13
fn bearer_methods(document: &Map<String, Value>, problems: &mut Vec<Problem>) {
    let Some(methods) = document.get("bearer_methods_supported") else { return };
    if *methods != Value::from(vec!["header"]) {
        let message = "promises what is not accepted: tokens come in the header alone (PRM-13)";
        let remedy = "write \"bearer_methods_supported\": [\"header\"], or leave it out";
        problems.push(Problem::new("bearer_methods_supported", message, remedy));
    }
}

fn scopes_supported(document: &Map<String, Value>, problems: &mut Vec<Problem>) {
    let Some(written) = document.get("scopes_supported") else { return };
    let remedy = "write \"scopes_supported\": [\"todo:read\"], each scope for itself";
    let Some(list) = written.as_array() else {
        problems.push(Problem::new("scopes_supported", "is not a list of scopes", remedy));
        return;
    };
    for (index, scope) in list.iter().enumerate() {
        let place = format!("scopes_supported[{index}]");
        match scope.as_str().map(str::parse::<ScopeToken>) {
            None => problems.push(Problem::new(place, "is not a text", remedy)),
            Some(Err(error)) => {
                let problem = Problem::new(place, error.to_string(), remedy);
                problems.push(problem.about(scope.as_str().unwrap_or_default()));
            }
            Some(Ok(_)) => {}
        }
    }
}
