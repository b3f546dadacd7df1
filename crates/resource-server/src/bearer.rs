//! Bearer extraction (RFC 6750 §2.1): from exactly one `Authorization` header, and from nowhere else.
//!
//! ```abnf
//! credentials = "Bearer" 1*SP b64token
//! b64token    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
//! ```

use http::{
    HeaderMap,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use std::fmt;
use url::form_urlencoded;

/// A longer token is refused before anything is done with it. Providers' tokens are 1 to 4 KiB; one that lists
/// two hundred groups is about 8.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A token as it came in: secret, and not yet trusted. It cannot be printed.
pub struct BearerToken<'a>(&'a str);

/// There is no usable token in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// No `Authorization`, or one of another scheme (CH-05).
    #[error("no bearer token was sent")]
    Missing,
    /// Two `Authorization` headers, or one and a token in a form (RS-07).
    #[error("the request has a token in more than one place")]
    Repeated,
    /// The scheme is Bearer; what follows is not a token (RS-04).
    #[error("the bearer token is not a token68")]
    Malformed,
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the bearer token is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
}

impl<'a> BearerToken<'a> {
    /// Takes the token from the headers. Query and body are never looked at (RS-05, RS-06, G-03).
    ///
    /// # Errors
    /// [`BearerError`], each of which has its own answer.
    pub fn from_headers(headers: &'a HeaderMap) -> Result<Self, BearerError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(BearerError::Missing)?;
        if values.next().is_some() {
            return Err(BearerError::Repeated);
        }
        let value = value.as_bytes();
        let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
        if !scheme.eq_ignore_ascii_case(b"bearer") {
            return Err(BearerError::Missing);
        }
        let token = value[scheme.len()..].trim_ascii_start();
        if token.len() > MAX_TOKEN_BYTES {
            return Err(BearerError::TooLong);
        }
        if !is_token68(token) || value[scheme.len()..].contains(&b'\t') {
            return Err(BearerError::Malformed);
        }
        std::str::from_utf8(token).map(Self).map_err(|_| BearerError::Malformed)
    }

    /// The secret, for those who verify it.
    pub(crate) fn secret(&self) -> &'a str {
        self.0
    }
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
            assert_eq!(BearerToken::from_headers(&headers(&[value])).unwrap().secret(), "abc", "{value}");
        }
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
            assert_eq!(BearerToken::from_headers(&headers(values)).unwrap_err(), expected, "{name}");
        }
    }

    #[test]
    fn refuses_a_token_of_unreasonable_length() {
        let long = format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES + 1));
        assert_eq!(BearerToken::from_headers(&headers(&[&long])).unwrap_err(), BearerError::TooLong);
    }

    /// RS-17
    #[test]
    fn cannot_be_printed() {
        let headers = headers(&["Bearer secret"]);
        assert!(!format!("{:?}", BearerToken::from_headers(&headers)).contains("secret"));
    }
}
