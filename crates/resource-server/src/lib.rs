//! The line a request travels: verify who asks, read what is asked, authorize it; a permit or a refusal.
//!
//! Start reading at [`Line`]. Each step consumes the proof of the one before:
//! [`BearerToken`] → [`AccessToken`] → [`Permit`] → [`Admitted`].

mod audit;
mod bearer;
mod body;
mod cache;
mod challenges;
mod clock;
mod dpop;
mod keys;
mod line;
mod near_miss;
mod permit;
mod policy;
mod reach;
mod refusal;
mod session;
mod token;
mod verifier;
mod verify_error;

pub use audit::{Audit, AuditEvent, AuditedCaller, AuditedOperation};
pub use bearer::{BearerError, BearerToken, MAX_TOKEN_BYTES};
pub use body::BodyLimits;
pub use challenges::ChallengeContext;
pub use clock::SystemClock;
pub use dpop::{
    BoundedMemory, Confirmation, DPOP, DPOP_NONCE, DpopMode, DpopProof, DpopSettings, MAX_JTI_BYTES,
    MAX_PROOF_BYTES, NotRemembered, Possession, ProofError, ProofMemory, Remembering, UsedProof,
};
pub use keys::{Algorithm, KeyLocation, KeySource, KeySourceStatus};
pub use line::{Line, SESSION_ID};
pub use near_miss::near_miss;
pub use permit::{Admitted, Asked, OpenedSession, Permit};
pub use policy::{DefaultRule, Policy, PolicyError};
pub use reach::Reach;
pub use refusal::{Reason, Refusal};
pub use session::{SessionKeyError, SessionSealer};
pub use token::{AccessToken, Audiences, TypRule, UnverifiedClaims, UnverifiedHeader};
pub use verifier::{MAX_LEEWAY, TrustedIssuer, Verifier};
pub use verify_error::{TokenError, VerifyError};
