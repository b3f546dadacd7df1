//! From what is configured to what serves: one resource's line, and the way to its upstream.

use crate::{
    Drain, IdentityHeaders, Route, Upstream, UpstreamConnections, UpstreamLimits, UpstreamSetupError,
    config::CallerRates,
};
use portcullis::{ProtectedResource, PublishedMetadata, StreamLimits};
use portcullis_fetch::Fetch;
use portcullis_oauth::{Clock, Issuer, ResourceIdentifier};
use portcullis_resource_server::{
    AddressLimit, Algorithm, Audiences, Audit, BodyLimits, ChallengeScopes, InMemory, KeyLocation, KeySource,
    Line, Policy, RateLimits, Reach, SessionSealer, StepUp, TrustedIssuer, TypRule, Verifier,
};
use std::sync::Arc;
use url::Url;

/// An issuer as configured.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// What the operator calls it.
    pub name: String,
    /// Its identifiers.
    pub issuers: Vec<Issuer>,
    /// What is published in `authorization_servers`.
    pub published: String,
    /// Which `aud` means the resource.
    pub audiences: Audiences,
    /// Where its keys are.
    pub keys: KeyLocation,
    /// What it may sign with.
    pub algorithms: Vec<Algorithm>,
    /// Which `typ` its tokens have.
    pub typ: TypRule,
    /// Whether `scopes` is a scope claim too.
    pub scopes_claim: bool,
    /// Which claim is the tenant.
    pub tenant_claim: Option<String>,
    /// Seconds.
    pub leeway: u64,
}

/// A resource as configured.
#[derive(Clone, Debug)]
pub struct ResourceSettings {
    /// The URL clients dial.
    pub identifier: ResourceIdentifier,
    /// The MCP server.
    pub upstream: Url,
    /// The path at which requests for it arrive, without its one optional slash: the identifier's own, less what something
    /// in front takes off.
    pub path: String,
    /// Whether the metadata is also read at the root of its host (G-04).
    pub metadata_at_root: bool,
    /// Whose tokens are good.
    pub issuers: Vec<IssuerSettings>,
    /// Who may do what.
    pub policy: Policy,
    /// Which scopes a challenge asks for.
    pub challenge_scopes: ChallengeScopes,
    /// How often.
    pub rates: CallerRates,
    /// Names and pages it is reached by.
    pub reach: Reach,
    /// What the upstream is told of the caller.
    pub identity: IdentityHeaders,
    /// A name for people.
    pub name: Option<String>,
    /// A page for developers.
    pub documentation: Option<String>,
    /// A metadata document to publish as given.
    pub metadata: Option<serde_json::Value>,
    /// How much of a body is read.
    pub body: BodyLimits,
    /// How long answers may be.
    pub streams: StreamLimits,
    /// Who shares a connection to it.
    pub upstream_connections: UpstreamConnections,
    /// How long the upstream may take.
    pub upstream_limits: UpstreamLimits,
    /// Seconds a legacy session lives.
    pub session_lifetime: u64,
}

/// What all resources of a process share.
#[derive(Clone)]
pub struct Process {
    /// The network.
    pub fetch: Arc<dyn Fetch>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What one address may do, at all resources together.
    pub address_limit: Option<Arc<AddressLimit>>,
    /// Where decisions are written.
    pub audit: Arc<dyn Audit>,
    /// Seals session ids; shared by replicas.
    pub session_key: [u8; 32],
    /// The way out.
    pub drain: Drain,
}

/// A resource could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// TLS to the upstream.
    #[error(transparent)]
    Upstream(#[from] UpstreamSetupError),
    /// The session key.
    #[error(transparent)]
    SessionKey(#[from] portcullis_resource_server::SessionKeyError),
}

/// Puts one resource together.
///
/// # Errors
/// [`ComposeError`].
pub fn compose(settings: ResourceSettings, process: &Process) -> Result<Route, ComposeError> {
    let published = settings.issuers.iter().map(|issuer| issuer.published.clone()).collect();
    let metadata = match &settings.metadata {
        Some(document) => PublishedMetadata::given(&settings.identifier, document),
        None => PublishedMetadata::generate(
            &settings.identifier,
            published,
            &settings.policy.every_scope(),
            settings.name.clone(),
            settings.documentation.clone(),
        ),
    };
    let issuers = settings.issuers.into_iter().map(|issuer| trusted(issuer, process)).collect();
    let sessions = SessionSealer::new(
        &process.session_key,
        settings.identifier.as_str(),
        settings.upstream.as_str(),
        settings.session_lifetime,
    )?;
    let line = Line {
        resource: settings.identifier,
        reach: settings.reach,
        verifier: Verifier::new(issuers, process.clock.clone()),
        step_up: StepUp::new(settings.challenge_scopes, &settings.policy),
        policy: settings.policy,
        rates: rates(settings.rates, process),
        limits: settings.body,
        sessions,
        audit: process.audit.clone(),
        clock: process.clock.clone(),
    };
    let upstream = Upstream::new(
        settings.upstream,
        settings.identity,
        settings.upstream_limits,
        settings.upstream_connections,
        process.drain.clone(),
    )?;
    let resource = ProtectedResource::new(line, metadata, settings.metadata_at_root, settings.streams);
    Ok(Route::new(resource, settings.path, upstream))
}

fn rates(rates: CallerRates, process: &Process) -> RateLimits {
    let limit = |rate| Arc::new(InMemory::new(rate, process.clock.clone()));
    let mut limits = RateLimits::off();
    if let Some(address) = &process.address_limit {
        limits = limits.per_address(address.clone());
    }
    if let Some(rate) = rates.per_subject {
        limits = limits.per_subject(limit(rate));
    }
    if let Some(rate) = rates.per_client {
        limits = limits.per_client(limit(rate));
    }
    rates.tools.iter().fold(limits, |limits, (pattern, rate)| limits.tool(pattern, limit(*rate)))
}

fn trusted(issuer: IssuerSettings, process: &Process) -> TrustedIssuer {
    let keys =
        KeySource::new(issuer.keys, issuer.algorithms.clone(), process.fetch.clone(), process.clock.clone());
    TrustedIssuer {
        name: issuer.name,
        issuers: issuer.issuers,
        audiences: issuer.audiences,
        keys,
        algorithms: issuer.algorithms,
        typ: issuer.typ,
        scopes_claim: issuer.scopes_claim,
        tenant_claim: issuer.tenant_claim,
        leeway: issuer.leeway,
    }
}
