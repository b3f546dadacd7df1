//! An issuer's keys: from the published form (`Jwk`) to parsed keys (`set`), and how the newest set is had (`source`).

mod algorithm;
mod set;
mod source;
mod verification_key;

pub use algorithm::Algorithm;
pub(crate) use set::KeySet;
pub use source::{KeyLocation, KeySource, KeySourceStatus};
pub(crate) use source::{KeysError, Lookup};
pub(crate) use verification_key::VerificationKey;
