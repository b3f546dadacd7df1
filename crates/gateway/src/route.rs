//! Which requests are for a resource: by configured host and exact raw path, with one optional trailing slash; no
//! redirect, no normalisation.

use crate::upstream::Upstream;
use portcullis::{Protect, ProtectedResource};

/// One resource and the way to its server.
#[derive(Clone)]
pub struct Route {
    pub(crate) resource: ProtectedResource,
    pub(crate) protected: Protect<Upstream>,
    authority: String,
    path: String,
    also_at: Option<String>,
}

impl Route {
    /// Puts the line of `resource` in front of `upstream`.
    ///
    /// An identifier that is a whole host (`https://mcp.example.com/`) is answered at the upstream's own path too,
    /// since that is where clients found the server before it was protected.
    pub fn new(resource: ProtectedResource, upstream: Upstream) -> Self {
        let identifier = &resource.line().resource;
        let path = without_slash(identifier.path()).to_owned();
        let also_at = path.is_empty().then(|| without_slash(upstream.path()).to_owned());
        let authority = identifier.authority();
        Self { protected: resource.protect(upstream), resource, authority, path, also_at }
    }

    pub(crate) fn is_for(&self, host: Option<&str>) -> bool {
        host.is_some_and(|host| host.eq_ignore_ascii_case(&self.authority))
    }

    pub(crate) fn is_at(&self, path: &str) -> bool {
        without_slash(path) == self.path
    }

    pub(crate) fn is_also_at(&self, path: &str) -> bool {
        self.also_at.as_deref() == Some(without_slash(path))
    }

    /// Metadata paths of no resource get their JSON 404 from one, since clients parse it.
    pub(crate) fn would_publish_at(&self, path: &str) -> bool {
        path.starts_with("/.well-known/oauth-protected-resource")
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
