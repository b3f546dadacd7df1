//! One public key, parsed once for each algorithm it may be used with.

use super::Algorithm;
use aws_lc_rs::signature::{
    self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::Jwk;

/// A key that may verify signatures.
#[derive(Debug)]
pub(crate) struct VerificationKey {
    pub(crate) kid: Option<String>,
    /// What the key is, for telling whether a set changed.
    source: Jwk,
    parsed: Vec<(Algorithm, ParsedPublicKey)>,
}

/// RFC 7518 §3.3: RSA keys have 2048 bits or more; the library's upper bound is 8192.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

impl VerificationKey {
    /// A key for those of `allowed` that fit it, or `None` if it is not for verifying here.
    ///
    /// Not used are keys for encryption, keys whose `key_ops` lack `verify`, symmetric keys, keys published with
    /// their private part, RSA below 2048 bits, and points that are not on their curve (JW-18).
    pub(crate) fn parse(jwk: &Jwk, allowed: &[Algorithm]) -> Option<Self> {
        let for_signatures = jwk.use_.as_deref().is_none_or(|usage| usage == "sig")
            && jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !for_signatures || jwk.has_private_part {
            return None;
        }
        let parsed: Vec<_> = candidates(jwk)
            .iter()
            .filter(|algorithm| allowed.contains(algorithm))
            // JW-11: a key that names its algorithm is for that one alone.
            .filter(|algorithm| jwk.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str()))
            .filter_map(|algorithm| Some((*algorithm, public_key(jwk, *algorithm)?)))
            .collect();
        if parsed.is_empty() {
            return None;
        }
        Some(Self { kid: jwk.kid.clone(), source: jwk.clone(), parsed })
    }

    /// Whether the key is for this algorithm.
    pub(crate) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.parsed.iter().any(|(candidate, _)| *candidate == algorithm)
    }

    /// Whether `signature` over `message` is this key's. The algorithm is the caller's choice, never the token's.
    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.parsed
            .iter()
            .find(|(candidate, _)| *candidate == algorithm)
            .is_some_and(|(_, key)| key.verify_sig(message, signature).is_ok())
    }

    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

fn candidates(jwk: &Jwk) -> &'static [Algorithm] {
    use Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
    match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => &[Rs256, Rs384, Rs512, Ps256, Ps384, Ps512],
        ("EC", Some("P-256")) => &[Es256],
        ("EC", Some("P-384")) => &[Es384],
        ("OKP", Some("Ed25519")) => &[EdDsa],
        _ => &[],
    }
}

fn public_key(jwk: &Jwk, algorithm: Algorithm) -> Option<ParsedPublicKey> {
    match algorithm {
        Algorithm::Rs256 => rsa(jwk, &signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => rsa(jwk, &signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => rsa(jwk, &signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => rsa(jwk, &signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => rsa(jwk, &signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => rsa(jwk, &signature::RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 => point(jwk, &signature::ECDSA_P256_SHA256_FIXED, 32),
        Algorithm::Es384 => point(jwk, &signature::ECDSA_P384_SHA384_FIXED, 48),
        Algorithm::EdDsa => {
            let x = exactly(jwk.x.as_deref()?, 32)?;
            ParsedPublicKey::new(&signature::ED25519, x).ok()
        }
    }
}

fn rsa(jwk: &Jwk, parameters: &'static RsaParameters) -> Option<ParsedPublicKey> {
    let unsigned = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        // Some publishers write the sign byte of DER.
        let start = bytes.iter().position(|byte| *byte != 0)?;
        Some(bytes[start..].to_vec())
    };
    let (n, e) = (unsigned(jwk.n.as_deref()?)?, unsigned(jwk.e.as_deref()?)?);
    // With the exponent 1 anybody's signature would do; an even one has none.
    let is_odd = e.last().is_some_and(|byte| byte % 2 == 1);
    if !RSA_BYTES.contains(&n.len()) || n[0] < 0x80 || e.len() > 8 || !is_odd || e == [1] {
        return None;
    }
    RsaPublicKeyComponents { n: n.as_slice(), e: e.as_slice() }.to_parsed_public_key(parameters).ok()
}

/// An uncompressed point (SEC 1 §2.3.3); the library checks that it is on the curve.
fn point(jwk: &Jwk, algorithm: &'static dyn VerificationAlgorithm, size: usize) -> Option<ParsedPublicKey> {
    let mut bytes = vec![0x04];
    bytes.extend(exactly(jwk.x.as_deref()?, size)?);
    bytes.extend(exactly(jwk.y.as_deref()?, size)?);
    ParsedPublicKey::new(algorithm, bytes).ok()
}

fn exactly(text: &str, size: usize) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == size)
}
