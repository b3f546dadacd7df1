//! A configuration as its operator may read it: everything that is in force, nothing that is secret.

use super::typed::{Audiences, AuditOutput, Config, DefaultRule, IssuerConfig, Keys, ResourceConfig};
use crate::UpstreamConnections;
use portcullis_oauth::Scope;
use portcullis_resource_server::Rate;
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
        "trusted_proxies": config.trusted_proxies.networks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "client_address_header": (!config.trusted_proxies.networks.is_empty())
            .then_some(config.trusted_proxies.header.as_str()),
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
        "rate_limits": { "per_address": or_off(config.per_address) },
        "resource": config.resources.iter().map(resource).collect::<Vec<_>>(),
    });
    toml::to_string_pretty(&without_nothing(shown)).unwrap_or_default()
}

fn resource(resource: &ResourceConfig) -> Value {
    let tools: Map<String, Value> =
        resource.tools.iter().map(|(name, scope)| (name.clone(), list(scope))).collect();
    let rates: Map<String, Value> =
        resource.rates.tools.iter().map(|(name, rate)| (name.clone(), rate.to_string().into())).collect();
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
        "tools": tools,
        "default": match resource.default {
            DefaultRule::Authenticated => "authenticated",
            DefaultRule::Refuse => "refuse",
        },
        "challenge_scopes": resource.challenge_scopes.as_str(),
        "rate_limits": {
            "per_subject": or_off(resource.rates.per_subject),
            "per_client": or_off(resource.rates.per_client),
            "tools": rates,
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

fn or_off(rate: Option<Rate>) -> String {
    rate.map_or("off".to_owned(), |rate| rate.to_string())
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
