//! Public keys as they are published (RFC 7517), where one odd key never spoils the set, or sent in a proof; and what a
//! thumbprint of one is over (RFC 7638).

use serde::Deserialize;
use serde_json::Value;

/// One public key. Private members are never kept; that there was one is remembered, because such a key is
/// known to the world and must not be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Jwk {
    /// `RSA`, `EC`, `OKP`.
    pub kty: String,
    /// `sig` or `enc`.
    #[serde(rename = "use")]
    pub use_: Option<String>,
    /// `verify` among others.
    pub key_ops: Option<Vec<String>>,
    /// The one algorithm this key is for.
    pub alg: Option<String>,
    /// The name a token calls the key by.
    pub kid: Option<String>,
    /// RSA modulus, base64url.
    pub n: Option<String>,
    /// RSA exponent, base64url.
    pub e: Option<String>,
    /// `P-256`, `P-384`, `Ed25519`.
    pub crv: Option<String>,
    /// Coordinate, base64url.
    pub x: Option<String>,
    /// Coordinate, base64url.
    pub y: Option<String>,
    /// Whether the publisher leaked a private or symmetric key.
    #[serde(skip)]
    pub has_private_part: bool,
}

/// A key set as published (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jwks {
    /// The entries that are keys at all.
    pub keys: Vec<Jwk>,
    /// How many entries were not.
    pub unreadable: usize,
}

/// The document is not a key set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// Not JSON, or cut short.
    #[error("the key set is not JSON")]
    NotJson,
    /// No `keys` array.
    #[error("the key set has no `keys` array (RFC 7517 §5)")]
    NoKeys,
}

/// Members that hold private or symmetric key material (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl Jwk {
    /// One key; `None` if it is not an object whose known members are texts.
    pub fn parse(entry: &Value) -> Option<Self> {
        let mut key = Self::deserialize(entry).ok().filter(|_| entry.is_object())?;
        key.has_private_part = PRIVATE.iter().any(|member| entry.get(member).is_some());
        Some(key)
    }

    /// What the thumbprint of this key is a hash of (RFC 7638 §3): its required members alone, in order, without spaces.
    /// `None` for a kind of key that is not known here, or whose members would not stand in JSON as they are.
    pub fn thumbprint_input(&self) -> Option<String> {
        let is_plain = |text: &&str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let member = |member: &'_ Option<String>| member.as_deref().filter(is_plain).map(str::to_owned);
        Some(match self.kty.as_str() {
            "RSA" => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, member(&self.e)?, member(&self.n)?),
            "EC" => {
                let (crv, x, y) = (member(&self.crv)?, member(&self.x)?, member(&self.y)?);
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            "OKP" => {
                format!(r#"{{"crv":"{}","kty":"OKP","x":"{}"}}"#, member(&self.crv)?, member(&self.x)?)
            }
            _ => return None,
        })
    }
}

impl Jwks {
    /// Parses a set, keeping what can be read (RFC 7517 §5 asks to ignore the rest).
    ///
    /// # Errors
    /// The document as a whole is no key set.
    pub fn parse(document: &[u8]) -> Result<Self, JwksError> {
        let document: Value = serde_json::from_slice(document).map_err(|_| JwksError::NotJson)?;
        let entries = document.get("keys").and_then(Value::as_array).ok_or(JwksError::NoKeys)?;
        let mut set = Self::default();
        for entry in entries {
            match Jwk::parse(entry) {
                Some(key) => set.keys.push(key),
                None => set.unreadable += 1,
            }
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_key_does_not_spoil_the_set() {
        let set = Jwks::parse(
            br#"{"keys":[7,{"kty":"RSA","kid":1},{"kty":"EC","kid":"a"},{"kty":"oct","k":"AA"},["RSA"]]}"#,
        )
        .unwrap();
        assert_eq!((set.keys.len(), set.unreadable), (2, 3));
        assert!(set.keys[1].has_private_part);
    }

    /// RFC 7638 §3.1: only what makes the key the key it is.
    #[test]
    fn a_thumbprint_is_over_the_required_members_in_order() {
        let key = |json: &str| Jwk::parse(&serde_json::from_str(json).unwrap());
        let rsa = key(r#"{"kid":"a","n":"0vx7","e":"AQAB","alg":"RS256","kty":"RSA"}"#).unwrap();
        assert_eq!(rsa.thumbprint_input().unwrap(), r#"{"e":"AQAB","kty":"RSA","n":"0vx7"}"#);
        for (name, json) in [
            ("symmetric", r#"{"kty":"oct","k":"AA"}"#),
            ("a coordinate is missing", r#"{"kty":"EC","crv":"P-256","x":"AA"}"#),
            ("what JSON would escape", r#"{"kty":"OKP","crv":"Ed25519","x":"A\",\"y\":\""}"#),
            ("empty", r#"{"kty":"RSA","n":"","e":"AQAB"}"#),
        ] {
            assert_eq!(key(json).unwrap().thumbprint_input(), None, "{name}");
        }
        assert_eq!(key("[]"), None);
        assert_eq!(key(r#"{"kty":7}"#), None);
    }

    #[test]
    fn a_cut_document_is_no_set() {
        assert_eq!(Jwks::parse(br#"{"keys":[{"kty""#), Err(JwksError::NotJson));
        assert_eq!(Jwks::parse(b"[]"), Err(JwksError::NoKeys));
    }
}
