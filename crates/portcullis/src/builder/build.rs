//! What was said → the line, or everything that is wrong with it.

use super::{
    BuildError, Builder, HasIssuer, Problem,
    said::{Decider, Said},
};
use crate::{
    ProtectedResource,
    audit::TracingAudit,
    given::{check_metadata, without_offline_access},
    issuer::{IssuerSettings, ProofSettings},
    metadata::{Published, PublishedMetadata},
};
use portcullis_fetch::Fetch;
use portcullis_oauth::{Clock, Issuer, ResourceIdentifier};
use portcullis_resource_server::{
    ClientTokens, DefaultRule, InMemory, Line, MirroredParameters, Policy, Possession, Rate, RateLimits,
    Reach, SessionSealer, StepUp, SystemClock, Verifier,
};
use serde_json::Value;
use std::{iter, sync::Arc};

impl Builder<HasIssuer> {
    /// The protected resource.
    ///
    /// # Errors
    /// Everything that is wrong with what was said, each with its place and a remedy.
    pub fn build(self) -> Result<ProtectedResource, BuildError> {
        build(*self.said)
    }
}

fn build(mut said: Said) -> Result<ProtectedResource, BuildError> {
    let mut problems = std::mem::take(&mut said.problems);
    let identifier = identifier(&said.identifier).map_err(|problem| problems.push(problem)).ok();
    let issuers = issuers(std::mem::take(&mut said.issuers), &mut problems);
    if let (Some(document), Some(identifier)) = (said.metadata.take(), &identifier) {
        let servers: Vec<&str> = issuers
            .iter()
            .flat_map(|issuer| {
                iter::once(&*issuer.published).chain(issuer.issuers.iter().map(Issuer::as_str))
            })
            .collect();
        let (mut document, wrong) = check_metadata(document, identifier, &servers);
        problems.extend(wrong.into_iter().map(|problem| problem.within("metadata")));
        without_offline_access(&mut document);
        said.metadata = Some(document);
    }
    let policy = policy(&said).map_err(|problem| problems.push(problem)).ok();
    let key = said.session_key.map_or_else(random_key, Ok).map_err(|problem| problems.push(problem)).ok();
    let fetch = said.fetch.take().map_or_else(network, Ok).map_err(|problem| problems.push(problem)).ok();
    match (identifier, policy, key, fetch) {
        (Some(identifier), Some(policy), Some(key), Some(fetch)) if problems.is_empty() => {
            compose(said, identifier, issuers, policy, key, &fetch)
                .map_err(|problem| BuildError::of(vec![problem]))
        }
        _ => Err(BuildError::of(problems)),
    }
}

fn compose(
    said: Said,
    identifier: ResourceIdentifier,
    issuers: Vec<IssuerSettings>,
    policy: Policy,
    key: [u8; 32],
    fetch: &Arc<dyn Fetch>,
) -> Result<ProtectedResource, Problem> {
    let clock = said.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()));
    let metadata = match &said.metadata {
        Some(document) => PublishedMetadata::given(&identifier, &Value::Object(document.clone())),
        None => PublishedMetadata::generate(
            &identifier,
            &Published {
                authorization_servers: issuers.iter().map(|issuer| issuer.published.clone()).collect(),
                scopes: said.scopes_supported.clone().unwrap_or_else(|| policy.every_scope()),
                name: said.name.clone(),
                documentation: said.documentation.clone(),
                dpop: &said.dpop,
            },
        ),
    };
    let possession = Possession::new(&said.dpop, &identifier, &key);
    let possession = match &said.proofs_also_at {
        Some(path) => possession.also_at(path),
        None => possession,
    };
    let lifetime = said.session_lifetime.as_secs();
    let sessions = SessionSealer::new(&key, identifier.as_str(), &said.sessions_of, lifetime)
        .map_err(|error| Problem::new("session_key", error.to_string(), "give 32 random bytes"))?;
    if !said.is_said_aloud {
        say_aloud(&said, &policy, &issuers);
    }
    let issuers = issuers.into_iter().map(|issuer| issuer.connect(&identifier, fetch, &clock)).collect();
    let line = Line {
        reach: reach(&said, &identifier),
        verifier: Verifier::new(issuers, clock.clone()),
        possession,
        step_up: StepUp::new(said.challenge_scopes, &policy),
        policy,
        mirrored: MirroredParameters::default(),
        rates: rates(&said, &clock),
        check: said.check.map(|check| match check {
            Decider::Own(make) => make(clock.clone()),
            Decider::Given(check) => check,
        }),
        revocations: said.revocations,
        limits: said.body,
        sessions,
        client_tokens: said.client_tokens,
        audit: said.audit.unwrap_or_else(|| Arc::new(TracingAudit)),
        observer: said.observer,
        clock,
        resource: identifier,
    };
    Ok(ProtectedResource::new(line, metadata, said.metadata_at_root, said.streams))
}

fn identifier(text: &str) -> Result<ResourceIdentifier, Problem> {
    ResourceIdentifier::parse(text).map_err(|error| {
        let remedy = "write the URL clients dial, such as https://mcp.example.com/mcp";
        Problem::new("the resource identifier", format!("is none: {error}"), remedy).about(text)
    })
}

/// No identifier twice, no name twice, and no two that are asked about the same tokens: which one is asked follows from the
/// token alone.
fn issuers(described: Vec<crate::TrustedIssuer>, problems: &mut Vec<Problem>) -> Vec<IssuerSettings> {
    if described.is_empty() {
        let remedy = "add .issuer(oidc(\"https://login.example.com\")), or another one";
        problems.push(Problem::new("the issuers", "are none", remedy));
    }
    let mut issuers: Vec<IssuerSettings> = Vec::new();
    for (index, issuer) in described.into_iter().enumerate() {
        let place = format!("issuer {}", index + 1);
        let issuer = match issuer.into_settings() {
            Ok(issuer) => issuer,
            Err(problem) => {
                problems.push(problem.within(&place));
                continue;
            }
        };
        for other in &issuers {
            if issuer.issuers.iter().any(|one| other.issuers.contains(one)) {
                let remedy = "describe each issuer once, with all its audiences";
                problems.push(Problem::new(&place, "has an identifier of another issuer", remedy));
            } else if issuer.name == other.name {
                let problem = Problem::new(&place, "has the name of another issuer", "choose another one");
                problems.push(problem.about(&issuer.name));
            }
            if are_confused(&issuer.proof, &other.proof) {
                let remedy = "give each issuer that is asked a token_prefix that only its tokens have";
                problems.push(Problem::new(&place, "is asked about the tokens of another issuer", remedy));
            }
        }
        issuers.push(issuer);
    }
    issuers
}

fn are_confused(one: &ProofSettings, other: &ProofSettings) -> bool {
    let (ProofSettings::Introspection(one), ProofSettings::Introspection(other)) = (one, other) else {
        return false;
    };
    let prefix = |prefix: &Option<String>| prefix.clone().unwrap_or_default();
    let (one, other) = (prefix(&one.token_prefix), prefix(&other.token_prefix));
    one.starts_with(&other) || other.starts_with(&one)
}

/// Absence refuses: with no rule at all, somebody has to say what that means.
fn policy(said: &Said) -> Result<Policy, Problem> {
    let default = match said.default {
        Some(default) => default,
        None if said.policy.has_rules() => DefaultRule::Refuse,
        None if said.may_lack_rules => {
            tracing::warn!(
                target: "portcullis",
                "no rule was given: any tool may be called with a valid token"
            );
            DefaultRule::Authenticated
        }
        None => {
            let remedy = "either add .tool(\"list_todos\", [\"todo:read\"]) and so on (what no rule names is refused), or \
                          .otherwise(DefaultRule::Authenticated) (a valid token may call any tool)";
            return Err(Problem::new("the policy", "says nothing", remedy));
        }
    };
    Ok(said.policy.clone().otherwise(default))
}

fn reach(said: &Said, identifier: &ResourceIdentifier) -> Reach {
    let reach = said.reach.clone().unwrap_or_else(|| Reach::of(identifier));
    let reach = said.hosts.iter().fold(reach, |reach, host| reach.allow_host(host));
    let reach = said.origins.iter().fold(reach, |reach, origin| reach.allow_origin(origin));
    if said.loopback_origins { reach.allow_loopback_origins() } else { reach }
}

fn rates(said: &Said, clock: &Arc<dyn Clock>) -> RateLimits {
    let limit = |rate: Rate| Arc::new(InMemory::new(rate, clock.clone()));
    let mut limits = said.rates.clone();
    if let Some(rate) = said.per_subject {
        limits = limits.per_subject(limit(rate));
    }
    if let Some(rate) = said.per_client {
        limits = limits.per_client(limit(rate));
    }
    said.per_tool.iter().fold(limits, |limits, (pattern, rate)| limits.tool(pattern, limit(*rate)))
}

/// What is looser than it need be, and what ends with this process.
fn say_aloud(said: &Said, policy: &Policy, issuers: &[IssuerSettings]) {
    if policy.is_observing() {
        tracing::warn!(target: "portcullis", "the rules only observe: what they would refuse is let through");
    }
    if policy.has_rules() && policy.default_rule() == DefaultRule::Authenticated {
        tracing::warn!(target: "portcullis", "what no rule names may be called with any valid token");
    }
    if said.client_tokens != ClientTokens::default() {
        tracing::warn!(target: "portcullis", "the client's own token goes on to the upstream");
    }
    let lacks_audience = |issuer: &&IssuerSettings| matches!(&issuer.proof, ProofSettings::Introspection(settings) if settings.dangerous_accept_missing_audience);
    for issuer in issuers.iter().filter(lacks_audience) {
        tracing::warn!(target: "portcullis", issuer = issuer.name, "a token without an audience is accepted");
    }
    if said.session_key.is_none() {
        tracing::info!(target: "portcullis", "sessions end with this process: it has a session key of its own");
    }
}

fn random_key() -> Result<[u8; 32], Problem> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map(|()| key).map_err(|_| {
        Problem::new("session_key", "cannot be made: the machine has no randomness", "give 32 random bytes")
    })
}

#[cfg(feature = "client")]
fn network() -> Result<Arc<dyn Fetch>, Problem> {
    let fetcher = portcullis_fetch::HttpFetcher::new().map_err(|error| {
        Problem::new("fetch", error.to_string(), "install the certificates of the system, or give a fetcher")
    })?;
    Ok(Arc::new(fetcher))
}

#[cfg(not(feature = "client"))]
fn network() -> Result<Arc<dyn Fetch>, Problem> {
    let remedy = "give one with .fetch(…), or turn on the feature `client`";
    Err(Problem::new("the way to keys and metadata", "is missing", remedy))
}
