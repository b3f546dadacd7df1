//! The protected resource metadata that clients read (RFC 9728 §2), made once at start.

use bytes::Bytes;
use portcullis_oauth::{ProtectedResourceMetadata, ResourceIdentifier, Scope};
use portcullis_resource_server::DpopSettings;

/// A document, serialized.
#[derive(Clone, Debug)]
pub(crate) struct PublishedMetadata {
    document: Bytes,
    path: Box<str>,
}

/// What is said of a resource.
pub(crate) struct Published<'a> {
    /// Where clients get tokens.
    pub(crate) authorization_servers: Vec<String>,
    /// `scopes_supported`.
    pub(crate) scopes: Scope,
    /// A name for people.
    pub(crate) name: Option<String>,
    /// A page for developers.
    pub(crate) documentation: Option<String>,
    /// Whether tokens are bound to keys.
    pub(crate) dpop: &'a DpopSettings,
}

impl PublishedMetadata {
    /// The document generated from what is configured (PRM-01, PRM-02, PRM-12, PRM-13, PRM-16).
    pub(crate) fn generate(resource: &ResourceIdentifier, published: &Published<'_>) -> Self {
        let mut metadata = ProtectedResourceMetadata {
            resource: resource.as_str().to_owned(),
            authorization_servers: published.authorization_servers.clone(),
            scopes_supported: published.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            bearer_methods_supported: vec!["header".to_owned()],
            resource_name: published.name.clone(),
            resource_documentation: published.documentation.clone(),
            ..ProtectedResourceMetadata::default()
        };
        published.dpop.describe(&mut metadata);
        Self::given(resource, &serde_json::to_value(metadata).unwrap_or_default())
    }

    /// A document the operator wrote, already checked against `resource`.
    pub(crate) fn given(resource: &ResourceIdentifier, document: &serde_json::Value) -> Self {
        Self { document: Bytes::from(document.to_string()), path: path_of(resource).into() }
    }

    /// The JSON.
    pub(crate) fn document(&self) -> &Bytes {
        &self.document
    }

    /// Where it is served (PRM-04).
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is served at `path`, give or take one trailing slash (PRM-04).
    pub(crate) fn is_at(&self, path: &str) -> bool {
        path.strip_suffix('/').unwrap_or(path) == &*self.path
    }
}

fn path_of(resource: &ResourceIdentifier) -> String {
    let path = resource.metadata_path();
    let path = path.split('?').next().unwrap_or_default();
    path.strip_suffix('/').unwrap_or(path).to_owned()
}
