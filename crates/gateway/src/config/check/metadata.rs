//! Protected resource metadata that is published as given.

use super::scopes;
use crate::config::{findings::Findings, typed::IssuerConfig};
use portcullis_oauth::ResourceIdentifier;
use serde_json::{Map, Value};

pub(crate) fn given(
    document: Map<String, Value>,
    identifier: &ResourceIdentifier,
    issuers: &[IssuerConfig],
    at: &str,
    findings: &mut Findings,
) -> Option<Value> {
    let published = issuers.iter().map(|issuer| &issuer.authorization_server);
    let servers = published.chain(issuers.iter().flat_map(|issuer| &issuer.issuers));
    let servers: Vec<&str> = servers.map(|server| server.as_str()).collect();
    let (mut document, problems) = portcullis::parts::check_metadata(document, identifier, &servers);
    for problem in &problems {
        findings.told(&format!("{at}.{}", problem.place()), problem);
    }
    if problems.is_empty() {
        without_offline_access(&mut document, at, findings);
    }
    Some(Value::Object(document))
}

/// CH-12
fn without_offline_access(document: &mut Map<String, Value>, at: &str, findings: &mut Findings) {
    let Some(written) = document.remove("scopes_supported") else { return };
    let list: Vec<String> = serde_json::from_value(written).unwrap_or_default();
    let scope = scopes::scope(&list, &format!("{at}.scopes_supported"), findings);
    let kept: Vec<String> =
        list.into_iter().filter(|one| scope.iter().any(|token| token.as_str() == one)).collect();
    if !kept.is_empty() {
        document.insert("scopes_supported".to_owned(), Value::from(kept));
    }
}
