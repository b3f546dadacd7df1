//! The administration of a running gateway, on a listener of its own: revoke, see what is revoked, read the metrics.
//! It is reached from this machine only, never by a browser's page, and by nobody who does not know the secret; whoever
//! does not learns nothing, not even which paths there are.

mod gate;
mod listener;
mod order;
mod reply;
mod revocations;
mod socket;

pub use listener::{AdminListenError, AdminListener, AdminPlace, serve_admin};

use crate::{
    answers::Answers,
    body::GatewayBody,
    gateway::Gateway,
    metrics::{self, Traffic},
    revocation::Denylist,
};
use http::{HeaderValue, Method, Request, Response, Version, header};
use hyper::body::Incoming;
use portcullis_resource_server::SharedSecret;
use std::{net::IpAddr, sync::Arc};

/// What administers a gateway.
#[derive(Clone)]
pub struct Admin(Arc<Parts>);

struct Parts {
    gateway: Gateway,
    denylist: Arc<Denylist>,
    secret: SharedSecret,
    traffic: Traffic,
}

impl Admin {
    /// For whoever knows `secret`. The list is the one that the gateway's resources ask.
    pub fn new(gateway: Gateway, denylist: Arc<Denylist>, secret: SharedSecret) -> Self {
        Self(Arc::new(Parts { gateway, denylist, secret, traffic: Traffic::default() }))
    }
}

impl Answers for Admin {
    /// The connection ends with the answer, so that the few there are cannot be kept by whoever came first.
    async fn answer(&self, request: Request<Incoming>, _: Option<IpAddr>) -> Response<GatewayBody> {
        let is_http_1 = request.version() < Version::HTTP_2;
        let mut answer = match gate::check(&request, &self.0.secret) {
            Ok(()) => self.administer(request).await,
            Err(closed) => {
                tracing::warn!(target: "portcullis::admin", reason = closed.code(), "a request to the administration was refused");
                closed.answer()
            }
        };
        if is_http_1 {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }
}

impl Admin {
    async fn administer(&self, request: Request<Incoming>) -> Response<GatewayBody> {
        let denylist = &self.0.denylist;
        let path = request.uri().path().to_owned();
        match (path.as_str(), request.method()) {
            ("/metrics", &Method::GET) => self.metrics(),
            ("/metrics", _) => reply::method_not_allowed("GET"),
            ("/revocations", &Method::GET) => revocations::list(denylist, request.uri().query()),
            ("/revocations", &Method::POST) => revocations::add(denylist, request).await,
            ("/revocations", _) => reply::method_not_allowed("GET, POST"),
            (path, method) => match path.strip_prefix("/revocations/") {
                Some(id) if method == Method::DELETE => revocations::remove(denylist, id).await,
                Some(_) => reply::method_not_allowed("DELETE"),
                None => reply::not_found(),
            },
        }
    }

    /// A page of some kilobytes a resource.
    fn metrics(&self) -> Response<GatewayBody> {
        let denylist = &self.0.denylist;
        reply::metrics(metrics::report(&self.0.gateway, denylist.active(), denylist.now()))
    }
}
