//! Proof of possession (RFC 9449): whether whoever presents a token has the key that it is bound to.
//!
//! [`Possession`] is the step of the line after the token is verified, and asks for what the token's `cnf` says
//! ([`Confirmation`]). `proof` reads a [`DpopProof`] strictly and judges it against the request; `nonce` makes and knows
//! nonces without storing any; `memory` keeps a proof from being used twice. Nothing is remembered of a proof but that it
//! was used: a token that is remembered as good still needs a proof of its own with every request.

mod confirmation;
mod error;
mod memory;
mod nonce;
mod possession;
mod proof;
mod settings;
#[cfg(test)]
mod vectors;

pub use confirmation::Confirmation;
pub use error::ProofError;
pub use memory::{BoundedMemory, NotRemembered, ProofMemory, Remembering, UsedProof};
pub use possession::Possession;
pub(crate) use possession::{PossessionError, Proved};
pub use proof::{DpopProof, MAX_JTI_BYTES, MAX_PROOF_BYTES};
pub use settings::{DpopMode, DpopSettings};

use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderName;

/// Carries the proof (RFC 9449 §4.1).
pub const DPOP: HeaderName = HeaderName::from_static("dpop");
/// Carries a nonce for the next proof (RFC 9449 §8).
pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// A short name for several fields: each with its length, so that no two lists of fields make the same bytes.
fn name_of(fields: &[&str]) -> [u8; 16] {
    let mut bytes = Vec::new();
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    let mut name = [0; 16];
    name.copy_from_slice(&sha256(&bytes)[..16]);
    name
}
