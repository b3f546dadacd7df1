//! A verified token: claims, and no longer the string they came in.

use super::claims::date;
use crate::{cache::TokenHash, dpop::Confirmation};
use portcullis_oauth::{Issuer, NumericDate, Scope};
use serde_json::{Map, Value};
use std::{fmt, time::Duration};

/// The grant a token came of, as our own authorization server names it: all tokens of one sign-in share it.
const GRANT_CLAIM: &str = "grant_id";

/// What a good token says. Only the verifier makes one.
#[derive(Clone, PartialEq)]
pub struct AccessToken {
    /// Of the very bytes it came in: what tells it from every other, whatever is said of it.
    pub(crate) hash: TokenHash,
    /// Where it is good by its issuer's word: when the issuer must be asked again. Monotonic.
    pub(crate) believed_until: Option<Duration>,
    pub(crate) issuer: Issuer,
    pub(crate) issuer_name: Box<str>,
    pub(crate) subject: Box<str>,
    pub(crate) client_id: Option<Box<str>>,
    pub(crate) tenant: Option<Box<str>>,
    pub(crate) token_id: Option<Box<str>>,
    pub(crate) scope: Scope,
    pub(crate) expires_at: NumericDate,
    pub(crate) claims: Map<String, Value>,
}

impl AccessToken {
    /// `iss`, one of those configured.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The name under which the operator configured the issuer: stable when an issuer has two identifiers.
    pub fn issuer_name(&self) -> &str {
        &self.issuer_name
    }

    /// `sub`. Unique only together with the issuer (JW-20).
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// `client_id`, else `azp`.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// The claim configured as the tenant.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// `jti`.
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// `grant_id`, if the issuer says which sign-in the token came of.
    pub fn grant_id(&self) -> Option<&str> {
        self.claims.get(GRANT_CLAIM).and_then(Value::as_str)
    }

    /// `iat`, if the issuer says it.
    pub fn issued_at(&self) -> Option<NumericDate> {
        self.claims.get("iat").and_then(|value| date(value).ok())
    }

    /// The granted scopes.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// `exp`: after it, and the leeway, the token is refused.
    pub fn expires_at(&self) -> NumericDate {
        self.expires_at
    }

    /// Whether a client speaks for itself rather than for a person: `sub` is the client (RS-23, RFC 9068 §2.2).
    pub fn is_machine(&self) -> bool {
        self.client_id.as_deref() == Some(&*self.subject)
    }

    /// What it is bound to, if to anything: whoever presents it must have that too.
    pub fn confirmation(&self) -> Confirmation<'_> {
        Confirmation::of(self.claims.get("cnf"))
    }

    /// Every claim, verified.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Roughly how many bytes this holds, for a cache bounded by memory.
    pub(crate) fn weight(&self) -> u64 {
        let claims: usize = self.claims.iter().map(|(name, value)| name.len() + 64 + weight(value)).sum();
        (claims + 512) as u64
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 32,
        Value::String(text) => text.len() + 32,
        Value::Array(items) => 32 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + 64 + weight(value)).sum(),
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("issuer", &self.issuer.as_str())
            .field("subject", &self.subject)
            .field("client_id", &self.client_id)
            .field("scope", &self.scope.to_string())
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
