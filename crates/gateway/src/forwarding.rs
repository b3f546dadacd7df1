//! What the upstream is told beside the authorized bytes: by default nothing, and never the client's token by accident
//! (RS-11, RS-12). Each kind is chosen by its name; everything here is written over whatever a client sent under that name.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use portcullis_oauth::Clock;
use portcullis_resource_server::{
    AccessToken, ClientToken, ClientTokens, IdentityKey, IdentityRules, IdentityTokenError, IdentityTokens,
    PublishedKey,
};
use std::{fmt, sync::Arc};

/// What was chosen for one upstream.
#[derive(Clone, Debug, Default)]
pub struct Forwarding {
    /// Facts about the caller as headers.
    pub facts: IdentityHeaders,
    /// The same, signed (RS-25).
    pub identity: Option<SignedIdentity>,
    /// A credential of our own.
    pub credential: Option<FixedCredential>,
    /// The client's own token, where the upstream is the same resource.
    pub client_tokens: ClientTokens,
    /// Headers of clients that go up beside those that every MCP server needs. They say what a client likes.
    pub allowed_headers: Vec<HeaderName>,
}

/// The names under which the upstream is told who calls; `None` tells nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityHeaders {
    /// `sub`.
    pub subject: Option<HeaderName>,
    /// `client_id`.
    pub client: Option<HeaderName>,
    /// The granted scopes, separated by spaces.
    pub scope: Option<HeaderName>,
    /// The tenant claim.
    pub tenant: Option<HeaderName>,
}

/// An identity token in a header.
#[derive(Clone, Debug)]
pub struct SignedIdentity {
    /// In which header.
    pub header: HeaderName,
    /// What signs it.
    pub key: Arc<IdentityKey>,
    /// Keys that are published beside it, so that upstreams know one before and after it signs.
    pub also_published: Vec<PublishedKey>,
    /// What it says.
    pub rules: IdentityRules,
}

/// A credential that is the same for every caller. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct FixedCredential {
    /// In which header.
    pub header: HeaderName,
    value: HeaderValue,
}

/// What an upstream must be told cannot be said, so that the request must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UntoldError {
    #[error(transparent)]
    Identity(#[from] IdentityTokenError),
    #[error("the token was not presented as a bearer token, and is worth nothing to the upstream")]
    NoClientToken,
}

/// Tells it, request by request.
pub(crate) struct Told {
    facts: IdentityHeaders,
    identity: Option<(HeaderName, IdentityTokens)>,
    credential: Option<FixedCredential>,
    client_tokens: ClientTokens,
    allowed_headers: Vec<HeaderName>,
    published: Vec<PublishedKey>,
}

impl Told {
    pub(crate) fn new(forwarding: Forwarding, clock: Arc<dyn Clock>) -> Self {
        let published = forwarding.identity.iter().flat_map(|identity| {
            std::iter::once(identity.key.published().clone()).chain(identity.also_published.iter().cloned())
        });
        Self {
            published: published.collect(),
            facts: forwarding.facts,
            identity: forwarding
                .identity
                .map(|identity| (identity.header, IdentityTokens::new(identity.key, identity.rules, clock))),
            credential: forwarding.credential,
            client_tokens: forwarding.client_tokens,
            allowed_headers: forwarding.allowed_headers,
        }
    }

    /// The keys that identity tokens are verified with.
    pub(crate) fn published(&self) -> &[PublishedKey] {
        &self.published
    }

    /// Whether a client may say something under this name.
    pub(crate) fn allows(&self, name: &HeaderName) -> bool {
        self.allowed_headers.contains(name)
    }

    /// Writes what was chosen into headers of which only those that may go up are left.
    pub(crate) fn write(
        &self,
        headers: &mut HeaderMap,
        token: &Arc<AccessToken>,
        client_token: Option<ClientToken>,
    ) -> Result<(), UntoldError> {
        self.facts.write(headers, token);
        if let Some((name, tokens)) = &self.identity {
            headers.insert(name, tokens.header_for(token)?);
        }
        if let Some(credential) = &self.credential {
            headers.insert(&credential.header, credential.value.clone());
        }
        if self.client_tokens == ClientTokens::DangerouslyGoOn {
            let token = client_token.ok_or(UntoldError::NoClientToken)?;
            headers.insert(header::AUTHORIZATION, token.into_authorization());
        }
        Ok(())
    }
}

impl IdentityHeaders {
    fn write(&self, headers: &mut HeaderMap, token: &AccessToken) {
        if *self == Self::default() {
            return;
        }
        let scope = token.scope().to_string();
        for (name, value) in [
            (&self.subject, Some(token.subject())),
            (&self.client, token.client_id()),
            (&self.scope, Some(scope.as_str())),
            (&self.tenant, token.tenant()),
        ] {
            let Some(name) = name else { continue };
            // Where the token says nothing, the client says nothing either.
            headers.remove(name);
            if let Some(value) = value {
                headers.insert(name.clone(), visible(value));
            }
        }
    }
}

/// Percent-encodes what no header may carry, and the percent sign, so that two subjects never look alike.
fn visible(text: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (byte.is_ascii_graphic() || byte == b' ') && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::try_from(encoded).unwrap_or_else(|_| HeaderValue::from_static(""))
}

impl FixedCredential {
    /// `secret` in this header, after the scheme if there is one. None if a header cannot carry it.
    pub fn new(header: HeaderName, scheme: Option<&str>, secret: &str) -> Option<Self> {
        let text = scheme.map_or_else(|| secret.to_owned(), |scheme| format!("{scheme} {secret}"));
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(Self { header, value })
    }
}

impl fmt::Debug for FixedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedCredential").field("header", &self.header).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_header_may_carry_is_encoded() {
        for (text, expected) in [("alice", "alice"), ("a%20b", "a%2520b"), ("ä\r\nx: y", "%C3%A4%0D%0Ax: y")]
        {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn a_credential_does_not_print_and_cannot_break_a_header() {
        let credential = FixedCredential::new(header::AUTHORIZATION, Some("Bearer"), "hunter2").unwrap();
        assert_eq!(credential.value, "Bearer hunter2");
        assert!(credential.value.is_sensitive() && !format!("{credential:?}").contains("hunter2"));
        assert_eq!(FixedCredential::new(header::AUTHORIZATION, None, "a\r\nx: y"), None);
    }
}
