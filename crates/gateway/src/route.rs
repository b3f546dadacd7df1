//! Which requests are for a resource: by configured host and exact raw path, with one optional trailing slash; no
//! redirect, no normalisation.

use crate::{metrics::ResourceMetrics, upstream::Upstream};
use http::Request;
use portcullis::{Protect, ProtectedResource};
use portcullis_oauth::ResourceIdentifier;
use portcullis_resource_server::PublishedKey;
use std::sync::Arc;

/// One resource and the way to its server.
#[derive(Clone)]
pub struct Route {
    pub(crate) resource: ProtectedResource,
    pub(crate) protected: Protect<Upstream>,
    pub(crate) metrics: Arc<ResourceMetrics>,
    path: String,
    also_at: Option<String>,
    published_keys: Vec<PublishedKey>,
}

impl Route {
    /// Puts the line of `resource`, whose requests arrive at `path`, in front of `upstream`.
    ///
    /// An identifier that is a whole host (`https://mcp.example.com/`) is answered at the upstream's own path too,
    /// since that is where clients found the server before it was protected.
    pub fn new(resource: ProtectedResource, path: String, upstream: Upstream) -> Self {
        let also_at = also_at(&resource.line().resource, upstream.path()).map(str::to_owned);
        let published_keys = upstream.published_keys().to_vec();
        let metrics = upstream.metrics().clone();
        Self { protected: resource.protect(upstream), resource, metrics, path, also_at, published_keys }
    }

    /// The keys that its upstream verifies identity tokens with.
    pub(crate) fn published_keys(&self) -> &[PublishedKey] {
        &self.published_keys
    }

    pub(crate) fn is_for(&self, host: Option<&str>) -> bool {
        host.is_some_and(|host| self.resource.line().reach.is_named(host))
    }

    /// Whether it is not reached by this host, or from this page.
    pub(crate) fn refuses<B>(&self, request: &Request<B>) -> bool {
        self.resource.line().reach.check(request).is_err()
    }

    pub(crate) fn is_at(&self, path: &str) -> bool {
        without_slash(path) == self.path
    }

    pub(crate) fn is_also_at(&self, path: &str) -> bool {
        self.also_at.as_deref() == Some(without_slash(path))
    }
}

/// Where a resource that is a whole host is answered too.
pub(crate) fn also_at<'p>(resource: &ResourceIdentifier, upstream_path: &'p str) -> Option<&'p str> {
    without_slash(resource.path()).is_empty().then(|| without_slash(upstream_path))
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
