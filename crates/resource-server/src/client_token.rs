//! The client's own token on its way to the upstream: only where the line was told so by a dangerous name (RS-12).

use http::HeaderValue;
use std::fmt;

/// What becomes of the token of a request that is admitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientTokens {
    /// It stays behind (RS-11, RS-12).
    #[default]
    StayBehind,
    /// It goes on with the request, to an upstream that is the same resource.
    DangerouslyGoOn,
}

/// A client's own token, for an upstream that is the same resource. It cannot be printed.
pub struct ClientToken(HeaderValue);

impl ClientTokens {
    /// Takes the token out of the one `Authorization` header that was verified. A token that is bound to a key is presented
    /// by another scheme, is worth nothing without its proof, and never goes on.
    pub(crate) fn keep(self, presented: Option<HeaderValue>) -> Option<ClientToken> {
        match self {
            Self::StayBehind => None,
            Self::DangerouslyGoOn => {
                let presented = presented?;
                let (scheme, token) = presented.to_str().ok()?.split_once(' ')?;
                if !scheme.eq_ignore_ascii_case("bearer") {
                    return None;
                }
                let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim())).ok()?;
                value.set_sensitive(true);
                Some(ClientToken(value))
            }
        }
    }
}

impl ClientToken {
    /// The `Authorization` header for the upstream, which does not print either.
    pub fn into_authorization(self) -> HeaderValue {
        self.0
    }
}

impl fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RS-11, RS-12
    #[test]
    fn the_clients_token_is_kept_only_where_the_line_was_told_so() {
        let kept = |tokens: ClientTokens, header: &'static str| {
            tokens.keep(Some(HeaderValue::from_static(header))).map(ClientToken::into_authorization)
        };
        assert_eq!(kept(ClientTokens::default(), "Bearer secret"), None);
        let value = kept(ClientTokens::DangerouslyGoOn, "bearer   secret").unwrap();
        assert_eq!((value.to_str().unwrap(), value.is_sensitive()), ("Bearer secret", true));
        assert_eq!(kept(ClientTokens::DangerouslyGoOn, "DPoP secret"), None);
        assert!(ClientTokens::DangerouslyGoOn.keep(None).is_none());
        let token = ClientTokens::DangerouslyGoOn.keep(Some(HeaderValue::from_static("Bearer secret")));
        assert_eq!(format!("{token:?}"), "Some(ClientToken(…))");
    }
}
