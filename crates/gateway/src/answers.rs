//! What stands behind a listener: the gateway, or its administration. Connections treat both alike.

use crate::{body::GatewayBody, metrics::Traffic};
use http::{Request, Response};
use hyper::body::Incoming;
use std::{future::Future, net::IpAddr};

/// Answers the requests of a listener.
pub(crate) trait Answers: Clone + Send + Sync + 'static {
    /// Answers one, which came from `peer` where it came over a network.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Option<IpAddr>,
    ) -> impl Future<Output = Response<GatewayBody>> + Send;

    /// What is counted of it.
    fn traffic(&self) -> &Traffic;
}
