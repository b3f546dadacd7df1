//! The line a request travels: verify who asks, read what is asked, authorize it; a permit or a refusal.
//!
//! Start reading at [`Line`]. Each step consumes the proof of the one before:
//! [`BearerToken`] → [`AccessToken`] → [`Permit`] → [`Admitted`].

mod audit;
mod bearer;
mod body;
mod bounded;
mod cache;
mod challenges;
mod check;
mod client_token;
mod clock;
mod demand;
mod discovery;
mod dpop;
mod examine;
mod identity;
mod introspection;
mod keys;
mod line;
mod mirrored;
mod near_miss;
mod observer;
mod open_ended;
mod permit;
mod policy;
mod rates;
mod reach;
mod reasons;
mod refusal;
mod revocation;
mod session;
mod shared_secret;
mod signing_key;
mod step_up;
mod token;
mod trusted;
mod verifier;
mod verify_error;
mod whose;

pub use audit::{Audit, AuditEvent, AuditedCaller, AuditedOperation};
pub use bearer::{BearerError, BearerToken, MAX_TOKEN_BYTES};
pub use body::BodyLimits;
pub use challenges::ChallengeContext;
pub use check::{
    AskedOperation, CallerFact, Check, CheckError, CheckFailure, CheckLimits, ExternalCheck, HttpCheck,
    Named, Question, Sends, Unaskable, Verdict,
};
pub use client_token::{ClientToken, ClientTokens};
pub use clock::SystemClock;
pub use dpop::{
    BoundedMemory, Confirmation, DPOP, DPOP_NONCE, DpopMode, DpopProof, DpopSettings, MAX_JTI_BYTES,
    MAX_PROOF_BYTES, NotRemembered, Possession, ProofError, ProofMemory, Remembering, UsedProof,
};
pub use examine::{CheckOutcome, Checked, Examination, TokenCheck};
pub use identity::{
    IDENTITY_TYP, IdentityKey, IdentityKeyError, IdentityRules, IdentityTokenError, IdentityTokens,
    MAX_IDENTITY_TOKEN_BYTES, PublishedKey, RESERVED_IDENTITY_CLAIMS,
};
pub use introspection::{
    AssertionAudience, ClientKey, ClientKeyError, ClientProof, ClientSecret, DEFAULT_CACHE, EndpointLocation,
    Introspection, IntrospectionClient, IntrospectionSettings,
};
pub use keys::{Algorithm, KeyLocation, KeySource, KeySourceStatus};
pub use line::{Line, SESSION_ID};
pub use mirrored::MirroredParameters;
pub use near_miss::near_miss;
pub use observer::Observer;
pub use permit::{Admitted, Asked, OpenedSession, Permit};
pub use policy::{
    CallerKind, Callers, Condition, ConditionError, ConditionFailure, DefaultRule, MissingScope, Policy,
    PolicyError, Rule, Ruled, Trial, TrialError, View,
};
pub use rates::{
    AddressLimit, ClientAddress, CountedAddress, InMemory, Limited, Rate, RateError, RateExceeded, RateLimit,
    RateLimits, Recorded, Taking, Whose,
};
pub use reach::{Reach, dialled_authority};
pub use reasons::{ReasonRow, Who, reason, reasons};
pub use refusal::{Reason, Refusal};
pub use revocation::{Revocations, Revoked, UntilRevoked};
pub use session::{SessionKeyError, SessionSealer};
pub use shared_secret::SharedSecret;
pub use step_up::{ChallengeScopes, StepUp};
pub use token::{AccessToken, Audiences, TypRule, UnverifiedClaims, UnverifiedHeader};
pub use trusted::{Proof, Signature, TrustedIssuer};
pub use verifier::{MAX_LEEWAY, Verifier};
pub use verify_error::{TokenError, VerifyError};
