//! Everything one listener answers: the resources, each behind its line, and beside them `/health`, `/ready`, the
//! well-known documents, and JSON 404s.

use crate::{
    answers::Answers, body::GatewayBody, client_address::TrustedProxies, drain::Drain, metrics::Traffic,
    route::Route,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc};
use tower_service::Service as _;

/// Something else that is served on the same listener, such as the authorization server of `dev`.
pub type Beside = Arc<
    dyn Fn(Request<Incoming>) -> Pin<Box<dyn Future<Output = Response<GatewayBody>> + Send>> + Send + Sync,
>;

/// Where upstreams read the keys that identity tokens are signed with, of all resources; there only if one uses them.
pub const IDENTITY_KEYS_PATH: &str = "/.well-known/portcullis/jwks.json";

/// Everything one listener serves.
#[derive(Clone)]
pub struct Gateway {
    served: Arc<Served>,
    proxies: Arc<TrustedProxies>,
}

struct Served {
    routes: Vec<Route>,
    beside: Option<Beside>,
    drain: Drain,
    /// The key set, if there is any key.
    identity_keys: Option<Bytes>,
    traffic: Traffic,
}

impl Gateway {
    /// A gateway for these resources.
    pub fn new(routes: Vec<Route>, beside: Option<Beside>, drain: Drain) -> Self {
        let identity_keys = identity_keys(&routes);
        let served = Arc::new(Served { routes, beside, drain, identity_keys, traffic: Traffic::default() });
        Self { served, proxies: Arc::default() }
    }

    /// Believes these proxies where a request comes from.
    #[must_use]
    pub fn trusting(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = Arc::new(proxies);
        self
    }

    /// Fetches every issuer's keys once, or looks for where it is asked, so that the first caller does not wait and readiness can be told.
    pub async fn warm_up(&self) {
        for route in &self.served.routes {
            for issuer in route.resource.line().verifier.issuers() {
                issuer.proof.warm_up().await;
            }
        }
    }

    pub(crate) fn routes(&self) -> &[Route] {
        &self.served.routes
    }
}

impl Answers for Gateway {
    async fn answer(&self, mut request: Request<Incoming>, peer: Option<IpAddr>) -> Response<GatewayBody> {
        if let Some(peer) = peer {
            let address = self.proxies.client(peer, request.headers());
            request.extensions_mut().insert(address);
        }
        self.served.call(request).await
    }

    fn traffic(&self) -> &Traffic {
        &self.served.traffic
    }
}

impl Served {
    async fn call(&self, request: Request<Incoming>) -> Response<GatewayBody> {
        match request.uri().path() {
            "/health" => return probe(request.method(), StatusCode::OK, "healthy"),
            "/ready" if self.is_ready() => return probe(request.method(), StatusCode::OK, "ready"),
            "/ready" => return probe(request.method(), StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
            _ => {}
        }
        if let Some(keys) = self.identity_keys.as_ref().filter(|_| request.uri().path() == IDENTITY_KEYS_PATH)
        {
            return portcullis::parts::public_document(request.method(), keys).map(Into::into);
        }
        let Some(route) = self.route(&request) else {
            return match &self.beside {
                Some(beside) if !is_metadata_path(request.uri().path()) => beside(request).await,
                _ => not_found(),
            };
        };
        if let Some(answer) = route.resource.public_answer(&request) {
            return answer.map(Into::into);
        }
        let mut protected = route.protected.clone();
        match protected.call(request).await {
            Ok(answer) => answer.map(Into::into),
            Err(never) => match never {},
        }
    }

    /// The resource of this host and path. Under a host that none has, the one that has the path: something in front may
    /// name hosts as it likes. If several have it, nobody can tell whose it is, and it is nobody's, unless one of them
    /// refuses that host (TM-02): then the refusal is its own, and recorded.
    fn route(&self, request: &Request<Incoming>) -> Option<&Route> {
        let path = request.uri().path();
        let host = request
            .uri()
            .authority()
            .map(|authority| authority.as_str())
            .or_else(|| request.headers().get(header::HOST)?.to_str().ok());
        let is_known = self.routes.iter().any(|route| route.is_for(host));
        let candidates = || self.routes.iter().filter(|route| !is_known || route.is_for(host));
        let whose = |has: &dyn Fn(&&Route) -> bool| {
            let mut all = candidates().filter(has);
            let first = all.next()?;
            if all.next().is_none() {
                return Some(first);
            }
            // Metadata is nobody's secret, and refuses nobody.
            candidates().filter(has).find(|route| !is_metadata_path(path) && route.refuses(request))
        };
        whose(&|route| route.is_at(path) || route.resource.publishes_at(path))
            .or_else(|| whose(&|route| route.is_also_at(path)))
    }

    /// Listening, not draining, and a first attempt was made at what proves each issuer's tokens; later outages do not take it away.
    fn is_ready(&self) -> bool {
        let attempted = |route: &Route| {
            route.resource.line().verifier.issuers().iter().all(|issuer| issuer.proof.was_attempted())
        };
        !self.drain.has_begun() && self.routes.iter().all(attempted)
    }
}

/// Each key once (RFC 7517 §5).
fn identity_keys(routes: &[Route]) -> Option<Bytes> {
    let mut keys: Vec<_> = routes.iter().flat_map(Route::published_keys).collect();
    keys.sort_by_key(|key| key.kid());
    keys.dedup();
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    (!keys.is_empty()).then(|| Bytes::from(serde_json::json!({ "keys": keys }).to_string()))
}

/// Clients parse what they find there, so a resource that is not here is a JSON 404.
fn is_metadata_path(path: &str) -> bool {
    path.starts_with("/.well-known/oauth-protected-resource")
}

fn probe(method: &Method, status: StatusCode, text: &'static str) -> Response<GatewayBody> {
    if method != Method::GET && method != Method::HEAD {
        let mut response =
            json(StatusCode::METHOD_NOT_ALLOWED, r#"{"error":"method_not_allowed"}"#.to_owned());
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    json(status, format!(r#"{{"status":"{text}"}}"#))
}

/// Pages that look for metadata where there is none may read that it is not there.
fn not_found() -> Response<GatewayBody> {
    let mut response = json(StatusCode::NOT_FOUND, r#"{"error":"not_found"}"#.to_owned());
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn json(status: StatusCode, body: String) -> Response<GatewayBody> {
    let mut response = Response::new(Full::new(Bytes::from(body)).into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
