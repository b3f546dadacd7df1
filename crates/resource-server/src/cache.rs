//! Verified tokens, remembered: by the SHA-256 of their bytes, until they expire, the issuer's keys change, or its word is
//! too old.
//!
//! One cache belongs to one verifier, and so to one resource: a token warm at one resource is unknown at the next.

use crate::token::AccessToken;
use aws_lc_rs::digest::{SHA256, digest};
use portcullis_oauth::NumericDate;
use quick_cache::{Weighter, sync::Cache};
use std::{sync::Arc, time::Duration};

/// Memory the cache may take: some ten thousand usual tokens.
const MAX_BYTES: u64 = 24 * 1024 * 1024;
/// What a usual token weighs, for sizing the cache's own tables.
const USUAL_BYTES: u64 = 2 * 1024;

pub(crate) type TokenHash = [u8; 32];

/// What a hit gives back.
#[derive(Clone)]
pub(crate) struct Remembered {
    pub(crate) token: Arc<AccessToken>,
    /// Which issuer of the verifier it is.
    pub(crate) issuer_index: usize,
    /// What it was proven by, which may cease to hold.
    pub(crate) under: Under,
    /// `exp`, and the leeway where the signature is ours to judge.
    pub(crate) dies_at: NumericDate,
}

/// What a token was proven by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    /// A key of this generation of the issuer's set.
    Keys {
        /// Changes when the keys do.
        generation: u64,
    },
    /// The issuer's word.
    Answer {
        /// When it must be asked again; monotonic, so that a clock set back revives nothing.
        until: Duration,
    },
}

#[derive(Clone)]
struct ByMemory;

impl Weighter<TokenHash, Remembered> for ByMemory {
    fn weight(&self, _: &TokenHash, value: &Remembered) -> u64 {
        value.token.weight()
    }
}

/// The bounded memory of good tokens.
pub(crate) struct VerifiedTokens(Cache<TokenHash, Remembered, ByMemory>);

impl VerifiedTokens {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter((MAX_BYTES / USUAL_BYTES) as usize, MAX_BYTES, ByMemory))
    }

    pub(crate) fn hash(secret: &str) -> TokenHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        hash
    }

    pub(crate) fn get(&self, hash: &TokenHash) -> Option<Remembered> {
        self.0.get(hash)
    }

    pub(crate) fn insert(&self, hash: TokenHash, value: Remembered) {
        self.0.insert(hash, value);
    }

    pub(crate) fn remove(&self, hash: &TokenHash) {
        self.0.remove(hash);
    }
}
