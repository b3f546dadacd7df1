//! Which resource a request is for: by configured host and exact raw path, with one optional trailing slash; no
//! redirect, no normalisation. Beside the resources: `/health`, `/ready`, the well-known documents, and JSON 404s.

use crate::{drain::Drain, upstream::Upstream};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use portcullis::{Protect, ProtectedResource};
use std::{error::Error, future::Future, pin::Pin, sync::Arc};
use tower_service::Service as _;

/// The body of every answer.
pub type GatewayBody = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// Something else that is served on the same listener, such as the authorization server of `dev`.
pub type Beside = Arc<
    dyn Fn(Request<Incoming>) -> Pin<Box<dyn Future<Output = Response<GatewayBody>> + Send>> + Send + Sync,
>;

/// One resource and the way to its server.
#[derive(Clone)]
pub struct Route {
    resource: ProtectedResource,
    protected: Protect<Upstream>,
}

impl Route {
    /// Puts the line of `resource` in front of `upstream`.
    pub fn new(resource: ProtectedResource, upstream: Upstream) -> Self {
        Self { protected: resource.protect(upstream), resource }
    }

    fn is_at(&self, path: &str) -> bool {
        let ours = self.resource.line().resource.path();
        let strip = |path: &str| path.strip_suffix('/').unwrap_or(path).to_owned();
        path == ours || strip(path) == strip(ours)
    }

    fn is_for(&self, host: Option<&str>) -> bool {
        host.is_some_and(|host| host.eq_ignore_ascii_case(&self.resource.line().resource.authority()))
    }
}

/// Everything one listener serves.
#[derive(Clone)]
pub struct Gateway {
    routes: Arc<[Route]>,
    beside: Option<Beside>,
    drain: Drain,
}

impl Gateway {
    /// A gateway for these resources.
    pub fn new(routes: Vec<Route>, beside: Option<Beside>, drain: Drain) -> Self {
        Self { routes: routes.into(), beside, drain }
    }

    /// Fetches every issuer's keys once, so that the first caller does not wait and readiness can be told.
    pub async fn warm_up(&self) {
        for route in self.routes.iter() {
            for issuer in route.resource.line().verifier.issuers() {
                issuer.keys.warm_up().await;
            }
        }
    }

    /// Answers one request.
    pub async fn call(&self, request: Request<Incoming>) -> Response<GatewayBody> {
        match request.uri().path() {
            "/health" => return probe(request.method(), StatusCode::OK, "healthy"),
            "/ready" if self.is_ready() => return probe(request.method(), StatusCode::OK, "ready"),
            "/ready" => return probe(request.method(), StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
            _ => {}
        }
        if let Some(beside) = &self.beside
            && !self
                .routes
                .iter()
                .any(|route| route.is_at(request.uri().path()) || route.serves_metadata(&request))
        {
            return beside(request).await;
        }
        let Some(route) = self.route(&request) else { return not_found() };
        if let Some(answer) = route.resource.well_known(&request) {
            return answer.map(whole);
        }
        if !route.is_at(request.uri().path()) {
            return not_found();
        }
        let mut protected = route.protected.clone();
        match protected.call(request).await {
            Ok(answer) => answer.map(|body| body.map_err(Into::into).boxed_unsync()),
            Err(never) => match never {},
        }
    }

    /// The resource of this host; where there is only one, it is meant under any host, and the line itself refuses those
    /// it is not reached by.
    fn route(&self, request: &Request<Incoming>) -> Option<&Route> {
        let host = request
            .uri()
            .authority()
            .map(|authority| authority.as_str())
            .or_else(|| request.headers().get(header::HOST)?.to_str().ok());
        let path = request.uri().path();
        let mut of_host = self.routes.iter().filter(|route| route.is_for(host)).peekable();
        if of_host.peek().is_some() {
            let mut of_host = of_host;
            return of_host.find(|route| path.starts_with("/.well-known/") || route.is_at(path));
        }
        // Of a foreign host: whichever has the path, so that its line refuses (TM-02).
        self.routes.iter().find(|route| path.starts_with("/.well-known/") || route.is_at(path))
    }

    /// Listening, not draining, and a first key fetch was attempted; later outages do not take it away.
    fn is_ready(&self) -> bool {
        let attempted = |route: &Route| {
            route.resource.line().verifier.issuers().iter().all(|issuer| issuer.keys.status().attempts > 0)
        };
        !self.drain.has_begun() && self.routes.iter().all(attempted)
    }
}

impl Route {
    fn serves_metadata<B>(&self, request: &Request<B>) -> bool {
        request.uri().path().starts_with("/.well-known/oauth-protected-resource")
    }
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

fn not_found() -> Response<GatewayBody> {
    json(StatusCode::NOT_FOUND, r#"{"error":"not_found"}"#.to_owned())
}

fn json(status: StatusCode, body: String) -> Response<GatewayBody> {
    let mut response = Response::new(whole(Full::new(Bytes::from(body))));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn whole(body: Full<Bytes>) -> GatewayBody {
    body.map_err(|never| match never {}).boxed_unsync()
}
