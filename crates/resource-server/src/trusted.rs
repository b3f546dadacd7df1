//! An issuer whose tokens are accepted, and how they are proven.

use crate::{
    introspection::Introspection,
    keys::{Algorithm, KeySource},
    token::{Audiences, TypRule},
};
use portcullis_oauth::Issuer;
use std::sync::Arc;

/// An issuer whose tokens are accepted, and how.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// What the operator calls it. Sessions are bound to this name, so that they outlive a change of identifier.
    pub name: String,
    /// Its identifiers, byte for byte. More than one only while a provider migrates (Scalekit).
    pub issuers: Vec<Issuer>,
    /// Which `aud` means this resource.
    pub audiences: Audiences,
    /// How its tokens are proven.
    pub proof: Proof,
    /// Whether `scopes` is a scope claim too.
    pub scopes_claim: bool,
    /// Which claim is the tenant.
    pub tenant_claim: Option<String>,
    /// Seconds of clock difference allowed, at most 60.
    pub leeway: u64,
}

/// How an issuer's tokens are proven. An issuer has one way, so that no token is tried in two.
#[derive(Clone, Debug)]
pub enum Proof {
    /// They are JWTs, and signed.
    Signature(Signature),
    /// The issuer is asked (RFC 7662).
    Introspection(Arc<Introspection>),
}

/// What a signed token must be.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The issuer's keys, and nobody else's (JW-13).
    pub keys: Arc<KeySource>,
    /// What it may sign with (JW-11).
    pub algorithms: Vec<Algorithm>,
    /// Which `typ` its access tokens have.
    pub typ: TypRule,
}

impl Proof {
    /// Fetches once what is needed to prove a token, for readiness.
    pub async fn warm_up(&self) {
        match self {
            Self::Signature(signature) => signature.keys.warm_up().await,
            Self::Introspection(introspection) => introspection.warm_up().await,
        }
    }

    /// Whether a first attempt at that was made. Later outages do not take it back.
    pub fn was_attempted(&self) -> bool {
        match self {
            Self::Signature(signature) => signature.keys.status().attempts > 0,
            Self::Introspection(introspection) => introspection.was_looked_for(),
        }
    }

    /// The keys, where there are any.
    pub fn keys(&self) -> Option<&Arc<KeySource>> {
        match self {
            Self::Signature(signature) => Some(&signature.keys),
            Self::Introspection(_) => None,
        }
    }
}
