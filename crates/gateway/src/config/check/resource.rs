//! One resource: identifier, upstream, issuers, rules.

use super::{external, forward, issuer, metadata, policy_test, reach, rules, scopes, urls};
use crate::UpstreamConnections;
use crate::config::{
    dpop,
    findings::Findings,
    forward::Forward,
    rate_limits::{self, RawRateLimits},
    raw::RawResource,
    secret::Secrets,
    typed::{DefaultRule, ResourceConfig},
};
use portcullis_oauth::{ResourceIdentifier, is_loopback};
use portcullis_resource_server::DpopMode;
use url::Url;

pub(crate) fn resource(
    mut raw: RawResource,
    rates: &RawRateLimits,
    at: &str,
    secrets: &Secrets<'_>,
    findings: &mut Findings,
) -> Option<ResourceConfig> {
    let key = |name: &str| format!("{at}.{name}");
    let default = default_rule(&raw, at, findings);
    let identifier = identifier(raw.identifier.as_deref(), &key("identifier"), findings);
    let upstream = urls::upstream(raw.upstream.as_deref(), &key("upstream"), findings);
    let upstream_connections = connections(
        raw.upstream_http2.unwrap_or(false),
        raw.dangerous_shared_connections.unwrap_or(false),
        &key("dangerous_shared_connections"),
        findings,
    );
    let stripped_prefix = identifier.as_ref().map(|identifier| {
        stripped_prefix(raw.stripped_prefix.as_deref(), identifier, &key("stripped_prefix"), findings)
    });
    let dpop = dpop::settings(std::mem::take(&mut raw.dpop), &key("dpop"), findings);
    let issuers = std::mem::take(&mut raw.issuer);
    let issuers = issuer::issuers(issuers, &key("issuer"), raw.identifier.as_deref(), secrets, findings);
    let around =
        forward::Around { identifier: raw.identifier.as_deref(), upstream: raw.upstream.as_deref(), secrets };
    let forward = forward::forward(std::mem::take(&mut raw.forward), &around, &key("forward"), findings);
    if forward.dangerous_client_token && dpop.mode != DpopMode::Off {
        let remedy = "leave one of the two out; an identity_token tells the upstream who calls";
        let message = "stands beside dpop: a token that is bound to a key is worth nothing without its proof";
        findings.problem(&key("forward.dangerous_client_token"), message, remedy);
    }
    if let Some(upstream) = &upstream {
        plain_http(upstream, &forward, &key("upstream"), findings);
    }
    let required_scopes = scopes::scope(&raw.required_scopes, &key("required_scopes"), findings);
    let rules = rules::rules(&mut raw, &issuers, at, findings);
    let rates = rate_limits::of_resource(rates, &raw.rate_limits, &key("rate_limits"), findings);
    let check = raw.check.take().map(|raw| external::check(raw, secrets, &key("check"), findings));
    let scopes_supported =
        raw.scopes_supported.map(|list| scopes::scope(&list, &key("scopes_supported"), findings));
    let documentation = urls::page(raw.documentation, &key("documentation"), findings);
    let allowed_hosts = reach::hosts(&raw.allowed_hosts, &key("allowed_hosts"), findings);
    let allowed_origins = reach::origins(&raw.allowed_origins, &key("allowed_origins"), findings);
    let metadata_override = match (raw.metadata, &identifier) {
        (Some(document), Some(identifier)) => {
            metadata::given(document, identifier, &issuers, &key("metadata"), findings)
        }
        _ => None,
    };
    let dangerous_observe = raw.dangerous_observe.unwrap_or(false);
    if dangerous_observe {
        let text =
            "what the rules or the check would refuse is let through, and is \"observed\" in the audit";
        findings.warn(&key("dangerous_observe"), text);
    }
    let mut resource = ResourceConfig {
        identifier: identifier?,
        upstream: upstream?,
        upstream_connections,
        stripped_prefix: stripped_prefix?,
        // Whether it is, where nobody said, depends on the other resources.
        metadata_at_root: raw.metadata_at_root.unwrap_or(false),
        dpop,
        issuers,
        required_scopes,
        rules,
        // A check that is written badly is no check that is left out.
        check: match check {
            Some(check) => Some(check?),
            None => None,
        },
        dangerous_observe,
        tests_passed: 0,
        default,
        challenge_scopes: raw.challenge_scopes.unwrap_or_default(),
        rates,
        forward,
        allowed_hosts,
        allowed_origins,
        documentation,
        name: raw.name,
        scopes_supported,
        metadata_override,
    };
    resource.tests_passed = policy_test::run(raw.test, &resource, at, findings);
    Some(resource)
}

/// Absence refuses: with no rule at all, somebody has to say what that means.
fn default_rule(raw: &RawResource, at: &str, findings: &mut Findings) -> DefaultRule {
    let path = format!("{at}.default");
    match (raw.default, !rules::are_there(raw)) {
        (None, true) => {
            findings.missing(
                &path,
                "either write rules, such as [resource.tools] with list_todos = [\"todo:read\"] (what they do not \
                 list is refused), or write default = \"authenticated\" (a valid token may call any tool)",
            );
            DefaultRule::Refuse
        }
        (None, false) => DefaultRule::Refuse,
        (Some(DefaultRule::Refuse), true) => {
            findings.warn(&path, "no rule and default = \"refuse\": nothing can be called");
            DefaultRule::Refuse
        }
        (Some(DefaultRule::Authenticated), false) => {
            findings.warn(&path, "what no rule names may be called with any valid token");
            DefaultRule::Authenticated
        }
        (Some(chosen), _) => chosen,
    }
}

/// PRM-03: no fragment, better no query.
fn identifier(text: Option<&str>, path: &str, findings: &mut Findings) -> Option<ResourceIdentifier> {
    let Some(text) = text else {
        findings.missing(
            path,
            "write the URL clients dial, such as \"https://mcp.example.com/mcp\" (or --resource)",
        );
        return None;
    };
    match ResourceIdentifier::parse(text) {
        Ok(identifier) => {
            if identifier.url().query().is_some() {
                findings.warn(path, "an identifier should have no query (RFC 9728 §1.2)");
            }
            Some(identifier)
        }
        Err(error) => {
            let remedy = "write the URL clients dial, such as https://mcp.example.com/mcp";
            findings.wrong(path, text, error.to_string(), remedy);
            None
        }
    }
}

fn connections(http2: bool, shared: bool, path: &str, findings: &mut Findings) -> UpstreamConnections {
    match (http2, shared) {
        (true, true) => {
            findings.wrong(path, "true", "is for HTTP/1.1 alone", "leave it out, or upstream_http2");
            UpstreamConnections::Http2
        }
        (true, false) => UpstreamConnections::Http2,
        (false, true) => {
            let text = "an upstream that says more than it was asked says the rest to the next caller";
            findings.warn(path, text);
            UpstreamConnections::DangerouslyShared
        }
        (false, false) => UpstreamConnections::Http1,
    }
}

/// Part of the identifier's path, from its beginning to the end of a segment: then the rest is a path too.
fn stripped_prefix(
    text: Option<&str>,
    identifier: &ResourceIdentifier,
    path: &str,
    findings: &mut Findings,
) -> String {
    let Some(text) = text else { return String::new() };
    let rest = identifier.path().strip_prefix(text);
    let is_prefix = text.starts_with('/')
        && !text.ends_with('/')
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !is_prefix {
        let message = format!("is not how the path of {identifier} begins");
        findings.wrong(
            path,
            text,
            message,
            "write what is taken off, such as \"/todo\", or leave the key out",
        );
    }
    text.to_owned()
}

/// RS-19: what crosses a network in the clear can be read there, and forged.
fn plain_http(upstream: &Url, forward: &Forward, path: &str, findings: &mut Findings) {
    if upstream.scheme() == "https" || is_loopback(upstream) {
        return;
    }
    if forward.is_confidential() {
        let remedy = "use https to the upstream, or remove [resource.forward]";
        let message = "would carry who calls, or a credential, in plain http over the network (RS-19, RS-25)";
        findings.wrong(path, upstream.as_str(), message, remedy);
    } else {
        findings
            .warn(path, "plain http to another machine: calls and answers can be read on the way (RS-19)");
    }
}
