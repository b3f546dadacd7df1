//! The access token of a request (RFC 6750 §2.1, RFC 9449 §7.1): from exactly one `Authorization` header, and from nowhere
//! else.
//!
//! ```abnf
//! credentials = ( "Bearer" / "DPoP" ) 1*SP b64token
//! b64token    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
//! ```

use http::{
    HeaderMap,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use portcullis_oauth::AuthScheme;
use std::fmt;
use url::form_urlencoded;

/// A longer token is refused before anything is done with it. Providers' tokens are 1 to 4 KiB; one that lists
/// two hundred groups is about 8.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A token as it came in: secret, and not yet trusted. It cannot be printed. It knows its scheme, which says what its
/// sender claims: to have the token, or also the key it is bound to.
#[derive(Clone, Copy)]
pub struct BearerToken<'a> {
    scheme: AuthScheme,
    secret: &'a str,
}

/// There is no usable token in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BearerError {
    /// No `Authorization`, or one of another scheme (CH-05).
    #[error("no access token was sent")]
    Missing,
    /// Two `Authorization` headers, or one and a token in a form (RS-07).
    #[error("the request has a token in more than one place")]
    Repeated,
    /// The scheme is ours; what follows is not a token (RS-04).
    #[error("the access token is not a token68")]
    Malformed,
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the access token is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
}

impl<'a> BearerToken<'a> {
    /// Takes the token from the headers, if it is under one of these schemes. Query and body are never looked at (RS-05,
    /// RS-06, G-03).
    ///
    /// # Errors
    /// [`BearerError`], each of which has its own answer.
    pub fn from_headers(headers: &'a HeaderMap, accepted: &[AuthScheme]) -> Result<Self, BearerError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(BearerError::Missing)?;
        if values.next().is_some() {
            return Err(BearerError::Repeated);
        }
        let value = value.as_bytes();
        let name = scheme_name(value);
        let scheme = AuthScheme::parse(name).filter(|scheme| accepted.contains(scheme));
        let scheme = scheme.ok_or(BearerError::Missing)?;
        let token = value[name.len()..].trim_ascii_start();
        if token.len() > MAX_TOKEN_BYTES {
            return Err(BearerError::TooLong);
        }
        if !is_token68(token) || value[name.len()..].contains(&b'\t') {
            return Err(BearerError::Malformed);
        }
        let secret = std::str::from_utf8(token).map_err(|_| BearerError::Malformed)?;
        Ok(Self { scheme, secret })
    }

    /// Under which scheme it came.
    pub fn scheme(&self) -> AuthScheme {
        self.scheme
    }

    /// The secret, for those who verify it.
    pub(crate) fn secret(&self) -> &'a str {
        self.secret
    }
}

/// Under which scheme credentials were sent, whatever they are: in its challenge the answer says what was wrong (CH-19).
pub(crate) fn scheme_of(headers: &HeaderMap) -> Option<AuthScheme> {
    headers.get(AUTHORIZATION).and_then(|value| AuthScheme::parse(scheme_name(value.as_bytes())))
}

fn scheme_name(credentials: &[u8]) -> &[u8] {
    credentials.split(|byte| *byte == b' ').next().unwrap_or_default()
}

impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(…)")
    }
}

/// RS-07: beside the one in the header, a token in a form is a second. Judged once the body may be read.
pub(crate) fn refuse_second_in_form(headers: &HeaderMap, body: &[u8]) -> Result<(), BearerError> {
    let is_form = |value: &[u8]| {
        let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    };
    let is_form = headers.get_all(CONTENT_TYPE).iter().any(|value| is_form(value.as_bytes()));
    if is_form && names_token(body) { Err(BearerError::Repeated) } else { Ok(()) }
}

/// Whether a query or a form has a token in it (RFC 6750 §2.2, §2.3), however the name is spelled.
pub(crate) fn names_token(pairs: &[u8]) -> bool {
    form_urlencoded::parse(pairs).any(|(name, _)| name.eq_ignore_ascii_case("access_token"))
}

fn is_token68(token: &[u8]) -> bool {
    let end = token.iter().rposition(|byte| *byte != b'=').map_or(0, |index| index + 1);
    let is_one =
        |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    // To the end even if there is another: without a branch it is many bytes at a time.
    end > 0 && token[..end].iter().fold(true, |all, byte| all & is_one(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const BEARER: &[AuthScheme] = &[AuthScheme::Bearer];
    const BOTH: &[AuthScheme] = &[AuthScheme::Bearer, AuthScheme::Dpop];

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    /// RS-03, RS-04
    #[test]
    fn takes_the_token_whatever_the_case_of_the_scheme_and_the_number_of_spaces() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc"] {
            let headers = headers(&[value]);
            let token = BearerToken::from_headers(&headers, BEARER).unwrap();
            assert_eq!((token.secret(), token.scheme()), ("abc", AuthScheme::Bearer), "{value}");
        }
    }

    /// DP-01: where it is not accepted it is a scheme like any other.
    #[test]
    fn the_dpop_scheme_is_one_only_where_it_is_accepted() {
        for value in ["DPoP abc", "dpop   abc"] {
            let headers = headers(&[value]);
            assert_eq!(BearerToken::from_headers(&headers, BOTH).unwrap().scheme(), AuthScheme::Dpop);
            assert_eq!(BearerToken::from_headers(&headers, BEARER).unwrap_err(), BearerError::Missing);
        }
        let malformed = headers(&["DPoP a b"]);
        assert_eq!(BearerToken::from_headers(&malformed, BOTH).unwrap_err(), BearerError::Malformed);
        assert_eq!(BearerToken::from_headers(&malformed, BEARER).unwrap_err(), BearerError::Missing);
    }

    /// RS-04, RS-07, CH-05
    #[test]
    fn refuses_everything_else() {
        use BearerError::{Malformed, Missing, Repeated};
        for (name, values, expected) in [
            ("nothing", &[][..], Missing),
            ("another scheme", &["Basic YTpi"], Missing),
            ("a scheme that begins alike", &["Bearerabc"], Missing),
            ("two headers", &["Bearer abc", "Bearer abc"], Repeated),
            ("two headers, one of another scheme", &["Bearer abc", "Basic x"], Repeated),
            ("empty", &["Bearer "], Malformed),
            ("scheme alone", &["Bearer"], Malformed),
            ("two tokens", &["Bearer a b"], Malformed),
            ("joined by a comma", &["Bearer a,Bearer b"], Malformed),
            ("padding alone", &["Bearer =="], Malformed),
            ("padding in the middle", &["Bearer a=b"], Malformed),
            ("not ASCII", &["Bearer ä"], Malformed),
            ("a tab", &["Bearer \tabc"], Malformed),
        ] {
            assert_eq!(BearerToken::from_headers(&headers(values), BOTH).unwrap_err(), expected, "{name}");
        }
    }

    #[test]
    fn refuses_a_token_of_unreasonable_length() {
        let long = format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES + 1));
        assert_eq!(BearerToken::from_headers(&headers(&[&long]), BEARER).unwrap_err(), BearerError::TooLong);
    }

    /// RS-17
    #[test]
    fn cannot_be_printed() {
        let headers = headers(&["Bearer secret"]);
        assert!(!format!("{:?}", BearerToken::from_headers(&headers, BEARER)).contains("secret"));
    }
}
