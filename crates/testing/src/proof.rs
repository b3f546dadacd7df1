//! DPoP proofs (RFC 9449 §4.2), good unless a test makes them bad: built and signed like a [`Token`].

use crate::{TestKey, Token};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::{Jwk, NumericDate};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

impl TestKey {
    /// The public key as a proof carries it: what makes the key, and no more.
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.jwk("");
        if let Some(members) = jwk.as_object_mut() {
            members.retain(|name, _| name != "kid" && name != "use");
        }
        jwk
    }

    /// RFC 7638: what `cnf.jkt` of a token bound to this key is.
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.public_jwk())
    }

    /// The usual algorithm of this key.
    pub fn alg(&self) -> &'static str {
        let jwk = self.public_jwk();
        match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
            (Some("RSA"), _) => "RS256",
            (_, Some("P-256")) => "ES256",
            (_, Some("P-384")) => "ES384",
            _ => "EdDSA",
        }
    }
}

/// The thumbprint of any public key.
pub fn thumbprint(jwk: &Value) -> String {
    let input = Jwk::parse(jwk).and_then(|jwk| jwk.thumbprint_input()).expect("a key that has a thumbprint");
    URL_SAFE_NO_PAD.encode(digest(&SHA256, input.as_bytes()))
}

impl Token {
    /// Binds the token to a key (`cnf.jkt`, RFC 9449 §6.1).
    #[must_use]
    pub fn bound_to(self, key: &TestKey) -> Self {
        self.claim("cnf", json!({ "jkt": key.thumbprint() }))
    }

    /// A proof of having `key`, for a POST to `htu` with this access token, with a `jti` of its own. To be signed by `key`.
    pub fn proof(key: &TestKey, htu: &str, access_token: &str, now: NumericDate) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let jti = format!("proof-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let header = json!({ "typ": "dpop+jwt", "alg": key.alg(), "jwk": key.public_jwk() });
        let ath = URL_SAFE_NO_PAD.encode(digest(&SHA256, access_token.as_bytes()));
        Self::of(header, json!({ "jti": jti, "htm": "POST", "htu": htu, "iat": now.0, "ath": ath }))
    }
}
