//! A configuration as its operator may read it: everything that is in force, nothing that is secret.

use super::external::CheckConfig;
use super::rules::Rules;
use super::typed::{Audiences, AuditOutput, Config, DefaultRule, IssuerConfig, Keys, ResourceConfig};
use crate::UpstreamConnections;
use portcullis_oauth::Scope;
use portcullis_resource_server::{CallerKind, Callers, MissingScope, Ruled};
use serde_json::{Map, Value, json};

/// The configuration in force, defaults included, as TOML. Secrets are named, not shown.
pub fn show(config: &Config) -> String {
    let seconds = |time: std::time::Duration| time.as_secs();
    let limits = &config.limits;
    let audit = match config.audit {
        AuditOutput::Stdout => "stdout",
        AuditOutput::Stderr => "stderr",
        AuditOutput::Off => "off",
    };
    let shown = json!({
        "listen": config.listen.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "behind_tls_proxy": config.behind_tls_proxy,
        "session_key": if config.session_key.is_some() { "configured (not shown)" } else { "generated at start" },
        "audit": audit,
        "log": format!("{:?}", config.log).to_lowercase(),
        "log_format": format!("{:?}", config.log_format).to_lowercase(),
        "limits": {
            "body_bytes": limits.body_bytes,
            "header_bytes": limits.header_bytes,
            "max_connections": limits.max_connections,
            "connect_timeout_seconds": seconds(limits.connect_timeout),
            "header_timeout_seconds": seconds(limits.header_timeout),
            "longest_call_seconds": seconds(limits.longest_call),
            "header_read_timeout_seconds": seconds(limits.header_read_timeout),
            "idle_timeout_seconds": seconds(limits.idle_timeout),
            "write_timeout_seconds": seconds(limits.write_timeout),
            "body_read_timeout_seconds": seconds(limits.body_read_timeout),
            "stream_grace_seconds": seconds(limits.stream_grace),
            "session_lifetime_seconds": seconds(config.session_lifetime),
            "drain_delay_seconds": seconds(limits.drain_delay),
            "drain_timeout_seconds": seconds(config.drain_timeout),
        },
        "resource": config.resources.iter().map(resource).collect::<Vec<_>>(),
    });
    toml::to_string_pretty(&without_nothing(shown)).unwrap_or_default()
}

fn resource(resource: &ResourceConfig) -> Value {
    let rules = &resource.rules;
    json!({
        "identifier": resource.identifier.as_str(),
        "upstream": resource.upstream.as_str(),
        "upstream_http2": resource.upstream_connections == UpstreamConnections::Http2,
        "dangerous_shared_connections":
            (resource.upstream_connections == UpstreamConnections::DangerouslyShared).then_some(true),
        "stripped_prefix": (!resource.stripped_prefix.is_empty()).then_some(&resource.stripped_prefix),
        "metadata_at_root": resource.metadata_at_root,
        "issuer": resource.issuers.iter().map(issuer).collect::<Vec<_>>(),
        "required_scopes": list(&resource.required_scopes),
        "tools": of_kind(rules, Ruled::Tools),
        "prompts": of_kind(rules, Ruled::Prompts),
        "resources": of_kind(rules, Ruled::Resources),
        "tasks": of_kind(rules, Ruled::Tasks),
        "methods": of_kind(rules, Ruled::Methods),
        "implies": (!rules.implies.is_empty()).then(|| {
            let implies = rules.implies.iter().map(|(broader, narrower)| (broader.to_string(), list(narrower)));
            Value::Object(implies.collect())
        }),
        "allow": (!rules.callers.is_everybody()).then(|| callers(&rules.callers)),
        "missing_scope": match rules.missing_scope {
            MissingScope::List => "list",
            MissingScope::Hide => "hide",
        },
        "check": resource.check.as_ref().map(check),
        "dangerous_observe": resource.dangerous_observe.then_some(true),
        "tests_passed": resource.tests_passed,
        "default": match resource.default {
            DefaultRule::Authenticated => "authenticated",
            DefaultRule::Refuse => "refuse",
        },
        "forward": {
            "subject_header": resource.forward.subject_header,
            "client_header": resource.forward.client_header,
            "scopes_header": resource.forward.scopes_header,
            "tenant_header": resource.forward.tenant_header,
        },
        "allowed_hosts": resource.allowed_hosts,
        "allowed_origins": resource.allowed_origins,
        "documentation": resource.documentation,
        "name": resource.name,
        "scopes_supported": resource.scopes_supported.as_ref().map(list),
        "metadata": resource.metadata_override,
    })
}

/// Rules as they are written: scopes alone where there is nothing else.
fn of_kind(rules: &Rules, ruled: Ruled) -> Option<Value> {
    let rules = rules.rules.iter().filter(|rule| rule.ruled == ruled);
    let shown: Map<String, Value> = rules
        .map(|rule| {
            let scopes = list(&rule.scope);
            if rule.condition.is_none() && rule.callers.is_everybody() {
                return (rule.pattern.clone(), scopes);
            }
            let mut table = callers(&rule.callers);
            table["scopes"] = scopes;
            table["when"] = rule.condition.as_ref().map(|condition| condition.source()).into();
            (rule.pattern.clone(), table)
        })
        .collect();
    (!shown.is_empty()).then_some(Value::Object(shown))
}

fn callers(callers: &Callers) -> Value {
    let some = |list: &[String]| (!list.is_empty()).then(|| json!(list));
    json!({
        "issuers": some(&callers.issuers),
        "subjects": some(&callers.subjects),
        "tenants": some(&callers.tenants),
        "clients": some(&callers.clients),
        "callers": callers.kind.map(|kind| match kind {
            CallerKind::People => "people",
            CallerKind::Machines => "machines",
        }),
    })
}

fn check(check: &CheckConfig) -> Value {
    json!({
        "url": check.url.as_str(),
        "timeout_ms": u64::try_from(check.limits.time.as_millis()).unwrap_or(u64::MAX),
        "max_in_flight": check.limits.in_flight,
        "cache_seconds_max": check.limits.cache.as_secs(),
        "sends": check.sends.facts.iter().map(|fact| fact.name()).collect::<Vec<_>>(),
        "claims": check.sends.claims,
        "arguments": check.sends.arguments,
        "bearer": if check.authorization.is_some() { "configured (not shown)" } else { "none" },
    })
}

fn issuer(issuer: &IssuerConfig) -> Value {
    json!({
        "name": issuer.name,
        "issuers": issuer.issuers.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        "authorization_server": issuer.authorization_server.as_str(),
        "audience": match &issuer.audiences {
            Audiences::Identifier => json!("the identifier"),
            Audiences::Exact(list) => json!(list),
        },
        "jwks_uri": match &issuer.keys {
            Keys::JwksUri(url) => url.as_str(),
            Keys::Discover => "from the issuer's metadata",
        },
        "algorithms": issuer.algorithms,
        "typ": match issuer.typ {
            super::typed::TypRule::Strict => "at+jwt",
            super::typed::TypRule::Relaxed => "relaxed",
        },
        "scopes": issuer.scopes,
        "tenant_claim": issuer.tenant_claim,
        "leeway": issuer.leeway,
    })
}

fn list(scope: &Scope) -> Value {
    scope.iter().map(|token| Value::from(token.as_str())).collect()
}

/// TOML has no null: what is not set is left out.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nothing(value))).collect())
        }
        Value::Array(items) => {
            items.into_iter().filter(|item| !item.is_null()).map(without_nothing).collect()
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}
