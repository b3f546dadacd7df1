//! What two resources may not share: where they are reached, and the audience that means them. And where none may be.

use crate::config::{
    findings::Findings,
    typed::{Audiences, ResourceConfig},
};

pub(crate) fn between(resources: &[Option<ResourceConfig>], findings: &mut Findings) {
    let known: Vec<_> = resources.iter().enumerate().filter_map(|(i, it)| Some((i, it.as_ref()?))).collect();
    for (position, (index, resource)) in known.iter().enumerate() {
        if resource.place().1.starts_with("/.well-known/") {
            let message =
                "is below /.well-known/, where documents and the keys of identity tokens are published";
            let (path, written) = (format!("resource[{index}].identifier"), resource.identifier.as_str());
            findings.wrong(&path, written, message, "give the MCP server another path");
        }
        for (other_index, other) in &known[..position] {
            let path = format!("resource[{index}].identifier");
            let written = resource.identifier.as_str();
            if meet(resource, other) {
                let message = format!("is reached at the same host and path as resource[{other_index}]");
                findings.wrong(&path, written, message, "give each resource a host or a path of its own");
            } else if let Some(audience) = shared_audience(resource, other) {
                let path = format!("resource[{index}].issuer");
                let message = format!(
                    "means resource[{other_index}] too: a token for one would open the other (RS-09)"
                );
                findings.wrong(&path, &audience, message, "give each resource an audience of its own");
            }
        }
    }
}

/// Whether a request could be for either: the same path, and a host that both are reached by.
fn meet(one: &ResourceConfig, other: &ResourceConfig) -> bool {
    let ((host, path), (other_host, other_path)) = (one.place(), other.place());
    let others: Vec<_> = other.allowed_hosts.iter().chain([&other_host]).collect();
    path == other_path && one.allowed_hosts.iter().chain([&host]).any(|host| others.contains(&host))
}

fn shared_audience(one: &ResourceConfig, other: &ResourceConfig) -> Option<String> {
    audiences(one)
        .find(|audience| means(other, audience))
        .or_else(|| audiences(other).find(|audience| means(one, audience)))
}

fn audiences(resource: &ResourceConfig) -> impl Iterator<Item = String> {
    resource.issuers.iter().flat_map(|issuer| match &issuer.audiences {
        Audiences::Identifier => vec![resource.identifier.as_str().to_owned()],
        Audiences::Exact(list) => list.clone(),
    })
}

fn means(resource: &ResourceConfig, audience: &str) -> bool {
    resource.issuers.iter().any(|issuer| match &issuer.audiences {
        Audiences::Identifier => resource.identifier.matches(audience),
        Audiences::Exact(list) => list.iter().any(|one| one == audience),
    })
}
