//! A token that is sent and never printed (RS-17).

use std::fmt;

/// The token that was given, or one made from it.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Wraps a token.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self(token.trim().into())
    }

    /// For the header it is sent in, and for making another of it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
