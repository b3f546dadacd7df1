//! The private key by which a client of an authorization server proves who it is. It cannot be printed.

use crate::{
    keys::Algorithm,
    signing_key::{SigningKey, Unusable},
};
use std::fmt;

/// A private key, and what it signs with.
pub struct ClientKey {
    key: SigningKey,
    algorithm: Algorithm,
    kid: Option<String>,
}

/// The text is no private key that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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
        let (key, named) = SigningKey::parse(text)?;
        let algorithm = algorithm.unwrap_or(key.usual_algorithm());
        if !key.fits(algorithm) {
            return Err(ClientKeyError::Algorithm);
        }
        Ok(Self { key, algorithm, kid: kid.or(named) })
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
        self.key.sign(self.algorithm, message)
    }
}

impl From<Unusable> for ClientKeyError {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Format | Unusable::Kind => Self::Unknown,
            Unusable::Encrypted => Self::Encrypted,
            Unusable::Public => Self::Public,
        }
    }
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

    /// `openssl ecparam -genkey` writes the curve into a block of its own, before the key.
    #[test]
    fn blocks_before_the_key_are_passed_over() {
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        let text = format!("{parameters}{}", TestKey::p256().pem());
        assert_eq!(
            ClientKey::parse(&text, None, None).map(|key| key.algorithm()).ok(),
            Some(Algorithm::Es256)
        );
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
