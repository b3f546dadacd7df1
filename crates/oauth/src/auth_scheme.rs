//! Authentication schemes (RFC 9110 §11.1) under which an access token is sent.

use std::fmt;

/// How an access token is presented in `Authorization`, and asked for in `WWW-Authenticate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthScheme {
    /// Whoever has the token may use it (RFC 6750).
    Bearer,
    /// Whoever has the key it is bound to (RFC 9449 §7.1).
    Dpop,
}

impl AuthScheme {
    /// The scheme as its RFC spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// The scheme of this name, whatever its case (RFC 9110 §11.1, RS-04).
    pub fn parse(name: &[u8]) -> Option<Self> {
        [Self::Bearer, Self::Dpop]
            .into_iter()
            .find(|scheme| name.eq_ignore_ascii_case(scheme.as_str().as_bytes()))
    }
}

impl fmt::Display for AuthScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
