//! How one resource uses DPoP. The defaults, each beside its reason.

use crate::keys::Algorithm;
use portcullis_oauth::ProtectedResourceMetadata;

/// Whether tokens must, may or cannot be bound to a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DpopMode {
    /// Bearer tokens only; a token with `cnf` is refused, and DPoP is an unknown scheme.
    #[default]
    Off,
    /// A token that is bound needs its proof; one that is not is a bearer token.
    Supported,
    /// Every token must be bound.
    Required,
}

/// The settings of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DpopSettings {
    /// Whether tokens must, may or cannot be bound.
    pub mode: DpopMode,
    /// What proofs may be signed with; at least one.
    pub algorithms: Vec<Algorithm>,
    /// How old a proof may be, and how far ahead of our clock, in seconds; at most [`DpopSettings::MAX_PROOF_SECONDS`].
    pub proof_seconds: u64,
    /// Whether a proof must carry a nonce of ours: then none can be made long before it is used.
    pub nonce: bool,
    /// How many used proofs are remembered, so that none is used twice; zero remembers none.
    pub remembered_proofs: usize,
}

impl DpopSettings {
    /// Five minutes either way, as MCP asks (DP-04).
    pub const MAX_PROOF_SECONDS: u64 = 300;

    /// Says so in the metadata (PRM-16).
    pub fn describe(&self, metadata: &mut ProtectedResourceMetadata) {
        if self.mode == DpopMode::Off {
            return;
        }
        let names = self.algorithms.iter().map(|algorithm| algorithm.as_str().to_owned());
        metadata.dpop_signing_alg_values_supported = names.collect();
        metadata.dpop_bound_access_tokens_required = (self.mode == DpopMode::Required).then_some(true);
    }
}

impl Default for DpopSettings {
    fn default() -> Self {
        Self {
            mode: DpopMode::Off,
            algorithms: Algorithm::ALL.to_vec(),
            // Clocks of laptops are off by minutes; replays are the memory's business.
            proof_seconds: Self::MAX_PROOF_SECONDS,
            // It costs every client a round trip, and clients that do not know it fail.
            nonce: false,
            // Four hundred requests a second for five minutes, in some 15 MiB.
            remembered_proofs: 128 * 1024,
        }
    }
}
