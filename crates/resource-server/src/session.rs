//! Sealed sessions: the legacy `Mcp-Session-Id` (TL-10) as clients get to see it.
//!
//! The upstream's id is encrypted and bound to resource, upstream, issuer, subject and client. So a session id in
//! other hands is worthless, it is never authentication (TL-14), any replica with the key can open it, and nothing
//! is stored. It dies at an absolute age (TL-15).

use crate::token::AccessToken;
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::NumericDate;
use std::fmt;

/// The first byte of every sealed id; a change of the format changes it.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
/// Longer ids are nobody's (upstreams use 36 characters or so).
const MAX_BYTES: usize = 2048;

/// Seals and opens the session ids of one resource.
pub struct SessionSealer {
    key: RandomizedNonceKey,
    /// The resource and the upstream.
    scope: Vec<u8>,
    lifetime: u64,
}

/// The key is not 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session key has 32 bytes")]
pub struct SessionKeyError;

impl SessionSealer {
    /// A sealer for one resource and upstream. `lifetime` is in seconds.
    ///
    /// # Errors
    /// The key is not one for AES-256.
    pub fn new(
        key: &[u8; 32],
        resource: &str,
        upstream: &str,
        lifetime: u64,
    ) -> Result<Self, SessionKeyError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| SessionKeyError)?;
        let mut scope = Vec::new();
        push(&mut scope, resource);
        push(&mut scope, upstream);
        Ok(Self { key, scope, lifetime })
    }

    /// What the client gets for the upstream's id. `None` only if the machine has no randomness, or if the upstream
    /// sends an id that no client could send back.
    pub(crate) fn seal(&self, upstream_id: &str, owner: &AccessToken, now: NumericDate) -> Option<String> {
        if upstream_id.is_empty() || upstream_id.len() > MAX_BYTES / 2 {
            return None;
        }
        let mut sealed = now.plus(self.lifetime).0.to_be_bytes().to_vec();
        sealed.extend_from_slice(upstream_id.as_bytes());
        let aad = Aad::from(self.binding(owner));
        let nonce = self.key.seal_in_place_append_tag(aad, &mut sealed).ok()?;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(nonce.as_ref());
        bytes.extend_from_slice(&sealed);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The upstream's id, if this caller's own session was sealed here and is not too old. Why not is told to nobody
    /// (G-08).
    pub(crate) fn open(&self, sealed: &str, caller: &AccessToken, now: NumericDate) -> Option<String> {
        if sealed.len() > MAX_BYTES {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES)?;
        if *version != VERSION {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let opened = self.key.open_in_place(nonce, Aad::from(self.binding(caller)), &mut sealed).ok()?;
        let (dies_at, upstream_id) = opened.split_first_chunk::<8>()?;
        if now >= NumericDate(u64::from_be_bytes(*dies_at)) {
            return None;
        }
        String::from_utf8(upstream_id.to_vec()).ok()
    }

    /// Whose session it is: not its scopes, which a step-up changes.
    fn binding(&self, owner: &AccessToken) -> Vec<u8> {
        let mut binding = self.scope.clone();
        push(&mut binding, owner.issuer_name());
        push(&mut binding, owner.subject());
        push(&mut binding, owner.client_id().unwrap_or_default());
        binding
    }
}

/// Length first, so that no two lists of fields make the same bytes.
fn push(bytes: &mut Vec<u8>, field: &str) {
    bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
    bytes.extend_from_slice(field.as_bytes());
}

impl fmt::Debug for SessionSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSealer(…)")
    }
}
