//! The line a request travels: verify who asks, read what is asked, authorize it; a permit or a refusal.
//!
//! Start reading at [`Line`]. Each step consumes the proof of the one before:
//! [`BearerToken`] → [`AccessToken`] → [`Permit`] → [`Admitted`].

mod audit;
mod bearer;
mod body;
mod bounded;
mod cache;
mod clock;
mod keys;
mod line;
mod near_miss;
mod permit;
mod policy;
mod rates;
mod reach;
mod reasons;
mod refusal;
mod session;
mod step_up;
mod token;
mod verifier;
mod verify_error;

pub use audit::{Audit, AuditEvent, AuditedCaller, AuditedOperation};
pub use bearer::{BearerError, BearerToken, MAX_TOKEN_BYTES};
pub use body::BodyLimits;
pub use clock::SystemClock;
pub use keys::{Algorithm, KeyLocation, KeySource, KeySourceStatus};
pub use line::{Line, SESSION_ID};
pub use near_miss::near_miss;
pub use permit::{Admitted, Asked, OpenedSession, Permit};
pub use policy::{DefaultRule, Policy, PolicyError};
pub use rates::{
    AddressLimit, ClientAddress, CountedAddress, InMemory, Limited, Rate, RateError, RateExceeded, RateLimit,
    RateLimits, Recorded, Taking, Whose,
};
pub use reach::Reach;
pub use reasons::{ReasonRow, Who, reason, reasons};
pub use refusal::{ChallengeContext, Reason, Refusal};
pub use session::{SessionKeyError, SessionSealer};
pub use step_up::{ChallengeScopes, StepUp};
pub use token::{AccessToken, Audiences, TypRule, UnverifiedClaims, UnverifiedHeader};
pub use verifier::{MAX_LEEWAY, TrustedIssuer, Verifier};
pub use verify_error::{TokenError, VerifyError};
