//! The typed configuration → what the gateway is composed of. Nothing can be wrong any more; where a type says it
//! could, the value is left out, which refuses.

use super::{
    forward::Forward,
    typed::{Audiences, Config, DefaultRule, IssuerConfig, Keys, Proof, ResourceConfig, TypRule},
};
use crate::{CheckSettings, Forwarding, IdentityHeaders, ResourceSettings, ServeLimits, UpstreamLimits};
use http::HeaderName;
use portcullis::{IssuerSettings, ProofSettings, StreamLimits};
use portcullis_oauth::{Clock, ProtectedResourceMetadata};
use portcullis_resource_server::{
    self as resource_server, AddressLimit, BodyLimits, ClientTokens, InMemory, KeyLocation, Policy, Reach,
};
use std::sync::Arc;

impl Config {
    /// What connections may cost.
    pub fn serve_limits(&self) -> ServeLimits {
        ServeLimits {
            connections: self.limits.max_connections,
            header_time: self.limits.header_read_timeout,
            idle: self.limits.idle_timeout,
            write_time: self.limits.write_timeout,
            header_bytes: self.limits.header_bytes,
            drain_delay: self.limits.drain_delay,
            drain: self.drain_timeout,
            ..ServeLimits::default()
        }
    }

    /// What limits addresses, if anything does.
    pub fn address_limit(&self, clock: Arc<dyn Clock>) -> Option<Arc<AddressLimit>> {
        let limit = InMemory::new(self.per_address?, clock.clone());
        Some(Arc::new(AddressLimit::new(Arc::new(limit), clock)))
    }

    /// Every resource, ready to be composed.
    pub fn settings(&self) -> Vec<ResourceSettings> {
        self.resources.iter().map(|resource| self.resource(resource)).collect()
    }

    fn resource(&self, resource: &ResourceConfig) -> ResourceSettings {
        let limits = &self.limits;
        ResourceSettings {
            identifier: resource.identifier.clone(),
            upstream: resource.upstream.clone(),
            upstream_connections: resource.upstream_connections,
            path: resource.place().1.to_owned(),
            metadata_at_root: resource.metadata_at_root,
            dpop: resource.dpop.clone(),
            issuers: resource.issuers.iter().map(issuer).collect(),
            policy: policy(resource),
            challenge_scopes: resource.challenge_scopes.into(),
            rates: resource.rates.clone(),
            check: resource.check.as_ref().map(|check| CheckSettings {
                url: check.url.clone(),
                authorization: check.authorization.clone(),
                sends: check.sends.clone(),
                limits: check.limits,
            }),
            reach: reach(resource),
            forward: forwarding(&resource.forward),
            name: resource.name.clone(),
            documentation: resource.documentation.clone(),
            metadata: resource.metadata_override.clone().or_else(|| with_chosen_scopes(resource)),
            body: BodyLimits::default().bytes(limits.body_bytes).time(limits.body_read_timeout),
            streams: StreamLimits::default().grace(limits.stream_grace).longest_call(limits.longest_call),
            upstream_limits: UpstreamLimits {
                connect: limits.connect_timeout,
                headers: limits.header_timeout,
            },
            session_lifetime: self.session_lifetime.as_secs(),
        }
    }
}

fn issuer(issuer: &IssuerConfig) -> IssuerSettings {
    IssuerSettings {
        name: issuer.name.clone(),
        issuers: issuer.issuers.clone(),
        published: issuer.authorization_server.to_string(),
        audiences: match &issuer.audiences {
            Audiences::Identifier => None,
            Audiences::Exact(list) => Some(list.clone()),
        },
        proof: match &issuer.proof {
            Proof::Signature { keys, algorithms, typ } => ProofSettings::Signature {
                keys: match keys {
                    Keys::JwksUri(url) => KeyLocation::At(url.clone()),
                    Keys::Discover => KeyLocation::Discover(issuer.authorization_server.clone()),
                },
                algorithms: algorithms.iter().filter_map(|name| name.parse().ok()).collect(),
                typ: match typ {
                    TypRule::Strict => resource_server::TypRule::AccessToken,
                    TypRule::Relaxed => resource_server::TypRule::Relaxed,
                },
            },
            Proof::Introspection(settings) => ProofSettings::Introspection(settings.clone()),
        },
        scopes_claim: issuer.scopes,
        tenant_claim: issuer.tenant_claim.clone(),
        leeway: issuer.leeway,
    }
}

/// What the rules of a resource become: what is composed, and what its tests try.
pub(crate) fn policy(resource: &ResourceConfig) -> Policy {
    let default = match resource.default {
        DefaultRule::Authenticated => resource_server::DefaultRule::Authenticated,
        DefaultRule::Refuse => resource_server::DefaultRule::Refuse,
    };
    let policy = resource.rules.add_to(Policy::new(default).require(resource.required_scopes.clone()));
    if resource.dangerous_observe { policy.dangerous_observe() } else { policy }
}

fn reach(resource: &ResourceConfig) -> Reach {
    let reach = Reach::of(&resource.identifier);
    let reach = resource.allowed_hosts.iter().fold(reach, |reach, host| reach.allow_host(host));
    resource.allowed_origins.iter().fold(reach, |reach, origin| reach.allow_origin(origin))
}

fn forwarding(forward: &Forward) -> Forwarding {
    let name = |header: &String| header.parse::<HeaderName>().ok();
    Forwarding {
        facts: IdentityHeaders {
            subject: forward.subject_header.as_ref().and_then(name),
            client: forward.client_header.as_ref().and_then(name),
            scope: forward.scopes_header.as_ref().and_then(name),
            tenant: forward.tenant_header.as_ref().and_then(name),
        },
        identity: forward.identity_token.as_ref().map(|token| token.signed.clone()),
        credential: forward.credential.as_ref().map(|it| it.credential.clone()),
        client_tokens: match forward.dangerous_client_token {
            true => ClientTokens::DangerouslyGoOn,
            false => ClientTokens::StayBehind,
        },
        allowed_headers: forward.allowed_headers.iter().filter_map(name).collect(),
    }
}

/// G-20: the operator chose what is published.
fn with_chosen_scopes(resource: &ResourceConfig) -> Option<serde_json::Value> {
    let scopes = resource.scopes_supported.as_ref()?;
    let servers = resource.issuers.iter().map(|issuer| issuer.authorization_server.to_string());
    let mut metadata = ProtectedResourceMetadata {
        resource: resource.identifier.to_string(),
        authorization_servers: servers.collect(),
        scopes_supported: scopes.iter().map(ToString::to_string).collect(),
        bearer_methods_supported: vec!["header".to_owned()],
        resource_name: resource.name.clone(),
        resource_documentation: resource.documentation.clone(),
        ..ProtectedResourceMetadata::default()
    };
    resource.dpop.describe(&mut metadata);
    serde_json::to_value(metadata).ok()
}

#[cfg(test)]
mod tests {
    use super::resource_server;
    use crate::config::{Sources, load, show};
    use portcullis::ProofSettings;

    /// G-20, CH-12: what the file says is what is composed.
    #[test]
    fn what_is_configured_is_what_is_composed() {
        let file = r#"
            limits = { body_bytes = 2048, drain_delay_seconds = 2, drain_timeout_seconds = 1 }
            [[resource]]
            identifier = "https://mcp.example.com/mcp"
            upstream = "http://127.0.0.1:8000/mcp"
            scopes_supported = ["todo:read"]
            challenge_scopes = "union"
            forward = { subject_header = "x-user" }
            [[resource.issuer]]
            issuer = "https://login.example.com"
            algorithms = ["ES256"]
            [resource.tools]
            list = ["todo:read"]
        "#;
        let sources = Sources { file: Some(("f".into(), file.into())), ..Sources::default() };
        let config = load(&sources).unwrap();
        let settings = config.settings().remove(0);
        let serve = config.serve_limits();
        assert_eq!((settings.body.bytes, serve.drain_delay.as_secs(), serve.drain.as_secs()), (2048, 2, 1));
        assert_eq!(settings.policy.every_scope().to_string(), "todo:read");
        assert_eq!(settings.metadata.unwrap()["scopes_supported"][0], "todo:read");
        assert_eq!(settings.forward.facts.subject.unwrap(), "x-user");
        let ProofSettings::Signature { algorithms, .. } = &settings.issuers[0].proof else { panic!() };
        assert_eq!(algorithms.len(), 1);
        assert_eq!(settings.challenge_scopes, resource_server::ChallengeScopes::Union);
        assert!(show(&config).contains("challenge_scopes = \"union\""));
    }

    /// G-04: a host has one root at most, the only resource's or the named one's. And what arrives is what is left.
    #[test]
    fn each_resource_knows_its_root_and_its_path() {
        let resource = |rest: &str| {
            format!(
                "[[resource]]\nupstream = \"http://127.0.0.1:8000/mcp\"\ndefault = \"authenticated\"\n{rest}\n[[resource.issuer]]\nissuer = \"https://login.example.com\"\n"
            )
        };
        let places = |resources: &[&str]| {
            let file = resources.iter().map(|rest| resource(rest)).collect::<String>();
            let config = load(&Sources { file: Some(("f".into(), file)), ..Sources::default() }).unwrap();
            let settings = config.settings().into_iter();
            settings.map(|one| (one.path, one.metadata_at_root)).collect::<Vec<_>>()
        };
        let (a, b) = ("identifier = \"https://a.example/mcp\"", "identifier = \"https://b.example/mcp\"");
        let other = "identifier = \"https://a.example/other/mcp/\"";
        let at = |path: &str, is_at_root| (path.to_owned(), is_at_root);
        assert_eq!(places(&[a]), [at("/mcp", true)]);
        assert_eq!(places(&[&format!("{a}\nmetadata_at_root = false")]), [at("/mcp", false)]);
        assert_eq!(places(&[a, b]), [at("/mcp", true), at("/mcp", true)]);
        assert_eq!(places(&[a, other]), [at("/mcp", false), at("/other/mcp", false)]);
        let named = format!("{other}\nmetadata_at_root = true\nstripped_prefix = \"/other/mcp\"");
        assert_eq!(places(&[a, &named, b]), [at("/mcp", false), at("", true), at("/mcp", true)]);
    }
}
