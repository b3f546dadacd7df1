//! One suite, two drivers: the engine has two faces, and what is said of the line must be true of both. A test that takes a
//! [`Driver`] runs once through each, against the same settings and the same upstream.
//!
//! What is one face's own stays with it, as a test without a driver. The gateway's own are
//! - how it listens: routes, paths that are nobody's, `/health` and `/ready`, framing, limits of connections and heads, addresses
//!   and the proxies that name them, the drain (`routes`, `probes`, `wire`, `connections`, `http2`, `drain`, parts of `rates`):
//!   in process that is the business of whoever has the listener;
//! - its upstream: what it fails at and lies about, its own 401 and redirects, the headers that go up and come down, the pools
//!   (`upstreams`, `chaos`, `transparency`): in process there is nothing between, and the handler's answer is the program's;
//! - what the upstream is told of its caller (`identity`): a handler has the `Permit` (crates/portcullis/tests/layer);
//! - its administration and what it measures (`admin`, `orders`, `metrics`), and its configuration (`scalekit`).

use crate::fixture::{Running, Seen, With, hold, run_with, settings};
use axum::{Router, extract::Request, response::Response, serve::ListenerExt as _};
use portcullis::{Builder, HasIssuer, Permit, ProtectedResource};
use portcullis_gateway::{CheckSettings, Gateway, Process, ResourceSettings};
use portcullis_resource_server::{ExternalCheck, HttpCheck, Policy};
use portcullis_testing::Upstream;
use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Makes two tests of each of these functions, one for each driver.
macro_rules! for_both_drivers {
    ($($test:ident),+ $(,)?) => {
        mod in_front {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::driver::Driver::InFront).await;
            })+
        }
        mod in_process {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::driver::Driver::InProcess).await;
            })+
        }
    };
}
pub(crate) use for_both_drivers;

/// Where the line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    /// In the gateway, and the upstream behind it over the network.
    InFront,
    /// In a server of Rust, whose layer it is.
    InProcess,
}

/// An MCP server: over the network, and as a service.
#[derive(Clone)]
pub(crate) struct Behind {
    /// Its origin.
    pub(crate) url: String,
    pub(crate) seen: Seen,
    service: Router,
}

impl Behind {
    /// Serves this.
    pub(crate) async fn serving(service: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        serve(listener, service.clone());
        Self { url, seen: Seen::default(), service }
    }

    /// Remembers what reached it, and answers with `answer`.
    pub(crate) async fn recording<F, R>(answer: F) -> Self
    where
        F: Fn(usize) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Response> + Send,
    {
        let seen: Seen = Arc::new(Mutex::new(Vec::new()));
        let record = seen.clone();
        let service = Router::new().fallback(move |request: Request| {
            let (record, answer) = (record.clone(), answer.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let number = {
                    let mut record = record.lock().unwrap();
                    record.push((head, String::from_utf8_lossy(&body).into_owned()));
                    record.len()
                };
                answer(number).await
            }
        });
        Self { seen, ..Self::serving(service).await }
    }
}

impl From<&Upstream> for Behind {
    fn from(upstream: &Upstream) -> Self {
        let (url, service) = (upstream.server().url(), upstream.service());
        Self { url, seen: Seen::default(), service }
    }
}

/// Who calls, as a server behind either face learns it.
pub(crate) fn caller(request: &Request) -> String {
    match request.extensions().get::<Permit>() {
        Some(permit) => permit.access_token().subject().to_owned(),
        None => request.headers()["x-user"].to_str().unwrap().to_owned(),
    }
}

impl Driver {
    /// Protects an upstream that answers with `answer`.
    pub(crate) async fn start<F, R>(self, answer: F) -> Running
    where
        F: Fn(usize) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Response> + Send,
    {
        self.before(Behind::recording(answer).await).await
    }

    /// Protects this with the usual settings.
    pub(crate) async fn before(self, behind: impl Into<Behind>) -> Running {
        self.changed(behind, |_| {}).await
    }

    /// The same with this policy.
    pub(crate) async fn with_policy(self, behind: impl Into<Behind>, policy: Policy) -> Running {
        self.changed(behind, |settings| settings.policy = policy).await
    }

    /// Protects this with what `change` makes of the usual settings.
    pub(crate) async fn changed(
        self,
        behind: impl Into<Behind>,
        change: impl FnOnce(&mut ResourceSettings),
    ) -> Running {
        let behind = behind.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = settings(&format!("{}/inner", behind.url), listener.local_addr().unwrap());
        change(&mut settings);
        self.run_with(listener, settings, behind, With::default())
    }

    /// Protects this with these settings, and what else a test holds.
    pub(crate) fn run_with(
        self,
        listener: TcpListener,
        settings: ResourceSettings,
        behind: impl Into<Behind>,
        with: With,
    ) -> Running {
        let Behind { seen, service, .. } = behind.into();
        match self {
            Self::InFront => run_with(listener, vec![settings], seen, with),
            Self::InProcess => hold(listener, seen, with, |listener, process| {
                let resource = described(settings, process).build().unwrap();
                // It answers for the metadata too.
                let app = service.layer(resource.layer());
                (Gateway::new(Vec::new(), None, process.drain.clone()), serve(listener, app))
            }),
        }
    }
}

fn serve(listener: TcpListener, app: Router) -> JoinHandle<()> {
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() })
}

/// What is configured for a gateway, as a program says it to the library.
fn described(settings: ResourceSettings, process: &Process) -> Builder<HasIssuer> {
    let ResourceSettings {
        identifier,
        issuers,
        dpop,
        policy,
        challenge_scopes,
        rates,
        check,
        reach,
        name,
        documentation,
        metadata,
        metadata_at_root,
        body,
        streams,
        session_lifetime,
        // Where the gateway is, what is behind it, and how it speaks to that.
        path: _,
        upstream: _,
        upstream_connections: _,
        upstream_limits: _,
        forward: _,
    } = settings;
    let mut builder = ProtectedResource::builder(identifier.as_str())
        .issuers(issuers)
        .dpop(dpop)
        .policy(policy)
        .challenge_scopes(challenge_scopes)
        .reach(reach)
        .metadata_at_root(metadata_at_root)
        .body_limits(body)
        .stream_limits(streams)
        .session_key(process.session_key)
        .session_lifetime(Duration::from_secs(session_lifetime))
        .audit(process.audit.clone())
        .fetch(process.fetch.clone())
        .clock(process.clock.clone());
    if let Some(revocations) = &process.revocations {
        builder = builder.revocations(revocations.clone());
    }
    if let Some(CheckSettings { url, authorization, sends, limits }) = check {
        let network = process.services.clone();
        let service = Arc::new(HttpCheck { url, authorization, time: limits.time, network });
        builder = builder.external_check(ExternalCheck::new(service, sends, limits, process.clock.clone()));
    }
    if let Some(rate) = rates.per_subject {
        builder = builder.per_subject(rate);
    }
    if let Some(rate) = rates.per_client {
        builder = builder.per_client(rate);
    }
    for (pattern, rate) in rates.tools {
        builder = builder.per_tool(&pattern, rate);
    }
    if let Some(name) = name {
        builder = builder.name(&name);
    }
    if let Some(documentation) = documentation {
        builder = builder.documentation(&documentation);
    }
    if let Some(serde_json::Value::Object(document)) = metadata {
        builder = builder.metadata(document);
    }
    builder
}
