//! Why a proof was not accepted: one variant a check of RFC 9449 §4.3 (DP-02), with what the operator needs to know.

use portcullis_oauth::ErrorCode;
use std::time::Duration;

/// The proof is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// No `DPoP` header.
    #[error("the token is bound to a key, and there is no DPoP header")]
    Missing,
    /// More than one.
    #[error("there is more than one DPoP header")]
    Repeated,
    /// Not a compact JWS with well-formed, well-typed members, or too large.
    #[error("the proof is malformed: {0}")]
    Malformed(&'static str),
    /// `typ` is not `dpop+jwt`.
    #[error("the proof's type is not dpop+jwt")]
    Typ,
    /// `alg` is not asymmetric, not allowed, or not one for this key.
    #[error("the proof's algorithm {alg:?} is not allowed")]
    Algorithm {
        /// The `alg` of the proof.
        alg: String,
    },
    /// `jwk` has a private or symmetric part.
    #[error("the proof brings its private key along; whoever sent it must make a new one")]
    PrivateKey,
    /// `jwk` is no public key for `alg`: too small, not on its curve, not for signatures.
    #[error("the proof's jwk is no public key for {alg}")]
    Key {
        /// The `alg` of the proof.
        alg: String,
    },
    /// `htm` is another method.
    #[error("the proof is for the method {htm:?}")]
    Method {
        /// The `htm` of the proof.
        htm: String,
    },
    /// `htu` is another place.
    #[error("the proof is for {htu:?}, not for {expected:?}")]
    Target {
        /// The `htu` of the proof.
        htu: String,
        /// Where this resource is.
        expected: String,
    },
    /// `iat` is too long ago.
    #[error("the proof was made {ago} s ago")]
    Stale {
        /// Seconds since `iat`.
        ago: u64,
    },
    /// `iat` is too far ahead.
    #[error("the proof was made in {in_seconds} s; do the clocks agree?")]
    Early {
        /// Seconds until `iat`.
        in_seconds: u64,
    },
    /// `ath` is missing, or another token's.
    #[error("the proof is for another token")]
    Token,
    /// There is no nonce of ours in it, or an old one.
    #[error("the proof needs a fresh nonce")]
    Nonce {
        /// The nonce to use.
        fresh: String,
    },
    /// The key is not the one the token is bound to.
    #[error("the token is bound to another key than the proof's")]
    OtherKey,
    /// The signature is not by the key.
    #[error("the proof's signature does not verify")]
    Signature,
    /// It was used before.
    #[error("the proof was used before")]
    Replayed,
    /// It is as old as proofs that were forgotten, so nobody can say whether it was used before.
    #[error("the proof is older than what is remembered of this caller")]
    Forgotten,
    /// Used proofs cannot be remembered, so this one could be used again.
    #[error("used proofs cannot be remembered; try again in {retry_after:?}")]
    Unavailable {
        /// When to come back.
        retry_after: Duration,
    },
}

impl ProofError {
    /// A stable code for audit and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "proof_missing",
            Self::Repeated => "proof_repeated",
            Self::Malformed(_) => "proof_malformed",
            Self::Typ => "proof_type",
            Self::Algorithm { .. } => "proof_algorithm",
            Self::PrivateKey => "proof_private_key",
            Self::Key { .. } => "proof_key",
            Self::Method { .. } => "proof_method",
            Self::Target { .. } => "proof_target",
            Self::Stale { .. } | Self::Early { .. } => "proof_time",
            Self::Token => "proof_token",
            Self::Nonce { .. } => "proof_nonce",
            Self::OtherKey => "proof_other_key",
            Self::Signature => "proof_signature",
            Self::Replayed => "proof_replayed",
            Self::Forgotten => "proof_forgotten",
            Self::Unavailable { .. } => "proof_memory_full",
        }
    }

    /// What the challenge says (DP-07). A key that is not the token's is the token's failure, as in RFC 9449 §7.1.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Nonce { .. } => ErrorCode::UseDpopNonce,
            Self::OtherKey => ErrorCode::InvalidToken,
            Self::Missing
            | Self::Repeated
            | Self::Malformed(_)
            | Self::Typ
            | Self::Algorithm { .. }
            | Self::PrivateKey
            | Self::Key { .. }
            | Self::Method { .. }
            | Self::Target { .. }
            | Self::Stale { .. }
            | Self::Early { .. }
            | Self::Token
            | Self::Signature
            | Self::Replayed
            | Self::Forgotten
            | Self::Unavailable { .. } => ErrorCode::InvalidDpopProof,
        }
    }

    /// What the client reads. It made the proof, so it may be told which part is wrong.
    pub fn description(&self) -> &'static str {
        match self {
            Self::Missing => "the access token is bound to a key: send a DPoP proof",
            Self::Repeated => "send one DPoP header",
            Self::Malformed(_) => "the DPoP proof is malformed",
            Self::Typ => "the DPoP proof must have the type dpop+jwt",
            Self::Algorithm { .. } => "the DPoP proof is signed with an algorithm that is not accepted here",
            Self::PrivateKey => "the DPoP proof contains a private key: make a new one",
            Self::Key { .. } => "the key of the DPoP proof is not accepted here",
            Self::Method { .. } => "the DPoP proof is for another method",
            Self::Target { .. } => "the DPoP proof is for another URL",
            Self::Stale { .. } | Self::Early { .. } => "the DPoP proof was not made just now",
            Self::Token => "the DPoP proof is for another access token",
            Self::Nonce { .. } => "use the nonce of this answer in the DPoP proof",
            Self::OtherKey => "the access token is bound to another key than that of the DPoP proof",
            Self::Signature => "the signature of the DPoP proof is not valid",
            Self::Replayed | Self::Forgotten => "make a new DPoP proof for each request",
            Self::Unavailable { .. } => "DPoP proofs cannot be checked at the moment",
        }
    }
}
