//! A gateway on loopback, in front of an upstream that a test writes.

use crate::driver::{Behind, Driver};
use axum::{body::Body, response::Response};
use portcullis::{IssuerSettings, ProofSettings};
use portcullis_fetch::{Fetch, HttpFetcher, JsonPoster};
use portcullis_gateway::{
    Drain, Forwarding, Gateway, IdentityHeaders, Process, ResourceSettings, ServeLimits, TrustedProxies,
    UpstreamConnections, UpstreamLimits, compose, config::CallerRates, serve,
};
use portcullis_oauth::{Clock as _, Issuer, ResourceIdentifier, Scope};
use portcullis_resource_server::{
    AddressLimit, Algorithm, Audit, AuditEvent, BodyLimits, ChallengeScopes, DefaultRule, DpopSettings,
    InMemory, KeyLocation, Policy, Rate, Reach, Revocations, TypRule,
};
use portcullis_testing::{Answer, FakeFetch, TestClock, TestKey, Token};
use std::{
    future::Future,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_todos"}}"#;

/// Keeps what was recorded.
#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<serde_json::Value>>);

impl Audit for Events {
    fn record(&self, event: &AuditEvent<'_>) {
        self.0.lock().unwrap().push(serde_json::to_value(event).unwrap());
    }
}

/// Heads and bodies that reached the upstream.
pub(crate) type Seen = Arc<Mutex<Vec<(http::request::Parts, String)>>>;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// With no resource where the layer serves.
    pub(crate) gateway: Gateway,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) fetch: Arc<FakeFetch>,
    pub(crate) events: Arc<Events>,
    pub(crate) drain: Drain,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) client: reqwest::Client,
    /// Head and body of every request that reached the upstream.
    pub(crate) seen: Seen,
}

/// Starts a gateway before an upstream that answers with `answer`.
pub(crate) async fn start<F, R>(answer: F) -> Running
where
    F: Fn(usize) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response> + Send,
{
    Driver::InFront.start(answer).await
}

/// An upstream that remembers what reached it: its origin, and the memory.
pub(crate) async fn recorder<F, R>(answer: F) -> (String, Seen)
where
    F: Fn(usize) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response> + Send,
{
    let Behind { url, seen, .. } = Behind::recording(answer).await;
    (url, seen)
}

/// Starts a gateway before whatever is at `upstream`.
pub(crate) async fn before(upstream: &str, seen: Seen) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = settings(upstream, listener.local_addr().unwrap());
    run(listener, settings, seen)
}

/// Serves these settings.
pub(crate) fn run(listener: TcpListener, settings: ResourceSettings, seen: Seen) -> Running {
    run_all(listener, vec![settings], seen)
}

/// Serves several resources.
pub(crate) fn run_all(listener: TcpListener, settings: Vec<ResourceSettings>, seen: Seen) -> Running {
    run_within(listener, settings, seen, ServeLimits::default())
}

/// Serves them within these limits.
pub(crate) fn run_within(
    listener: TcpListener,
    settings: Vec<ResourceSettings>,
    seen: Seen,
    limits: ServeLimits,
) -> Running {
    run_with(listener, settings, seen, With { limits, ..With::default() })
}

/// What the gateway makes of addresses.
#[derive(Default)]
pub(crate) struct Front {
    pub(crate) per_address: Option<Rate>,
    pub(crate) proxies: TrustedProxies,
}

/// Serves what `change` makes of the usual settings, before an upstream that answers each call.
pub(crate) async fn behind(front: Front, change: impl FnOnce(&mut ResourceSettings)) -> Running {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings(&upstream, listener.local_addr().unwrap());
    change(&mut settings);
    run_with(listener, vec![settings], seen, With { front, ..With::default() })
}

/// What else a test holds in its hands.
#[derive(Default)]
pub(crate) struct With {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) revocations: Option<Arc<dyn Revocations>>,
    pub(crate) front: Front,
    pub(crate) limits: ServeLimits,
    /// The way to keys; unless said, to those of the tests' one issuer.
    pub(crate) network: Option<Arc<dyn Fetch>>,
}

impl With {
    /// The real way to keys, for an issuer that runs on loopback.
    pub(crate) fn the_network() -> Self {
        Self { network: Some(Arc::new(HttpFetcher::new().unwrap())), ..Self::default() }
    }
}

/// Serves them with all of that.
pub(crate) fn run_with(
    listener: TcpListener,
    settings: Vec<ResourceSettings>,
    seen: Seen,
    mut with: With,
) -> Running {
    let (proxies, limits) = (std::mem::take(&mut with.front.proxies), with.limits);
    hold(listener, seen, with, |listener, process| {
        let routes = settings.into_iter().map(|one| compose(one, process).unwrap()).collect();
        let drain = process.drain.clone();
        let gateway = Gateway::new(routes, None, drain.clone()).trusting(proxies);
        (gateway.clone(), tokio::spawn(serve(gateway, vec![listener], limits, drain)))
    })
}

/// Whoever `serves`, and what a test needs to drive it.
pub(crate) fn hold(
    listener: TcpListener,
    seen: Seen,
    with: With,
    serves: impl FnOnce(TcpListener, &Process) -> (Gateway, JoinHandle<()>),
) -> Running {
    let With { clock, revocations, front, network, limits: _ } = with;
    let fetch = Arc::new(FakeFetch::new(Answer::Json(TestKey::rsa().jwks("key-1"))));
    let drain = Drain::default();
    let events = Arc::new(Events::default());
    let process = Process {
        fetch: network.unwrap_or_else(|| fetch.clone()),
        services: Arc::new(JsonPoster::new().unwrap()),
        clock: clock.clone(),
        address_limit: front.per_address.map(|rate| {
            Arc::new(AddressLimit::new(Arc::new(InMemory::new(rate, clock.clone())), clock.clone()))
        }),
        audit: events.clone(),
        revocations,
        session_key: [9; 32],
        drain: drain.clone(),
    };
    let address = listener.local_addr().unwrap();
    let (gateway, serving) = serves(listener, &process);
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Running { address, gateway, clock, fetch, events, drain, serving, client, seen }
}

/// A resource at this address.
pub(crate) fn settings(upstream: &str, address: SocketAddr) -> ResourceSettings {
    settings_at(upstream, &format!("http://{address}/mcp"))
}

/// A resource with a name of its own.
pub(crate) fn settings_at(upstream: &str, identifier: &str) -> ResourceSettings {
    let identifier = ResourceIdentifier::parse(identifier).unwrap();
    ResourceSettings {
        upstream: upstream.parse().unwrap(),
        upstream_connections: UpstreamConnections::default(),
        path: identifier.path().trim_end_matches('/').to_owned(),
        metadata_at_root: true,
        dpop: DpopSettings::default(),
        issuers: vec![IssuerSettings {
            name: "issuer".into(),
            issuers: vec![Issuer::parse("https://issuer.example").unwrap()],
            published: "https://issuer.example".into(),
            audiences: None,
            proof: ProofSettings::Signature {
                keys: KeyLocation::At("https://issuer.example/keys".parse().unwrap()),
                algorithms: Algorithm::ALL.to_vec(),
                typ: TypRule::AccessToken,
            },
            scopes_claim: false,
            tenant_claim: Some("tenant".into()),
            leeway: 30,
        }],
        check: None,
        policy: Policy::new(DefaultRule::Refuse).tool("list_todos", Scope::parse("todo:read").unwrap()),
        challenge_scopes: ChallengeScopes::default(),
        rates: CallerRates::default(),
        reach: Reach::of(&identifier).allow_origin("https://app.example"),
        forward: Forwarding {
            facts: IdentityHeaders {
                subject: Some("x-user".parse().unwrap()),
                client: Some("x-client".parse().unwrap()),
                scope: Some("x-scope".parse().unwrap()),
                tenant: Some("x-tenant".parse().unwrap()),
            },
            ..Forwarding::default()
        },
        name: None,
        documentation: None,
        metadata: None,
        body: BodyLimits::default(),
        streams: portcullis::StreamLimits::default(),
        upstream_limits: UpstreamLimits { headers: Duration::from_secs(3), ..UpstreamLimits::default() },
        session_lifetime: 3600,
        identifier,
    }
}

impl Running {
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    pub(crate) fn token(&self) -> Token {
        Token::at(self.clock.now()).claim("aud", self.url())
    }

    /// The audit events so far, oldest first.
    pub(crate) fn audited(&self) -> Vec<serde_json::Value> {
        self.events.0.lock().unwrap().clone()
    }

    pub(crate) fn signed(&self) -> String {
        self.token().sign(&TestKey::rsa())
    }

    /// A call of the one tool, as its owner.
    pub(crate) fn call(&self) -> reqwest::RequestBuilder {
        self.call_at(&self.url(), &self.token())
    }

    /// The same call with another token, at another place.
    pub(crate) fn call_at(&self, url: &str, token: &Token) -> reqwest::RequestBuilder {
        self.client
            .post(url)
            .bearer_auth(token.sign(&TestKey::rsa()))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(CALL)
    }
}

/// The body of an answer, which is JSON.
pub(crate) async fn value(answer: reqwest::Response) -> serde_json::Value {
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

pub(crate) fn json(status: u16, body: &str) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}
