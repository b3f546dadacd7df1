//! Who we are at the introspection endpoint (RFC 7662 §2.1 wants to know), and how we prove it.

use super::{assertion, client_key::ClientKey};
use portcullis_fetch::Form;
use portcullis_oauth::NumericDate;
use std::{fmt, sync::Arc};
use url::Url;

/// A client secret. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(Arc<str>);

impl ClientSecret {
    /// Takes the secret as the authorization server gave it out.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// How a client proves that it is itself (RFC 6749 §2.3, RFC 7523 §2.2).
#[derive(Clone, Debug)]
pub enum ClientProof {
    /// `client_secret_basic`: in the header, form-encoded first.
    SecretBasic(ClientSecret),
    /// `client_secret_post`: in the form.
    SecretPost(ClientSecret),
    /// `private_key_jwt`: a short assertion, signed anew for each call.
    PrivateKeyJwt {
        /// What it is signed with.
        key: Arc<ClientKey>,
        /// Its `aud`: the issuer identifier, alone, unless an older server wants its endpoint there
        /// (draft-ietf-oauth-rfc7523bis §4).
        audience: AssertionAudience,
    },
}

/// Whom an assertion is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssertionAudience {
    /// This issuer identifier.
    Issuer(String),
    /// The URL of the endpoint it is sent to.
    Endpoint,
}

/// The client that asks.
#[derive(Clone, Debug)]
pub struct IntrospectionClient {
    /// `client_id`, as registered.
    pub client_id: String,
    /// How it proves that.
    pub proof: ClientProof,
}

/// The machine has no randomness, or the key does not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no client assertion could be signed")]
pub(crate) struct AssertionError;

impl IntrospectionClient {
    /// The question about one token (IN-01, IN-02).
    pub(crate) fn question(
        &self,
        token: &str,
        endpoint: &Url,
        now: NumericDate,
    ) -> Result<Form, AssertionError> {
        let form = Form::default().with("token", token).with("token_type_hint", "access_token");
        Ok(match &self.proof {
            ClientProof::SecretBasic(secret) => form.with_basic(&self.client_id, &secret.0),
            ClientProof::SecretPost(secret) => {
                form.with("client_id", &self.client_id).with("client_secret", &secret.0)
            }
            ClientProof::PrivateKeyJwt { key, audience } => {
                let audience = match audience {
                    AssertionAudience::Issuer(issuer) => issuer.as_str(),
                    AssertionAudience::Endpoint => endpoint.as_str(),
                };
                let assertion = assertion::sign(key, &self.client_id, audience, now)?;
                form.with("client_id", &self.client_id)
                    .with("client_assertion_type", assertion::TYPE)
                    .with("client_assertion", &assertion)
            }
        })
    }

    /// The method's registered name (RFC 8414 §2, RFC 7591 §2).
    pub fn method(&self) -> &'static str {
        match self.proof {
            ClientProof::SecretBasic(_) => "client_secret_basic",
            ClientProof::SecretPost(_) => "client_secret_post",
            ClientProof::PrivateKeyJwt { .. } => "private_key_jwt",
        }
    }
}
