//! A configuration as its operator may read it: everything that is in force, nothing that is secret.

use super::{
    admin::AdminConfig,
    dpop,
    external::CheckConfig,
    forward::Forward,
    rules::Rules,
    typed::{
        Audiences, AuditOutput, Config, DefaultRule, IssuerConfig, Keys, Proof, ResourceConfig, TypRule,
    },
};
use crate::{AdminPlace, UpstreamConnections};
use portcullis_oauth::Scope;
use portcullis_resource_server::{
    AssertionAudience, CallerKind, Callers, ClientProof, EndpointLocation, IntrospectionSettings,
    MissingScope, Rate, Ruled,
};
use serde_json::{Map, Value, json};

const FROM_METADATA: &str = "from the issuer's metadata";

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
        "admin": config.admin.as_ref().map(admin),
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

fn admin(admin: &AdminConfig) -> Value {
    json!({
        "listen": match &admin.listen {
            AdminPlace::Loopback(address) => address.to_string(),
            AdminPlace::Socket(path) => format!("unix:{}", path.display()),
        },
        "token": "configured (not shown)",
        "revocations_file": admin.revocations_file.as_ref().map(|file| file.display().to_string()),
        "token_lifetime_seconds": admin.token_lifetime.as_secs(),
    })
}

fn resource(resource: &ResourceConfig) -> Value {
    let rules = &resource.rules;
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
        "dpop": dpop::shown(&resource.dpop),
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
        "challenge_scopes": resource.challenge_scopes.as_str(),
        "rate_limits": {
            "per_subject": or_off(resource.rates.per_subject),
            "per_client": or_off(resource.rates.per_client),
            "tools": rates,
        },
        "forward": forward(&resource.forward),
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

fn forward(forward: &Forward) -> Value {
    let identity_token = forward.identity_token.as_ref().map(|token| {
        let (signed, rules) = (&token.signed, &token.signed.rules);
        json!({
            "header": signed.header.as_str(),
            "issuer": rules.issuer,
            "audience": rules.audience,
            "lifetime_seconds": rules.lifetime,
            "claims": rules.claims,
            "single_use": rules.single_use,
            "key": if token.is_generated { "generated at start" } else { signed.key.kid() },
            "algorithm": signed.key.algorithm().as_str(),
            "previous_keys": signed.also_published.iter().map(|key| key.kid()).collect::<Vec<_>>(),
        })
    });
    let credential = forward.credential.as_ref().map(|it| {
        let (kind, source) = &it.source;
        json!({
            "header": it.credential.header.as_str(),
            "scheme": it.scheme,
            *kind: source,
            "value": "configured (not shown)",
        })
    });
    json!({
        "subject_header": forward.subject_header,
        "client_header": forward.client_header,
        "scopes_header": forward.scopes_header,
        "tenant_header": forward.tenant_header,
        "identity_token": identity_token,
        "credential": credential,
        "dangerous_client_token": forward.dangerous_client_token.then_some(true),
        "allowed_headers": (!forward.allowed_headers.is_empty()).then_some(&forward.allowed_headers),
    })
}

fn issuer(issuer: &IssuerConfig) -> Value {
    let mut shown = json!({
        "name": issuer.name,
        "issuers": issuer.issuers.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        "authorization_server": issuer.authorization_server.as_str(),
        "audience": match &issuer.audiences {
            Audiences::Identifier => json!("the identifier"),
            Audiences::Exact(list) => json!(list),
        },
        "scopes": issuer.scopes,
        "tenant_claim": issuer.tenant_claim,
        "leeway": issuer.leeway,
    });
    match &issuer.proof {
        Proof::Signature { keys, algorithms, typ } => {
            shown["jwks_uri"] = match keys {
                Keys::JwksUri(url) => url.as_str().into(),
                Keys::Discover => FROM_METADATA.into(),
            };
            shown["algorithms"] = json!(algorithms);
            shown["typ"] = match typ {
                TypRule::Strict => "at+jwt".into(),
                TypRule::Relaxed => "relaxed".into(),
            };
        }
        Proof::Introspection(settings) => shown["introspection"] = introspection(settings),
    }
    shown
}

fn introspection(settings: &IntrospectionSettings) -> Value {
    let key = match &settings.client.proof {
        ClientProof::PrivateKeyJwt { key, audience } => Some((key, audience)),
        ClientProof::SecretBasic(_) | ClientProof::SecretPost(_) => None,
    };
    json!({
        "endpoint": match &settings.endpoint {
            EndpointLocation::At(url) => url.as_str(),
            EndpointLocation::Discover(_) => FROM_METADATA,
        },
        "client_id": settings.client.client_id,
        "auth": settings.client.method(),
        "client_secret": key.is_none().then_some("configured (not shown)"),
        "private_key": key.map(|_| "configured (not shown)"),
        "key_id": key.and_then(|(key, _)| key.kid()),
        "algorithm": key.map(|(key, _)| key.algorithm().as_str()),
        "assertion_audience": key.map(|(_, audience)| match audience {
            AssertionAudience::Issuer(_) => "issuer",
            AssertionAudience::Endpoint => "endpoint",
        }),
        "cache_seconds": settings.cache.as_secs(),
        "token_prefix": settings.token_prefix,
        "dangerous_accept_missing_audience": settings.dangerous_accept_missing_audience.then_some(true),
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
