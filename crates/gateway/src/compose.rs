//! From what is configured to what serves: one resource's line, and the way to its upstream.

use crate::{
    Drain, Forwarding, Route, Upstream, UpstreamConnections, UpstreamLimits, UpstreamSetupError,
    config::CallerRates, metrics::ResourceMetrics, route,
};
use http::HeaderValue;
use portcullis::{BuildError, IssuerSettings, ProtectedResource, StreamLimits};
use portcullis_fetch::{Fetch, PostJson};
use portcullis_oauth::{Clock, ResourceIdentifier};
use portcullis_resource_server::{
    AddressLimit, Audit, BodyLimits, ChallengeScopes, CheckLimits, DpopSettings, ExternalCheck, HttpCheck,
    InMemory, Policy, RateLimits, Reach, Revocations, Sends,
};
use std::{sync::Arc, time::Duration};
use url::Url;

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
    /// Whether tokens are bound to keys.
    pub dpop: DpopSettings,
    /// Whose tokens are good.
    pub issuers: Vec<IssuerSettings>,
    /// Who may do what.
    pub policy: Policy,
    /// Which scopes a challenge asks for.
    pub challenge_scopes: ChallengeScopes,
    /// How often.
    pub rates: CallerRates,
    /// The operator's own service that has the last word.
    pub check: Option<CheckSettings>,
    /// Names and pages it is reached by.
    pub reach: Reach,
    /// What the upstream is told beside the authorized bytes.
    pub forward: Forwarding,
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

/// A service that is asked whether a request may go on.
#[derive(Clone, Debug)]
pub struct CheckSettings {
    /// Where it is.
    pub url: Url,
    /// What proves to it that it is us; marked as sensitive, so that it does not print.
    pub authorization: Option<HeaderValue>,
    /// What it is told.
    pub sends: Sends,
    /// What it may cost.
    pub limits: CheckLimits,
}

/// What all resources of a process share.
#[derive(Clone)]
pub struct Process {
    /// The network.
    pub fetch: Arc<dyn Fetch>,
    /// The way to the operator's own services.
    pub services: Arc<dyn PostJson>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What one address may do, at all resources together.
    pub address_limit: Option<Arc<AddressLimit>>,
    /// Where decisions are written.
    pub audit: Arc<dyn Audit>,
    /// Which tokens were called back; none, if nobody can.
    pub revocations: Option<Arc<dyn Revocations>>,
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
    /// The line.
    #[error(transparent)]
    Resource(#[from] BuildError),
}

/// Puts one resource together.
///
/// # Errors
/// [`ComposeError`].
pub fn compose(settings: ResourceSettings, process: &Process) -> Result<Route, ComposeError> {
    let metrics = Arc::new(ResourceMetrics::default());
    let resource = observed(&settings, process, metrics.clone())?;
    let upstream = Upstream::new(
        settings.upstream,
        settings.forward,
        settings.upstream_limits,
        settings.upstream_connections,
        process.drain.clone(),
        process.clock.clone(),
        metrics,
    )?;
    Ok(Route::new(resource, settings.path, upstream))
}

/// The line of a resource, without its upstream: for whoever only wants to know what it would say.
///
/// # Errors
/// [`BuildError`].
pub fn protected(settings: &ResourceSettings, process: &Process) -> Result<ProtectedResource, BuildError> {
    observed(settings, process, Arc::default())
}

/// The line before the upstream, through the same door as a program's own.
fn observed(
    settings: &ResourceSettings,
    process: &Process,
    metrics: Arc<ResourceMetrics>,
) -> Result<ProtectedResource, BuildError> {
    let mut builder = ProtectedResource::builder(settings.identifier.as_str())
        .issuers(settings.issuers.iter().cloned())
        .policy(settings.policy.clone())
        .challenge_scopes(settings.challenge_scopes)
        .dpop(settings.dpop.clone())
        // A proof names the URL that clients dial, which for a whole host is also the upstream's own path.
        .proofs_also_at(route::also_at(&settings.identifier, settings.upstream.path()))
        .rates(rates(&settings.rates, process))
        .reach(settings.reach.clone())
        .metadata_at_root(settings.metadata_at_root)
        .body_limits(settings.body)
        .stream_limits(settings.streams)
        .session_key(process.session_key)
        .session_lifetime(Duration::from_secs(settings.session_lifetime))
        .sessions_of(settings.upstream.as_str())
        .client_tokens(settings.forward.client_tokens)
        .audit(process.audit.clone())
        .observer(metrics)
        .fetch(process.fetch.clone())
        .clock(process.clock.clone())
        .said_aloud();
    if let Some(check) = &settings.check {
        builder = builder.external_check(external(check.clone(), process));
    }
    if let Some(revocations) = &process.revocations {
        builder = builder.revocations(revocations.clone());
    }
    if let Some(name) = &settings.name {
        builder = builder.name(name);
    }
    if let Some(documentation) = &settings.documentation {
        builder = builder.documentation(documentation);
    }
    if let Some(serde_json::Value::Object(document)) = &settings.metadata {
        builder = builder.metadata(document.clone());
    }
    builder.build()
}

fn rates(rates: &CallerRates, process: &Process) -> RateLimits {
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

fn external(check: CheckSettings, process: &Process) -> ExternalCheck {
    let CheckSettings { url, authorization, sends, limits } = check;
    let network = process.services.clone();
    let service = HttpCheck { url, authorization, time: limits.time, network };
    ExternalCheck::new(Arc::new(service), sends, limits, process.clock.clone())
}
