//! The JOSE header of a token (RFC 7515 §4), as a stranger wrote it.

use super::members::object;
use crate::verify_error::TokenError;
use serde_json::{Map, Value};

/// `alg`, `kid` and `typ`. `jku`, `jwk`, `x5u` and `x5c` are not kept: keys come from the issuer alone (JW-16).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnverifiedHeader {
    /// The algorithm the token claims to be signed with; it chooses nothing (JW-11).
    pub alg: String,
    /// The name of the key, compared with the issuer's set and used for nothing else.
    pub kid: Option<String>,
    /// The kind of token (RFC 8725 §3.11).
    pub typ: Option<String>,
}

pub(crate) const NO_OBJECT: &str = "the header is not a JSON object with unique members";

/// Longer key ids name no key we know.
const MAX_KID_BYTES: usize = 512;

impl UnverifiedHeader {
    /// Parses the decoded header.
    ///
    /// # Errors
    /// Not an object, a member twice, no `alg`, or `crit`, of whose extensions none is understood here
    /// (RFC 7515 §4.1.11 says to refuse), or `b64`, which changes what is signed (RFC 7797).
    pub fn parse(json: &[u8]) -> Result<Self, TokenError> {
        Self::take(&mut object(json).map_err(|_| TokenError::Malformed(NO_OBJECT))?)
    }

    /// The same of members already read; what is left of them is not ours.
    pub(crate) fn take(members: &mut Map<String, Value>) -> Result<Self, TokenError> {
        let mut text = |name| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(TokenError::Malformed("alg, kid or typ of the header is not a string"))
            }
        };
        let (alg, kid, typ) = (text("alg")?, text("kid")?, text("typ")?);
        if ["crit", "b64", "enc", "zip"].into_iter().any(|name| members.contains_key(name)) {
            return Err(TokenError::Critical);
        }
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
            return Err(TokenError::Malformed("the key id is too long"));
        }
        let alg = alg.ok_or(TokenError::Malformed("the header has no alg"))?;
        Ok(Self { alg, kid, typ })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JW-16, JW-18, JW-19
    #[test]
    fn refuses_headers_that_two_parsers_would_read_differently() {
        for json in [
            r#"{"alg":"RS256","alg":"none"}"#,
            r#"{"alg":"RS256","kid":"a","k\u0069d":"b"}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":"RS256"} x"#,
            r#"["RS256"]"#,
            r#"{"kid":"a"}"#,
            r#"{"alg":"RS256","crit":["exp"]}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r#"{"alg":"RS256","b64":false}"#,
        ] {
            assert!(UnverifiedHeader::parse(json.as_bytes()).is_err(), "{json}");
        }
        assert!(UnverifiedHeader::parse(b"{\"alg\":\"\xff\"}").is_err());
    }

    /// JW-16
    #[test]
    fn keys_and_addresses_in_a_header_are_not_even_kept() {
        let parsed = UnverifiedHeader::parse(
            br#"{"alg":"RS256","jku":"http://169.254.169.254/","jwk":{"kty":"RSA"}}"#,
        );
        assert_eq!(parsed.unwrap(), UnverifiedHeader { alg: "RS256".into(), kid: None, typ: None });
    }
}
