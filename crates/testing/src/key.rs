//! Signing keys of every accepted algorithm. RSA keys are generated once a process.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeySize, PublicKeyComponents},
    signature::{
        self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair, RsaEncoding, RsaKeyPair,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// A private key for tests.
#[derive(Clone)]
pub struct TestKey(Arc<Pair>);

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl TestKey {
    /// RSA, 2048 bits; the same key for the whole process.
    pub fn rsa() -> Self {
        static KEY: OnceLock<TestKey> = OnceLock::new();
        KEY.get_or_init(Self::new_rsa).clone()
    }

    /// Another RSA key.
    pub fn other_rsa() -> Self {
        static KEY: OnceLock<TestKey> = OnceLock::new();
        KEY.get_or_init(Self::new_rsa).clone()
    }

    fn new_rsa() -> Self {
        Self(Arc::new(Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key"))))
    }

    /// P-256.
    pub fn p256() -> Self {
        Self(Arc::new(Pair::P256(
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a P-256 key"),
        )))
    }

    /// P-384.
    pub fn p384() -> Self {
        Self(Arc::new(Pair::P384(
            EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a P-384 key"),
        )))
    }

    /// Ed25519.
    pub fn ed25519() -> Self {
        Self(Arc::new(Pair::Ed25519(Ed25519KeyPair::generate().expect("an Ed25519 key"))))
    }

    /// Every algorithm that is accepted (JW-11), each with a key for it.
    pub fn for_every_algorithm() -> [(&'static str, Self); 9] {
        [
            ("RS256", Self::rsa()),
            ("RS384", Self::rsa()),
            ("RS512", Self::rsa()),
            ("PS256", Self::rsa()),
            ("PS384", Self::rsa()),
            ("PS512", Self::rsa()),
            ("ES256", Self::p256()),
            ("ES384", Self::p384()),
            ("EdDSA", Self::ed25519()),
        ]
    }

    /// The public key under this name, without `alg`.
    pub fn jwk(&self, kid: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = |crv: &str, bytes: &[u8]| {
            let (x, y) = bytes[1..].split_at(bytes.len() / 2);
            json!({ "kty": "EC", "crv": crv, "x": text(x), "y": text(y), "kid": kid, "use": "sig" })
        };
        match &*self.0 {
            Pair::Rsa(pair) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": text(&n), "e": text(&e), "kid": kid, "use": "sig" })
            }
            Pair::P256(pair) => point("P-256", pair.public_key().as_ref()),
            Pair::P384(pair) => point("P-384", pair.public_key().as_ref()),
            Pair::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()), "kid": kid, "use": "sig" })
            }
        }
    }

    /// A key set of this key alone.
    pub fn jwks(&self, kid: &str) -> Value {
        json!({ "keys": [self.jwk(kid)] })
    }

    /// The private key as an operator has it in a file: PEM of PKCS#8.
    pub fn pem(&self) -> String {
        let document = match &*self.0 {
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).expect("an RSA key").as_ref().to_vec(),
            Pair::P256(pair) | Pair::P384(pair) => pair.to_pkcs8v1().expect("an EC key").as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().expect("an Ed25519 key").as_ref().to_vec(),
        };
        let body = STANDARD.encode(document);
        crate::secret(&body);
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
    }

    /// The public key's bytes, as an attacker has them.
    pub fn public_bytes(&self) -> Vec<u8> {
        match &*self.0 {
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::P256(pair) | Pair::P384(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// A signature as `alg` wants it.
    pub fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &*self.0 {
            Pair::Rsa(pair) => {
                let encoding: &'static dyn RsaEncoding = match alg {
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).expect("an RSA signature");
                signature
            }
            Pair::P256(pair) | Pair::P384(pair) => {
                pair.sign(&random, message).expect("an ECDSA signature").as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}
