//! Tokens beside the one that the server should accept: what a server does with a token for somebody else, only such a token
//! shows.

use crate::Secret;
use std::fmt;

/// In what a token is other than the one that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// It is for another server, of the same issuer (RS-09).
    Audience,
    /// Another issuer's (RS-16).
    Issuer,
    /// Its time is over (JW-05).
    Expired,
    /// It was revoked (RS-14).
    Revoked,
    /// An ID token, or any other kind of the same issuer (JW-14).
    Kind,
    /// It lacks scopes, and is good otherwise (CH-13).
    Scope,
    /// It is another user's, and good (TL-15).
    User,
}

/// A token with its label, as it is given: `audience=eyJ…`.
#[derive(Clone, Debug)]
pub struct OtherToken {
    /// What is other about it.
    pub other: Other,
    /// The token.
    pub token: Secret,
}

/// That is no token with a label. What was given is not repeated: it may be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherTokenError;

impl Other {
    /// Each of them.
    pub const ALL: [Self; 7] =
        [Self::Audience, Self::Issuer, Self::Expired, Self::Revoked, Self::Kind, Self::Scope, Self::User];

    /// Its label: `audience`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Audience => "audience",
            Self::Issuer => "issuer",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Kind => "kind",
            Self::Scope => "scope",
            Self::User => "user",
        }
    }

    /// As it is shown where the token was sent.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Audience => "a token for another server",
            Self::Issuer => "a token of another issuer",
            Self::Expired => "an expired token",
            Self::Revoked => "a revoked token",
            Self::Kind => "a token of another kind",
            Self::Scope => "a token that lacks scopes",
            Self::User => "another user's token",
        }
    }
}

impl OtherToken {
    /// Reads `label=token`.
    ///
    /// # Errors
    /// No such label, or nothing after it.
    pub fn parse(text: &str) -> Result<Self, OtherTokenError> {
        let (label, token) = text.split_once('=').ok_or(OtherTokenError)?;
        let other = Other::ALL.into_iter().find(|other| other.label() == label).ok_or(OtherTokenError)?;
        if token.trim().is_empty() {
            return Err(OtherTokenError);
        }
        Ok(Self { other, token: Secret::new(token) })
    }
}

impl fmt::Display for OtherTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = Other::ALL.map(Other::label).join(", ");
        write!(f, "write what is other about the token, then the token: audience=eyJ… (one of {labels})")
    }
}

impl std::error::Error for OtherTokenError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_label() {
        for other in Other::ALL {
            let parsed = OtherToken::parse(&format!("{}=abc.def=", other.label())).unwrap();
            assert_eq!((parsed.other, parsed.token.expose()), (other, "abc.def="));
        }
    }

    /// RS-17
    #[test]
    fn what_is_no_token_with_a_label_is_not_repeated() {
        for text in ["eyJsecret", "audience=", "audience= ", "Audience=eyJsecret", "=eyJsecret", ""] {
            let error = OtherToken::parse(text).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{text}");
        }
        assert!(!format!("{:?}", OtherToken::parse("user=eyJsecret")).contains("secret"));
    }
}
