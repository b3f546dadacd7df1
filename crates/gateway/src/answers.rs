//! What stands behind a listener: the gateway, or its administration. Connections treat both alike.

use crate::{body::GatewayBody, metrics::Traffic};
use http::{Request, Response};
use hyper::body::Incoming;
use std::future::Future;

/// Answers the requests of a listener.
pub(crate) trait Answers: Clone + Send + Sync + 'static {
    /// Answers one.
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response<GatewayBody>> + Send;

    /// What is counted of it.
    fn traffic(&self) -> &Traffic;
}
