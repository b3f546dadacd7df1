//! The keys of one issuer, built whole and never changed.

use super::{Algorithm, VerificationKey};
use portcullis_oauth::Jwks;
use std::sync::Arc;

/// An issuer has two or three keys; a set of thousands is an attack on memory.
const MAX_KEYS: usize = 64;

/// A fetched set.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Arc<VerificationKey>>,
}

/// The document held no key that may be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeySetError {
    #[error("{0}")]
    Document(#[from] portcullis_oauth::JwksError),
    #[error("the key set has no usable key")]
    Empty,
    #[error("the key set has more than {MAX_KEYS} keys")]
    TooMany,
}

impl KeySet {
    /// Keeps what can be used; one odd key never spoils the set, and an empty set is an error, not a set.
    pub(crate) fn parse(document: &[u8], allowed: &[Algorithm]) -> Result<Self, KeySetError> {
        let jwks = Jwks::parse(document)?;
        if jwks.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let keys: Vec<_> =
            jwks.keys.iter().filter_map(|jwk| VerificationKey::parse(jwk, allowed)).map(Arc::new).collect();
        if keys.is_empty() { Err(KeySetError::Empty) } else { Ok(Self { keys }) }
    }

    /// The key of this name for this algorithm. A token that names none is served only where there is one choice:
    /// nothing is tried until it fits.
    pub(crate) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<Arc<VerificationKey>> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.is_for(algorithm))
            .filter(|key| kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)));
        let found = fitting.next()?;
        match fitting.next() {
            Some(_) => None,
            None => Some(found.clone()),
        }
    }

    /// Whether both hold the same keys: a refresh that changes nothing forgets no verified token.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len() && self.keys.iter().zip(&other.keys).all(|(a, b)| a.is_same_as(b))
    }
}
