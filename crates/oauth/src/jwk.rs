//! Public keys as they are published (RFC 7517): one odd key never spoils the set.

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
            match Jwk::deserialize(entry) {
                Ok(mut key) if entry.is_object() => {
                    key.has_private_part = PRIVATE.iter().any(|member| entry.get(member).is_some());
                    set.keys.push(key);
                }
                _ => set.unreadable += 1,
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

    #[test]
    fn a_cut_document_is_no_set() {
        assert_eq!(Jwks::parse(br#"{"keys":[{"kty""#), Err(JwksError::NotJson));
        assert_eq!(Jwks::parse(b"[]"), Err(JwksError::NoKeys));
    }
}
