//! A client's private key, from a PEM file (PKCS#8, PKCS#1, SEC 1) or a JWK. It cannot be printed.

use crate::keys::Algorithm;
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPairComponents, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
        RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use std::fmt;

/// A private key, and what it signs with.
pub struct ClientKey {
    pair: Pair,
    algorithm: Algorithm,
    kid: Option<String>,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// The text is no private key that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeyError {
    /// Neither PEM nor JWK, or of a kind that nothing here signs with.
    #[error("is no private key: PEM (PKCS#8, PKCS#1 or SEC 1) or JWK, of RSA, P-256, P-384 or Ed25519")]
    Unknown,
    /// It needs a passphrase, and nobody is there to type one.
    #[error("is a private key under a passphrase")]
    Encrypted,
    /// It holds a public key.
    #[error("is a public key")]
    Public,
    /// The algorithm is one for other keys.
    #[error("does not fit this key")]
    Algorithm,
}

impl ClientKey {
    /// Reads a key file's text. `kid` and `algorithm` win over what the file says or the kind of key suggests: RS256, ES256,
    /// ES384 or EdDSA.
    ///
    /// # Errors
    /// [`ClientKeyError`].
    pub fn parse(
        text: &str,
        kid: Option<String>,
        algorithm: Option<Algorithm>,
    ) -> Result<Self, ClientKeyError> {
        let (pair, usual, named) =
            if text.trim_start().starts_with('{') { of_jwk(text)? } else { of_pem(text)? };
        let algorithm = algorithm.unwrap_or(usual);
        let fits = match pair {
            Pair::Rsa(_) => rsa_encoding(algorithm).is_some(),
            Pair::Ecdsa(_) | Pair::Ed25519(_) => algorithm == usual,
        };
        if fits { Ok(Self { pair, algorithm, kid: kid.or(named) }) } else { Err(ClientKeyError::Algorithm) }
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its name at the authorization server.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// A signature (RFC 7518 §3); `None` only if the machine has no randomness.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(self.algorithm)?, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Pair::Ecdsa(pair) => {
                pair.sign(&random, message).ok().map(|signature| signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => pair.try_sign(message).ok().map(|signature| signature.as_ref().to_vec()),
        }
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

/// RFC 8018, RFC 5958, RFC 5915: the label says which; a PKCS#8 document says itself what kind of key it is.
fn of_pem(text: &str) -> Result<(Pair, Algorithm, Option<String>), ClientKeyError> {
    let begin = text.find("-----BEGIN ").ok_or(ClientKeyError::Unknown)? + "-----BEGIN ".len();
    let (label, rest) = text[begin..].split_once("-----").ok_or(ClientKeyError::Unknown)?;
    let body = rest.split("-----END").next().unwrap_or_default();
    if label.contains("ENCRYPTED") || body.contains("Proc-Type") {
        return Err(ClientKeyError::Encrypted);
    }
    if label.contains("PUBLIC") || label.contains("CERTIFICATE") {
        return Err(ClientKeyError::Public);
    }
    let body: String = body.split_whitespace().collect();
    let document = STANDARD.decode(body).map_err(|_| ClientKeyError::Unknown)?;
    let (pair, algorithm) = of_der(&document).ok_or(ClientKeyError::Unknown)?;
    Ok((pair, algorithm, None))
}

fn of_der(document: &[u8]) -> Option<(Pair, Algorithm)> {
    let rsa = || RsaKeyPair::from_pkcs8(document).or_else(|_| RsaKeyPair::from_der(document));
    if let Ok(pair) = rsa() {
        return is_long_enough(&pair).then_some((Pair::Rsa(pair), Algorithm::Rs256));
    }
    if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, document) {
        return Some((Pair::Ecdsa(pair), Algorithm::Es256));
    }
    if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, document) {
        return Some((Pair::Ecdsa(pair), Algorithm::Es384));
    }
    // `openssl genpkey` writes no public key into the document, which is version 1.
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document).ok()?;
    Some((Pair::Ed25519(pair), Algorithm::EdDsa))
}

/// RFC 7518 §3.3: 2048 bits or more.
fn is_long_enough(pair: &RsaKeyPair) -> bool {
    pair.public_modulus_len() >= 256
}

/// RFC 7517, RFC 7518 §6, RFC 8037 §2. Not `Debug`: it holds the key.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<String>,
    n: Option<String>,
    e: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

fn of_jwk(text: &str) -> Result<(Pair, Algorithm, Option<String>), ClientKeyError> {
    let jwk: PrivateJwk = serde_json::from_str(text).map_err(|_| ClientKeyError::Unknown)?;
    if jwk.d.is_none() {
        return Err(ClientKeyError::Public);
    }
    let found = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => rsa_of(&jwk).map(|pair| (pair, Algorithm::Rs256)),
        ("EC", Some("P-256")) => {
            ecdsa_of(&jwk, &ECDSA_P256_SHA256_FIXED_SIGNING).map(|pair| (pair, Algorithm::Es256))
        }
        ("EC", Some("P-384")) => {
            ecdsa_of(&jwk, &ECDSA_P384_SHA384_FIXED_SIGNING).map(|pair| (pair, Algorithm::Es384))
        }
        ("OKP", Some("Ed25519")) => ed25519_of(&jwk).map(|pair| (pair, Algorithm::EdDsa)),
        _ => None,
    };
    let (pair, algorithm) = found.ok_or(ClientKeyError::Unknown)?;
    Ok((pair, algorithm, jwk.kid))
}

fn decode(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

fn rsa_of(jwk: &PrivateJwk) -> Option<Pair> {
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: decode(jwk.n.as_ref())?, e: decode(jwk.e.as_ref())? },
        d: decode(jwk.d.as_ref())?,
        p: decode(jwk.p.as_ref())?,
        q: decode(jwk.q.as_ref())?,
        dP: decode(jwk.dp.as_ref())?,
        dQ: decode(jwk.dq.as_ref())?,
        qInv: decode(jwk.qi.as_ref())?,
    };
    RsaKeyPair::from_components(&components).ok().filter(is_long_enough).map(Pair::Rsa)
}

fn ecdsa_of(jwk: &PrivateJwk, algorithm: &'static EcdsaSigningAlgorithm) -> Option<Pair> {
    let mut point = vec![0x04]; // SEC 1 §2.3.3: uncompressed
    point.extend(decode(jwk.x.as_ref())?);
    point.extend(decode(jwk.y.as_ref())?);
    let secret = decode(jwk.d.as_ref())?;
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, &secret, &point).ok().map(Pair::Ecdsa)
}

fn ed25519_of(jwk: &PrivateJwk) -> Option<Pair> {
    let (secret, public) = (decode(jwk.d.as_ref())?, decode(jwk.x.as_ref())?);
    Ed25519KeyPair::from_seed_and_public_key(&secret, &public).ok().map(Pair::Ed25519)
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = self.algorithm.as_str();
        f.debug_struct("ClientKey")
            .field("algorithm", &algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::VerificationKey;
    use portcullis_oauth::Jwks;
    use portcullis_testing::TestKey;

    /// RFC 7515 appendix A.3, RFC 8037 appendix A, and one that another program made; good for nothing else.
    const JWKS: [(&str, Algorithm); 3] = [
        (
            r#"{"kty":"EC","crv":"P-256","kid":"ec-1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#,
            Algorithm::Es256,
        ),
        (
            r#"{"kty":"OKP","crv":"Ed25519","kid":"ed-1","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            Algorithm::EdDsa,
        ),
        (
            r#"{"kty":"RSA","n":"ps2lU8gyPgwuU4m_IQaUR6XB9unouz4Qizd-zMFulUDyni9T6mPOkHfT-of9FLT4CKImHA_X76-d510-YpULgw_htopjLiKnj02p7OWPcSa6YRzirHkmDPOL-GRLuqTm7D-u_7kXTZLqOI4dmRyvWvIvueqH8TJcbqjfYWl71OlUWv1T6SII7SrehfNBvQ6M3n2qrjLk-5nj4CyLRWkFp2seYoNvXtbwwrWvzzS1DI4AHtibDGVMCf_LevHUD1FgweeInZ8jPniv0nuu7rDl4u47_xpBiEf9EPUfLK1eRazkOs6UDajoPsS4UkFAEpIZU2uS_tZ0fjMLTILyfIRmmQ","e":"AQAB","d":"JXJ7kFCcfvOLHvQItahdd6xN3FntBsRLQIXn8J3obpeTIFItu6xGfoZ4T4FiHtj16jJE7f3ck5HQmFWFoOonGHhjSvDMjVn4ViKwaF-tEVEJfK3YcbINCdFPdidGHRPSR-2QIxbxlVfLP4EgQfR_paJDdrChblPJDorZA2yEAWs32vENuTd-cm5cjpWLpqIIbyxaS2CZMWUoyMnHK2MLYFqfxXX59l45cVSsGMXQHDdr1E0p3r_aqIbM2w6ttdGzswFrG-ijm7Hbjtf1QK7X6jhGhHqgyjTdE7BwlQaUkSHpECGAOKNxdy8ZyOXeQhGHrbQR5NdgJSguJkybMkBwlQ","p":"0YAUqbvmMAHYW153e4ZwsBVE4Ss71hB1vYXMYeTFyOowUqKC5X2LBeursleonaJvVKZcXYk7pGDx4V7jN52_4RlXdVe6xl-S4Bmn84N4ZKbSNMQs4zHzFGu1QURRd5ovkNnHBtgetAXj-snBqg9ecIyGlR7KoQsdpDoZGyqeJB8","q":"y9N_itXZbHyB-oQrVPlJ5BKm2UfBlFauj3KIqyh31FWzwW46fT3yMOYAK1eImJ-P41hz65i-NJcf84ICYhyQcheEknnDusU5p9R3TcpTPNGNGGPz8NyplmxBwjeBwJHee0aJm3lwWK5Hx_2Is13f62VW5XcR4ZqBYQsXq_H7Xkc","dp":"g-auG8ePv_4JaE1r0LvuSw65FUORIs-uMasB6UiONlcsIXrsCu0mEI42xcxm_wh8K8GqOcHjaTUYVRrW1_dcDa9U3y5jC-60nJ_KnIjTzhsyEcLJuCmEsAC4V-VZnYHYHMzggDCl9BYZWZaZdibDAP2Y5l5CmW5UNUfW8sG8W2U","dq":"C1h6gP_mWmOT2J4Cy3gU5N0k7HNSEy_AB7wYX26hPPCIUPwRxWbtVEt5NvBoahZ3q_AAg9y8ubCv1p4mA9ATOkaU2pJskrjnvK_W9D2O5JPFhtYJfh7KUdU009rDHjUAbVw_zKe12TnaRQeX1GQlUrURYTR_ik9PZFd5udh-ZYE","qi":"fLuj0jQmc9OeKPsdZ2EHtfdNA9NruL5OCeuz39X_nXnQamYEGANVI4Av7aHy0sL8GTBNdKl5V56DxvyHfKD6bZt8mJF_i5Lh3KXok4roKZuXAZweUg5oMv4NTUHlZmiKB-0I7dWAlIKH72ODjCqK65e1MDpxOoq5GsznvZOwGX4","kid":"rsa-1"}"#,
            Algorithm::Rs256,
        ),
    ];

    #[test]
    fn a_jwk_signs_what_its_public_part_verifies() {
        for (text, algorithm) in JWKS {
            let key = ClientKey::parse(text, None, None).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            assert!(key.kid().is_some_and(|kid| kid.ends_with("-1")));
            let mut public: serde_json::Value = serde_json::from_str(text).unwrap();
            public
                .as_object_mut()
                .unwrap()
                .retain(|name, _| ["kty", "crv", "kid", "x", "y", "n", "e"].contains(&name.as_str()));
            let set = serde_json::json!({ "keys": [public] }).to_string();
            let jwk = Jwks::parse(set.as_bytes()).unwrap().keys.remove(0);
            let theirs = VerificationKey::parse(&jwk, &Algorithm::ALL).unwrap();
            let signature = key.sign(b"message").unwrap();
            assert!(theirs.verify(algorithm, b"message", &signature), "{algorithm:?}");
        }
    }

    #[test]
    fn what_is_no_private_key_says_what_it_is() {
        use ClientKeyError::{Algorithm as Other, Encrypted, Public, Unknown};
        let pem = TestKey::p256().pem();
        let labelled = |label: &str| pem.replace("PRIVATE KEY", label);
        let public = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        for (name, text, algorithm, expected) in [
            ("nothing", String::new(), None, Unknown),
            ("a secret", "hunter2".to_owned(), None, Unknown),
            ("a cut key", pem[..80].to_owned(), None, Unknown),
            ("a public key", labelled("PUBLIC KEY"), None, Public),
            ("a certificate", labelled("CERTIFICATE"), None, Public),
            ("under a passphrase", labelled("ENCRYPTED PRIVATE KEY"), None, Encrypted),
            ("a public JWK", public.to_owned(), None, Public),
            ("a symmetric JWK", r#"{"kty":"oct","k":"AA","d":"AA"}"#.to_owned(), None, Unknown),
            ("a JWK of two keys", JWKS[1].0.replace("11qY", "22qY"), None, Unknown),
            ("an algorithm of other keys", pem.clone(), Some(Algorithm::Rs256), Other),
            ("another curve's algorithm", pem.clone(), Some(Algorithm::Es384), Other),
            ("an algorithm for RSA", TestKey::rsa().pem(), Some(Algorithm::EdDsa), Other),
        ] {
            assert_eq!(ClientKey::parse(&text, None, algorithm).err(), Some(expected), "{name}");
        }
    }

    /// RS-17
    #[test]
    fn a_key_cannot_be_printed() {
        let key = ClientKey::parse(JWKS[0].0, None, None).unwrap();
        assert_eq!(format!("{key:?}"), r#"ClientKey { algorithm: "ES256", kid: Some("ec-1"), .. }"#);
    }
}
