//! The signing key of development: ES256 (RFC 7518 §3.4), named by its thumbprint (RFC 7638).

use crate::{
    key_file::{self, SigningKeyError},
    seal::Seal,
};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::{fmt, path::Path};

/// Signs access tokens, and seals what must come back to us unchanged. Prints as its `kid`.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    seal: Seal,
    kid: String,
    x: String,
    y: String,
}

impl SigningKey {
    /// Loads the key from a PKCS#8 file, or makes it on first use. Of two processes that make it at once, both end up
    /// with one key.
    ///
    /// # Errors
    /// [`SigningKeyError`], with the file and what to do.
    pub fn load_or_create(path: &Path) -> Result<Self, SigningKeyError> {
        let document = match key_file::read(path)? {
            Some(document) => document,
            None => key_file::create(path, new_document()?.as_ref())?,
        };
        Self::from_pkcs8(&document).ok_or_else(|| SigningKeyError::Content { path: path.to_owned() })
    }

    /// A key that lives as long as the process.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub fn ephemeral() -> Result<Self, SigningKeyError> {
        Self::from_pkcs8(new_document()?.as_ref()).ok_or(SigningKeyError::Generate)
    }

    fn from_pkcs8(document: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document).ok()?;
        // SEC 1 §2.3.3: one byte that says "uncompressed", then both coordinates.
        let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let kid = thumbprint(&x, &y);
        Some(Self { seal: Seal::derive(document)?, pair, kid, x, y })
    }

    /// The key's name: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key set (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.kid, "x": self.x, "y": self.y,
        }] })
    }

    /// A signature over `message` (RFC 7518 §3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.pair.sign(&SystemRandom::new(), message).ok().map(|signature| signature.as_ref().to_vec())
    }

    /// What seals texts in this key's name.
    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }
}

fn new_document() -> Result<impl AsRef<[u8]>, SigningKeyError> {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .and_then(|pair| pair.to_pkcs8v1())
        .map_err(|_| SigningKeyError::Generate)
}

/// RFC 7638 §3: the required members in this order, without blanks.
fn thumbprint(x: &str, y: &str) -> String {
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7515 appendix A.3.1; its thumbprint was computed with another implementation.
    #[test]
    fn the_name_is_the_thumbprint() {
        let (x, y) =
            ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        assert_eq!(thumbprint(x, y), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn prints_its_name_only() {
        let key = SigningKey::ephemeral().unwrap();
        assert_eq!(format!("{key:?}"), format!("SigningKey {{ kid: {:?}, .. }}", key.kid()));
    }
}
