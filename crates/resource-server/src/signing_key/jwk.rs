//! A private key as a JWK (RFC 7517, RFC 7518 §6, RFC 8037 §2). Its public part is in it too, and must be the private one's.

use super::{SigningKey, Unusable};
use aws_lc_rs::{
    rsa::{KeyPairComponents, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// Not `Debug`: it holds the key.
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

/// The key, and its name if it has one.
pub(super) fn private_key(text: &str) -> Result<(SigningKey, Option<String>), Unusable> {
    let jwk: PrivateJwk = serde_json::from_str(text).map_err(|_| Unusable::Format)?;
    if jwk.d.is_none() {
        return Err(Unusable::Public);
    }
    let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => rsa(&jwk),
        ("EC", Some("P-256")) => ecdsa(&jwk, &ECDSA_P256_SHA256_FIXED_SIGNING).map(SigningKey::P256),
        ("EC", Some("P-384")) => ecdsa(&jwk, &ECDSA_P384_SHA384_FIXED_SIGNING).map(SigningKey::P384),
        ("OKP", Some("Ed25519")) => ed25519(&jwk),
        _ => None,
    };
    Ok((key.ok_or(Unusable::Kind)?, jwk.kid))
}

fn rsa(jwk: &PrivateJwk) -> Option<SigningKey> {
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: decode(&jwk.n)?, e: decode(&jwk.e)? },
        d: decode(&jwk.d)?,
        p: decode(&jwk.p)?,
        q: decode(&jwk.q)?,
        dP: decode(&jwk.dp)?,
        dQ: decode(&jwk.dq)?,
        qInv: decode(&jwk.qi)?,
    };
    RsaKeyPair::from_components(&components).ok().and_then(SigningKey::rsa)
}

fn ecdsa(jwk: &PrivateJwk, curve: &'static EcdsaSigningAlgorithm) -> Option<EcdsaKeyPair> {
    // SEC 1 §2.3.3: one byte that says "uncompressed", then both coordinates.
    let point = [vec![0x04], decode(&jwk.x)?, decode(&jwk.y)?].concat();
    EcdsaKeyPair::from_private_key_and_public_key(curve, &decode(&jwk.d)?, &point).ok()
}

fn ed25519(jwk: &PrivateJwk) -> Option<SigningKey> {
    let seed = decode(&jwk.d).filter(|seed| seed.len() == 32)?;
    Ed25519KeyPair::from_seed_and_public_key(&seed, &decode(&jwk.x)?).map(SigningKey::Ed25519).ok()
}

fn decode(member: &Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member.as_ref()?).ok()
}
