//! The error codes a protected resource may send (RFC 6750 §3.1, RFC 9449 §7.1, §9).

use std::fmt;

/// Why a request was refused, as the client reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request is malformed: 400.
    InvalidRequest,
    /// The token is malformed, expired, or not for us: 401.
    InvalidToken,
    /// The token is good and its scopes do not suffice: 403.
    InsufficientScope,
    /// The proof of possession is missing, malformed, or for something else: 401.
    InvalidDpopProof,
    /// The proof needs the nonce that this answer brings: 401.
    UseDpopNonce,
}

impl ErrorCode {
    /// The code as the RFCs spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::InvalidRequest,
            Self::InvalidToken,
            Self::InsufficientScope,
            Self::InvalidDpopProof,
            Self::UseDpopNonce,
        ];
        all.into_iter().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
