//! Private keys that sign, from the text of a file: PEM, as `openssl` writes it (PKCS#8, PKCS#1, SEC 1), or a JWK. Which kinds a
//! use accepts is its own question. None of them prints.

mod jwk;
mod pem;

use crate::keys::Algorithm;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
        RsaEncoding, RsaKeyPair,
    },
};

/// A whole private key, RSA of 2048 bits or more.
pub(crate) enum SigningKey {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// The text holds no private key that could sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// Neither PEM nor a JWK.
    Format,
    /// Behind a passphrase, and nobody is there to type one.
    Encrypted,
    /// A public key, or a certificate.
    Public,
    /// Of another kind, too short, or of parts that do not fit.
    Kind,
}

impl SigningKey {
    /// The key in the text, and its `kid` where that is a JWK with one. Nothing of the text is repeated.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<String>), Unusable> {
        if text.trim_start().starts_with('{') {
            return jwk::private_key(text);
        }
        let key = Self::from_der(&pem::private_key(text)?).ok_or(Unusable::Kind)?;
        Ok((key, None))
    }

    /// RFC 8017, RFC 5915, RFC 5958; the last says itself what kind of key it holds.
    fn from_der(document: &[u8]) -> Option<Self> {
        let rsa = RsaKeyPair::from_pkcs8(document).or_else(|_| RsaKeyPair::from_der(document));
        if let Ok(pair) = rsa {
            return Self::rsa(pair);
        }
        let ecdsa = |curve| EcdsaKeyPair::from_private_key_der(curve, document);
        ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map(Self::P256)
            .or_else(|_| ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING).map(Self::P384))
            .or_else(|_| Ed25519KeyPair::from_pkcs8(document).map(Self::Ed25519))
            .ok()
    }

    /// RFC 7518 §3.3: 2048 bits or more.
    fn rsa(pair: RsaKeyPair) -> Option<Self> {
        (pair.public_modulus_len() >= 256).then_some(Self::Rsa(pair))
    }

    /// What it signs with unless somebody chooses: RS256, or the only one there is for such a key.
    pub(crate) fn usual_algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
            Self::P384(_) => Algorithm::Es384,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// Whether it can sign with this one.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa(_) => rsa_encoding(algorithm).is_some(),
            Self::P256(_) | Self::P384(_) | Self::Ed25519(_) => algorithm == self.usual_algorithm(),
        }
    }

    /// A signature (RFC 7518 §3, RFC 8037 §3.1) with an algorithm that fits; none only if the library cannot make one.
    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(algorithm)?, &random, message, &mut signature).ok()?;
                return Some(signature);
            }
            Self::P256(pair) | Self::P384(pair) => pair.sign(&random, message),
            Self::Ed25519(pair) => pair.try_sign(message),
        };
        signature.ok().map(|signature| signature.as_ref().to_vec())
    }
}

fn rsa_encoding(algorithm: Algorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_SHA512),
        Algorithm::Ps256 => Some(&RSA_PSS_SHA256),
        Algorithm::Ps384 => Some(&RSA_PSS_SHA384),
        Algorithm::Ps512 => Some(&RSA_PSS_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => None,
    }
}
