//! The documents that a server publishes about itself (RFC 9728): where the challenge says, and where clients look without one.

use crate::{Exchange, Sent, Subject, anonymous::Anonymous, members};
use http::Method;
use portcullis_fetch::{Ask, Trust};
use portcullis_oauth::{ProtectedResourceMetadata, ResourceIdentifier};
use serde_json::{Map, Value};
use url::Url;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The protected resource metadata, each time it was asked for.
#[derive(Clone, Debug)]
pub struct Documents {
    /// Where the challenge points to, if it does.
    pub named: Option<Exchange>,
    /// Where the URL that clients dial leads to (PRM-04).
    pub at_path: Exchange,
    /// At the root, which clients try next; nothing where the path is none.
    pub at_root: Option<Exchange>,
    /// The same place, with another method (PRM-06).
    pub posted: Exchange,
}

impl Documents {
    pub(crate) async fn look(subject: &Subject, anonymous: &Anonymous, ask: &dyn Ask) -> Self {
        let send = async |sent: Sent| {
            let trust = subject.trust(&sent.url);
            sent.to(ask, trust).await
        };
        let challenge = anonymous.challenge();
        let named: Option<Url> = challenge.and_then(|challenge| challenge.metadata_url()?.parse().ok());
        let path = at_path(subject);
        let root = subject.at(WELL_KNOWN);
        let named = match named {
            Some(url) => Some(send(Sent::get(url)).await),
            None => None,
        };
        let at_root = if root == path { None } else { Some(send(Sent::get(root)).await) };
        let posted = Sent::new(Method::POST, path.clone()).to(ask, Trust::Configured).await;
        Self { named, at_path: send(Sent::get(path)).await, at_root, posted }
    }

    /// The one that clients read: where the challenge points, else by the path, else at the root (CL-01).
    #[must_use]
    pub fn read(&self) -> Option<(&Exchange, ProtectedResourceMetadata)> {
        let places = [self.named.as_ref(), Some(&self.at_path), self.at_root.as_ref()];
        places.into_iter().flatten().find_map(|exchange| Some((exchange, document(exchange)?)))
    }

    /// The one that clients read, with every member it has.
    pub(crate) fn raw(&self) -> Option<(&Exchange, Map<String, Value>)> {
        let (exchange, _) = self.read()?;
        Some((exchange, members::document(exchange)?))
    }

    /// Every answer that is a document.
    pub fn all(&self) -> impl Iterator<Item = (&Exchange, ProtectedResourceMetadata)> {
        let places = [self.named.as_ref(), Some(&self.at_path), self.at_root.as_ref()];
        places.into_iter().flatten().filter_map(|exchange| Some((exchange, document(exchange)?)))
    }
}

/// A document, if the answer is one; its members as far as they are what they should be.
pub(crate) fn document(exchange: &Exchange) -> Option<ProtectedResourceMetadata> {
    let document = members::document(exchange)?;
    let text = |name| members::text(&document, name).map(str::to_owned);
    let texts = |name| members::texts(&document, name).into_iter().map(str::to_owned).collect();
    Some(ProtectedResourceMetadata {
        resource: text("resource").unwrap_or_default(),
        authorization_servers: texts("authorization_servers"),
        scopes_supported: texts("scopes_supported"),
        bearer_methods_supported: texts("bearer_methods_supported"),
        dpop_signing_alg_values_supported: texts("dpop_signing_alg_values_supported"),
        dpop_bound_access_tokens_required: document
            .get("dpop_bound_access_tokens_required")
            .and_then(Value::as_bool),
        resource_name: text("resource_name"),
        resource_documentation: text("resource_documentation"),
    })
}

/// RFC 9728 §3.1, for the URL that clients dial.
fn at_path(subject: &Subject) -> Url {
    let identifier = ResourceIdentifier::parse(subject.as_str());
    let url = identifier.ok().and_then(|identifier| identifier.metadata_url().parse().ok());
    url.unwrap_or_else(|| subject.at(WELL_KNOWN))
}
