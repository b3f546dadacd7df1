//! Which client signs in, in the order of the specification: one that was given, a metadata document, registration.

use super::{Trouble, masked};
use rmcp::transport::auth::{AuthorizationManager, AuthorizationMetadata, OAuthClientConfig};
use serde::{Deserialize, Serialize};
use url::Url;

/// What the person at the sign-in page reads.
const NAME: &str = "Portcullis";

/// A client as it is kept: a refresh needs it, and so does another sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) registration: Registration,
    /// Where it hears the answer; zero for wherever there is room.
    #[serde(default)]
    pub(crate) callback_port: u16,
}

/// How the authorization server came to know it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Registration {
    /// Somebody registered it by hand.
    Given,
    /// Its id is the URL of a metadata document.
    MetadataDocument,
    /// It was registered for this sign-in (RFC 7591).
    Dynamic,
}

/// What there is to sign in with.
#[derive(Clone, Default)]
pub(crate) struct Choice {
    pub(crate) id: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) metadata_url: Option<Url>,
    pub(crate) callback_port: u16,
}

impl Choice {
    /// The same way once more. What was registered for one port is registered anew for another.
    pub(crate) fn again(client: &Client) -> Self {
        let (id, secret) = (Some(client.id.clone()), client.secret.clone());
        let choice = Self { callback_port: client.callback_port, ..Self::default() };
        match client.registration {
            Registration::Given => Self { id, secret, ..choice },
            Registration::MetadataDocument => Self { metadata_url: client.id.parse().ok(), ..choice },
            Registration::Dynamic => choice,
        }
    }

    /// Settles on a client, and configures the manager with it.
    pub(super) async fn settle(
        &self,
        manager: &mut AuthorizationManager,
        metadata: &AuthorizationMetadata,
        redirect: &str,
        scopes: &[&str],
    ) -> Result<Client, Trouble> {
        let kept = |id: String, secret: Option<String>, registration| Client {
            id,
            secret,
            registration,
            callback_port: self.callback_port,
        };
        let client = if let Some(id) = &self.id {
            kept(id.clone(), self.secret.clone(), Registration::Given)
        } else if let Some(url) = self.metadata_url.as_ref().filter(|_| takes_documents(metadata)) {
            kept(url.to_string(), None, Registration::MetadataDocument)
        } else if metadata.registration_endpoint.is_some() {
            let registered = manager.register_client(NAME, redirect, scopes).await;
            let registered = registered.map_err(|error| {
                let why = masked(&error.to_string(), []);
                Trouble::No(format!(
                    "the authorization server did not register this client: {why}; {BY_HAND}"
                ))
            })?;
            kept(registered.client_id, registered.client_secret, Registration::Dynamic)
        } else {
            return Err(Trouble::No(format!(
                "the authorization server registers no client by itself; {BY_HAND}"
            )));
        };
        let config = config(&client, redirect);
        manager.configure_client(config).map_err(|error| Trouble::No(masked(&error.to_string(), [])))?;
        Ok(client)
    }
}

/// What is left where nothing goes by itself.
const BY_HAND: &str = "register one there by hand, a native application with the redirect URI http://127.0.0.1/callback, and \
                       give its id with --client-id (and --callback-port, where the port must be registered, too)";

/// A client as rmcp wants it.
pub(super) fn config(client: &Client, redirect: &str) -> OAuthClientConfig {
    let config = OAuthClientConfig::new(&client.id, redirect);
    match &client.secret {
        Some(secret) => config.with_client_secret(secret),
        None => config,
    }
}

pub(crate) fn takes_documents(metadata: &AuthorizationMetadata) -> bool {
    metadata.additional_fields.get("client_id_metadata_document_supported").is_some_and(|value| value == true)
}
