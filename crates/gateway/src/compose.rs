//! From what is configured to what serves: one resource's line, and the way to its upstream.

use crate::{
    Drain, Forwarding, Route, Upstream, UpstreamConnections, UpstreamLimits, UpstreamSetupError,
    config::CallerRates, metrics::ResourceMetrics, route,
};
use http::HeaderValue;
use portcullis::{ProtectedResource, PublishedMetadata, StreamLimits};
use portcullis_fetch::{Fetch, PostJson};
use portcullis_oauth::{Clock, Issuer, ResourceIdentifier};
use portcullis_resource_server::{
    AddressLimit, Algorithm, Audiences, Audit, BodyLimits, ChallengeScopes, CheckLimits, DpopSettings,
    ExternalCheck, HttpCheck, InMemory, Introspection, IntrospectionSettings, KeyLocation, KeySource, Line,
    MirroredParameters, Policy, Possession, Proof, RateLimits, Reach, Revocations, Sends, SessionSealer,
    Signature, StepUp, TrustedIssuer, TypRule, Verifier,
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
    /// How its tokens are proven.
    pub proof: ProofSettings,
    /// Whether `scopes` is a scope claim too.
    pub scopes_claim: bool,
    /// Which claim is the tenant.
    pub tenant_claim: Option<String>,
    /// Seconds.
    pub leeway: u64,
}

/// How an issuer's tokens are proven, as configured.
#[derive(Clone, Debug)]
pub enum ProofSettings {
    /// They are signed.
    Signature {
        /// Where its keys are.
        keys: KeyLocation,
        /// What it may sign with.
        algorithms: Vec<Algorithm>,
        /// Which `typ` its tokens have.
        typ: TypRule,
    },
    /// It is asked.
    Introspection(IntrospectionSettings),
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
    /// The session key.
    #[error(transparent)]
    SessionKey(#[from] portcullis_resource_server::SessionKeyError),
}

/// Puts one resource together.
///
/// # Errors
/// [`ComposeError`].
pub fn compose(settings: ResourceSettings, process: &Process) -> Result<Route, ComposeError> {
    let possession = possession(&settings, process);
    let published = settings.issuers.iter().map(|issuer| issuer.published.clone()).collect();
    let metadata = match &settings.metadata {
        Some(document) => PublishedMetadata::given(&settings.identifier, document),
        None => PublishedMetadata::generate(
            &settings.identifier,
            published,
            &settings.policy.every_scope(),
            settings.name.clone(),
            settings.documentation.clone(),
            &settings.dpop,
        ),
    };
    let issuers = settings.issuers.into_iter().map(|issuer| trusted(issuer, process)).collect();
    let sessions = SessionSealer::new(
        &process.session_key,
        settings.identifier.as_str(),
        settings.upstream.as_str(),
        settings.session_lifetime,
    )?;
    let metrics = Arc::new(ResourceMetrics::default());
    let line = Line {
        resource: settings.identifier,
        reach: settings.reach,
        verifier: Verifier::new(issuers, process.clock.clone()),
        possession,
        revocations: process.revocations.clone(),
        step_up: StepUp::new(settings.challenge_scopes, &settings.policy),
        policy: settings.policy,
        mirrored: MirroredParameters::default(),
        rates: rates(settings.rates, process),
        check: settings.check.map(|check| external(check, process)),
        limits: settings.body,
        sessions,
        client_tokens: settings.forward.client_tokens,
        audit: process.audit.clone(),
        observer: Some(metrics.clone()),
        clock: process.clock.clone(),
    };
    let upstream = Upstream::new(
        settings.upstream,
        settings.forward,
        settings.upstream_limits,
        settings.upstream_connections,
        process.drain.clone(),
        process.clock.clone(),
        metrics,
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

fn external(check: CheckSettings, process: &Process) -> ExternalCheck {
    let CheckSettings { url, authorization, sends, limits } = check;
    let network = process.services.clone();
    let service = HttpCheck { url, authorization, time: limits.time, network };
    ExternalCheck::new(Arc::new(service), sends, limits, process.clock.clone())
}

/// A proof names the URL that clients dial, which for a whole host is also the upstream's own path.
fn possession(settings: &ResourceSettings, process: &Process) -> Possession {
    let possession = Possession::new(&settings.dpop, &settings.identifier, &process.session_key);
    match route::also_at(&settings.identifier, settings.upstream.path()) {
        Some(path) => possession.also_at(path),
        None => possession,
    }
}

fn trusted(issuer: IssuerSettings, process: &Process) -> TrustedIssuer {
    let (fetch, clock) = (process.fetch.clone(), process.clock.clone());
    let proof = match issuer.proof {
        ProofSettings::Signature { keys, algorithms, typ } => {
            let keys = KeySource::new(keys, algorithms.clone(), fetch, clock);
            Proof::Signature(Signature { keys, algorithms, typ })
        }
        ProofSettings::Introspection(settings) => {
            Proof::Introspection(Introspection::new(settings, fetch, clock))
        }
    };
    TrustedIssuer {
        name: issuer.name,
        issuers: issuer.issuers,
        audiences: issuer.audiences,
        proof,
        scopes_claim: issuer.scopes_claim,
        tenant_claim: issuer.tenant_claim,
        leeway: issuer.leeway,
    }
}
