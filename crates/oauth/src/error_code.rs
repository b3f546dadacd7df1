//! The error codes a protected resource may send (RFC 6750 §3.1).

use std::fmt;

/// Why a bearer request was refused, as the client reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request is malformed: 400.
    InvalidRequest,
    /// The token is malformed, expired, or not for us: 401.
    InvalidToken,
    /// The token is good and its scopes do not suffice: 403.
    InsufficientScope,
}

impl ErrorCode {
    /// The code as RFC 6750 §3.1 spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::InvalidRequest, Self::InvalidToken, Self::InsufficientScope]
            .into_iter()
            .find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
