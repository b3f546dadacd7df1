//! The key that signs identity tokens: ES256 (RFC 7518 §3.4) or EdDSA (RFC 8037), from a file or generated, and what is
//! published of it (RFC 7517). Its name is its thumbprint (RFC 7638).

use crate::{
    keys::{Algorithm, VerificationKey},
    signing_key::{SigningKey, Unusable},
};
use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::Jwk;
use serde_json::{Value, json};
use std::fmt;

/// Signs identity tokens. Prints as its `kid`.
pub struct IdentityKey {
    key: SigningKey,
    published: PublishedKey,
}

/// A public key as the upstream reads it: `kid`, `alg`, `use`, and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    kid: String,
    jwk: Value,
}

/// A file holds no key that could sign, or be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityKeyError {
    /// Neither PEM nor a JWK.
    #[error("is neither a private key in PEM nor a JWK")]
    Format,
    /// Behind a passphrase.
    #[error("is encrypted with a passphrase")]
    Encrypted,
    /// Of another kind, of parts that do not fit, or without its private part.
    #[error("is not a whole private key of P-256 or Ed25519")]
    Key,
    /// The machine could not make one.
    #[error("a key could not be generated")]
    Generate,
}

impl IdentityKey {
    /// A key from the text of its file: PEM as `openssl genpkey` writes it, or a JWK with `d`.
    ///
    /// # Errors
    /// [`IdentityKeyError`]; none repeats anything of the text.
    pub fn parse(text: &str) -> Result<Self, IdentityKeyError> {
        let (key, _) = SigningKey::parse(text)?;
        Self::of(key).ok_or(IdentityKeyError::Key)
    }

    /// A key that lives as long as the process, for [`Algorithm::EdDsa`], else for ES256.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub fn generate(algorithm: Algorithm) -> Result<Self, IdentityKeyError> {
        let key = if algorithm == Algorithm::EdDsa {
            Ed25519KeyPair::generate().map(SigningKey::Ed25519)
        } else {
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(SigningKey::P256)
        };
        key.ok().and_then(Self::of).ok_or(IdentityKeyError::Generate)
    }

    /// None of a kind that upstreams are not known to verify.
    fn of(key: SigningKey) -> Option<Self> {
        let published = match &key {
            // SEC 1 §2.3.3: one byte that says "uncompressed", then both coordinates.
            SigningKey::P256(pair) => {
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                PublishedKey::p256(&URL_SAFE_NO_PAD.encode(x), &URL_SAFE_NO_PAD.encode(y))
            }
            SigningKey::Ed25519(pair) => PublishedKey::ed25519(&URL_SAFE_NO_PAD.encode(pair.public_key())),
            SigningKey::Rsa(_) | SigningKey::P384(_) => return None,
        };
        Some(Self { key, published })
    }

    /// Its name: the thumbprint of the public key (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.published.kid
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.key.usual_algorithm()
    }

    /// What is published of it.
    pub fn published(&self) -> &PublishedKey {
        &self.published
    }

    /// A signature (RFC 7518 §3.4, RFC 8037 §3.1), encoded; none only if the library cannot make one.
    pub(super) fn sign(&self, message: &[u8]) -> Option<String> {
        let signature = self.key.sign(self.algorithm(), message)?;
        Some(URL_SAFE_NO_PAD.encode(signature))
    }
}

impl From<Unusable> for IdentityKeyError {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Format => Self::Format,
            Unusable::Encrypted => Self::Encrypted,
            Unusable::Public | Unusable::Kind => Self::Key,
        }
    }
}

impl PublishedKey {
    /// A key that is published and does not sign, from the text of its file: as [`IdentityKey::parse`], or a JWK without
    /// its private part.
    ///
    /// # Errors
    /// [`IdentityKeyError`].
    pub fn parse(text: &str) -> Result<Self, IdentityKeyError> {
        match IdentityKey::parse(text) {
            Ok(key) => Ok(key.published),
            Err(IdentityKeyError::Key) => Self::from_public(text).ok_or(IdentityKeyError::Key),
            Err(error) => Err(error),
        }
    }

    fn from_public(text: &str) -> Option<Self> {
        let document = format!(r#"{{"keys":[{text}]}}"#);
        let jwk: Jwk = portcullis_oauth::Jwks::parse(document.as_bytes()).ok()?.keys.pop()?;
        VerificationKey::parse(&jwk, &[Algorithm::Es256, Algorithm::EdDsa])?;
        Some(match (jwk.x?, jwk.y) {
            (x, Some(y)) if jwk.kty == "EC" => Self::p256(&x, &y),
            (x, _) => Self::ed25519(&x),
        })
    }

    fn p256(x: &str, y: &str) -> Self {
        let kid = thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": &kid, "x": x, "y": y,
        });
        Self { kid, jwk }
    }

    fn ed25519(x: &str) -> Self {
        let kid = thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        let jwk =
            json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": &kid, "x": x });
        Self { kid, jwk }
    }

    /// Its name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public JWK.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }
}

/// RFC 7638 §3: of the required members in their order, without blanks.
fn thumbprint(canonical: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::{AsDer as _, EcPrivateKeyRfc5915Der};

    /// The key pair of RFC 7515 appendix A.3.1.
    const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    /// The key pair of RFC 8037 appendix A.1, whose thumbprint is in A.3.
    const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn without_d(jwk: &str) -> String {
        let mut jwk: Value = serde_json::from_str(jwk).unwrap();
        jwk.as_object_mut().unwrap().remove("d");
        jwk.to_string()
    }

    #[test]
    fn a_key_is_named_by_its_thumbprint_and_prints_nothing_else() {
        for (text, kid, algorithm) in [
            (P256, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", Algorithm::Es256),
            (ED25519, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", Algorithm::EdDsa),
        ] {
            let key = IdentityKey::parse(text).unwrap();
            assert_eq!((key.kid(), key.algorithm()), (kid, algorithm));
            assert_eq!(format!("{key:?}"), format!("IdentityKey {{ kid: {kid:?}, .. }}"));
            let public = PublishedKey::parse(&without_d(text)).unwrap();
            assert_eq!(&public, key.published());
            assert!(public.jwk().get("d").is_none() && public.jwk()["use"] == "sig");
        }
    }

    /// As `openssl genpkey` and `openssl ecparam -genkey` write it; other kinds; a passphrase.
    #[test]
    fn reads_what_openssl_writes_and_tells_what_it_cannot_use() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let ed = Ed25519KeyPair::generate().unwrap();
        let pem = |label: &str, der: &[u8]| {
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            let lines: Vec<_> =
                text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
        };
        let pkcs8 = pem("PRIVATE KEY", pair.to_pkcs8v1().unwrap().as_ref());
        let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
        let sec1 = format!(
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{}",
            pem("EC PRIVATE KEY", sec1.as_ref())
        );
        let ed = pem("PRIVATE KEY", ed.to_pkcs8v1().unwrap().as_ref());
        let read = |text: &str| IdentityKey::parse(text).map(|key| key.kid().to_owned());
        assert_eq!(read(&pkcs8), read(&sec1), "one key in two forms");
        assert!(read(&pkcs8).is_ok() && read(&ed).is_ok() && read(&pkcs8.replace('\n', "\r\n")).is_ok());

        let p384 = EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        for (name, text, error) in [
            ("nothing", String::new(), IdentityKeyError::Format),
            ("words", "hunter2".into(), IdentityKeyError::Format),
            ("cut", pkcs8.split("-----END").next().unwrap().into(), IdentityKeyError::Format),
            ("a certificate", pem("CERTIFICATE", b"x"), IdentityKeyError::Key),
            ("a passphrase", pem("ENCRYPTED PRIVATE KEY", b"x"), IdentityKeyError::Encrypted),
            ("P-384", pem("PRIVATE KEY", p384.to_pkcs8v1().unwrap().as_ref()), IdentityKeyError::Key),
            ("a public key", without_d(P256), IdentityKeyError::Key),
            ("parts of two keys", P256.replace("jps", "jpt"), IdentityKeyError::Key),
            ("parts of two keys, Ed25519", ED25519.replace("nWG", "nWH"), IdentityKeyError::Key),
            ("a symmetric key", r#"{"kty":"oct","k":"AAAA"}"#.into(), IdentityKeyError::Key),
        ] {
            assert_eq!(read(&text), Err(error), "{name}");
        }
        assert_eq!(PublishedKey::parse(r#"{"kty":"oct","k":"AAAA"}"#), Err(IdentityKeyError::Key));
        assert_eq!(PublishedKey::parse(&without_d(P256).replace("f83", "f84")), Err(IdentityKeyError::Key));
    }
}
