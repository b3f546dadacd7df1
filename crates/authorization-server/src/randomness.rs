//! Where randomness comes from: a parameter, as time is.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

/// Makes bytes nobody can guess.
pub trait Randomness: Send + Sync + 'static {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// There is no randomness to be had; nothing may be issued then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The machine has no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this machine has no randomness")]
pub struct NoRandomness;

/// The operating system's, through a generator that is made for cryptography.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        SystemRandom::new().fill(bytes).map_err(|_| NoRandomness)
    }
}
