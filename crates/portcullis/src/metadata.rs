//! The protected resource metadata that clients read (RFC 9728 §2), made once at start.

use bytes::Bytes;
use portcullis_oauth::{ProtectedResourceMetadata, ResourceIdentifier, Scope};

/// A document, serialized.
#[derive(Clone, Debug)]
pub struct PublishedMetadata {
    document: Bytes,
    path: Box<str>,
}

impl PublishedMetadata {
    /// The document generated from what is configured (PRM-01, PRM-02, PRM-12, PRM-13).
    pub fn generate(
        resource: &ResourceIdentifier,
        authorization_servers: Vec<String>,
        scopes: &Scope,
        name: Option<String>,
        documentation: Option<String>,
    ) -> Self {
        let metadata = ProtectedResourceMetadata {
            resource: resource.as_str().to_owned(),
            authorization_servers,
            scopes_supported: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            bearer_methods_supported: vec!["header".to_owned()],
            resource_name: name,
            resource_documentation: documentation,
        };
        Self::given(resource, &serde_json::to_value(metadata).unwrap_or_default())
    }

    /// A document the operator wrote, already checked against `resource`.
    pub fn given(resource: &ResourceIdentifier, document: &serde_json::Value) -> Self {
        Self { document: Bytes::from(document.to_string()), path: resource.metadata_path().into() }
    }

    /// The JSON.
    pub fn document(&self) -> &Bytes {
        &self.document
    }

    /// Where it is served (PRM-04).
    pub fn path(&self) -> &str {
        &self.path
    }
}
