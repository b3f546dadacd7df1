//! Every way to say no, and the stable code of each.

use crate::{
    bearer::BearerError,
    check::CheckError,
    dpop::{PossessionError, ProofError},
    policy::PolicyError,
    rates::RateExceeded,
    verify_error::VerifyError,
};
use portcullis_mcp::ReadError;
use portcullis_oauth::Scope;

/// Why the line stopped.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// `Host` is not one this resource is reached by (DNS rebinding).
    #[error("the Host is not one this resource is reached by")]
    Host,
    /// `Origin` is present and not allowed (TM-02, TL-17).
    #[error("the Origin is not allowed")]
    Origin,
    /// No usable token in the headers.
    #[error(transparent)]
    Bearer(#[from] BearerError),
    /// The token is no proof, or nobody can say.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The token is bound to a key, and the proof of having it is none.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Not POST, GET or DELETE.
    #[error("the method is not one of an MCP endpoint")]
    Method,
    /// The body is longer than configured.
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body did not come in time.
    #[error("the body did not arrive in time")]
    BodyTimeout,
    /// The client broke off while sending.
    #[error("the body could not be read to its end")]
    BodyBroken,
    /// Headers and body do not make one well-formed MCP message.
    #[error("{}", .0.message())]
    Read(ReadError),
    /// The session id is not this caller's, too old, or nobody's: told to nobody apart (G-08).
    #[error("the session is not known")]
    Session,
    /// Too many requests (TM-34).
    #[error(transparent)]
    Rate(#[from] RateExceeded),
    /// A scope is lacking that token after token lacks: the client would go round for it (CL-07).
    #[error("the token lacks a scope, as those before it that were asked for with it")]
    StepUpExhausted {
        /// What the token lacks, for the operator.
        missing: Scope,
    },
    /// The policy says no.
    #[error("{}", policy_text(.0))]
    Policy(PolicyError),
    /// The operator's own check says no, or says nothing.
    #[error(transparent)]
    Check(CheckError),
}

fn policy_text(error: &PolicyError) -> &'static str {
    match error {
        PolicyError::InsufficientScope { .. } => "the token lacks a scope",
        PolicyError::Unlisted => "no rule lists this tool, prompt or resource",
        PolicyError::UnknownMethod => "the method is not MCP's and no rule names it",
        PolicyError::Caller => "the rule is for other callers",
        PolicyError::Condition => "the rule's condition does not hold",
        PolicyError::ConditionFailed(_) => "the rule's condition could not be judged",
    }
}

impl Reason {
    /// A stable code for audit, metrics and `explain`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Host => "host_refused",
            Self::Origin => "origin_refused",
            Self::Bearer(BearerError::Missing) => "token_missing",
            Self::Bearer(BearerError::Repeated) => "token_repeated",
            Self::Bearer(BearerError::Malformed) => "token_malformed",
            Self::Bearer(BearerError::TooLong) => "token_too_long",
            Self::Verify(VerifyError::Token(error)) => error.reason(),
            Self::Verify(VerifyError::KeysUnavailable { .. }) => "keys_unavailable",
            Self::Proof(error) => error.reason(),
            Self::Verify(VerifyError::IntrospectionUnavailable { .. }) => "introspection_unavailable",
            Self::Method => "method_refused",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyTimeout => "body_timeout",
            Self::BodyBroken => "body_broken",
            Self::Read(error) => error.reason(),
            Self::Session => "session_unknown",
            Self::Rate(exceeded) => exceeded.reason(),
            Self::StepUpExhausted { .. } => "step_up_exhausted",
            Self::Policy(PolicyError::InsufficientScope { .. }) => "insufficient_scope",
            Self::Policy(PolicyError::Unlisted) => "unlisted",
            Self::Policy(PolicyError::UnknownMethod) => "method_unknown",
            Self::Policy(PolicyError::Caller) => "caller_refused",
            Self::Policy(PolicyError::Condition) => "condition_denied",
            Self::Policy(PolicyError::ConditionFailed(_)) => "condition_failed",
            Self::Check(CheckError::Denied { .. }) => "check_denied",
            Self::Check(CheckError::Unavailable(_)) => "check_unavailable",
            Self::Check(CheckError::Unaskable(_)) => "check_unaskable",
        }
    }
}

impl From<ReadError> for Reason {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<CheckError> for Reason {
    fn from(error: CheckError) -> Self {
        Self::Check(error)
    }
}

impl From<PolicyError> for Reason {
    fn from(error: PolicyError) -> Self {
        Self::Policy(error)
    }
}

impl From<PossessionError> for Reason {
    fn from(error: PossessionError) -> Self {
        match error {
            PossessionError::Token(error) => Self::Verify(VerifyError::Token(error)),
            PossessionError::Proof(error) => Self::Proof(error),
        }
    }
}
