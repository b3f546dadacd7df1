//! The proof: a JWT in exactly one `DPoP` header (RFC 9449 §4.1, §4.2), read strictly, and judged by the checks of §4.3
//! (DP-02). The cheap ones come first, the signature last: a proof that is malformed, or for something else, costs none.

use super::{DPOP, error::ProofError, sha256};
use crate::{
    keys::{Algorithm, VerificationKey},
    token::{Jws, NO_OBJECT, UnverifiedHeader, date, object},
    verify_error::{TokenError, since},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Method};
use portcullis_oauth::{Jwk, NumericDate, TargetUri};
use serde_json::{Map, Value};
use std::fmt;

/// A longer proof is not read. With the largest RSA key a proof has 6 KiB, with P-256 half of one.
pub const MAX_PROOF_BYTES: usize = 8 * 1024;
/// The longest `jti` (DP-05). A UUID has 36 bytes.
pub const MAX_JTI_BYTES: usize = 256;

/// A well-formed proof. Nothing in it is trusted.
pub struct DpopProof<'a> {
    algorithm: Algorithm,
    jwk: Jwk,
    claims: UnverifiedProofClaims,
    signing_input: &'a [u8],
    signature: Vec<u8>,
}

/// The claims of RFC 9449 §4.2. Others are ignored, a digest of the body among them (DP-15).
struct UnverifiedProofClaims {
    jti: String,
    htm: String,
    htu: String,
    iat: NumericDate,
    ath: Option<String>,
    nonce: Option<String>,
}

/// What a proof must be for.
pub(crate) struct Expected<'e> {
    pub(crate) method: &'e Method,
    /// Where the resource is; one of these.
    pub(crate) targets: &'e [TargetUri],
    /// The access token it comes with.
    pub(crate) access_token: &'e str,
    /// How old it may be, and how far ahead.
    pub(crate) seconds: u64,
    pub(crate) now: NumericDate,
}

impl<'a> DpopProof<'a> {
    /// The proof of a request: there is one `DPoP` header, no more (§4.3, first check). Two that something on the way has
    /// joined by a comma are no JWT.
    ///
    /// # Errors
    /// [`ProofError::Missing`], [`ProofError::Repeated`], and those of [`DpopProof::parse`].
    pub fn from_headers(headers: &'a HeaderMap) -> Result<Self, ProofError> {
        let mut values = headers.get_all(DPOP).iter();
        let value = values.next().ok_or(ProofError::Missing)?;
        if values.next().is_some() {
            return Err(ProofError::Repeated);
        }
        Self::parse(value.to_str().map_err(|_| ProofError::Malformed("it is not ASCII"))?)
    }

    /// Reads a proof: its form, `typ`, `alg` and the kind of its key, and the types of its claims.
    ///
    /// # Errors
    /// The [`ProofError`] of the first thing that is wrong.
    pub fn parse(text: &'a str) -> Result<Self, ProofError> {
        if text.len() > MAX_PROOF_BYTES {
            return Err(ProofError::Malformed("it is too long"));
        }
        let jws = Jws::split(text).map_err(ProofError::Malformed)?;
        let mut header = object(&jws.header).map_err(|_| ProofError::Malformed(NO_OBJECT))?;
        let jwk = header.remove("jwk");
        let UnverifiedHeader { alg, typ, .. } = UnverifiedHeader::take(&mut header).map_err(of_header)?;
        // No other spelling: RFC 9449 §4.3 asks for this value, and nobody sends another.
        if typ.as_deref() != Some("dpop+jwt") {
            return Err(ProofError::Typ);
        }
        let Ok(algorithm) = alg.parse::<Algorithm>() else { return Err(ProofError::Algorithm { alg }) };
        let jwk = jwk.as_ref().and_then(Jwk::parse).ok_or(ProofError::Malformed("its header has no jwk"))?;
        if jwk.has_private_part {
            return Err(ProofError::PrivateKey);
        }
        Ok(Self {
            algorithm,
            jwk,
            claims: UnverifiedProofClaims::parse(&jws.payload).map_err(ProofError::Malformed)?,
            signing_input: jws.signing_input,
            signature: jws.signature,
        })
    }

    /// Whether it is for this request, made just now.
    pub(crate) fn judge(&self, expected: &Expected<'_>) -> Result<(), ProofError> {
        let claims = &self.claims;
        if claims.htm != expected.method.as_str() {
            return Err(ProofError::Method { htm: claims.htm.clone() });
        }
        let htu = TargetUri::parse(&claims.htu).map(TargetUri::without_trailing_slash);
        if !htu.is_ok_and(|htu| expected.targets.contains(&htu)) {
            let place = expected.targets.first().map(ToString::to_string).unwrap_or_default();
            return Err(ProofError::Target { htu: claims.htu.clone(), expected: place });
        }
        if expected.now > self.good_until(expected.seconds) {
            return Err(ProofError::Stale { ago: since(claims.iat, expected.now) });
        }
        if claims.iat > expected.now.plus(expected.seconds) {
            return Err(ProofError::Early { in_seconds: since(expected.now, claims.iat) });
        }
        let hash = URL_SAFE_NO_PAD.encode(sha256(expected.access_token.as_bytes()));
        let ath = claims.ath.as_deref().unwrap_or_default();
        verify_slices_are_equal(ath.as_bytes(), hash.as_bytes()).map_err(|_| ProofError::Token)
    }

    /// Whether its key is the one of this thumbprint (RFC 7638, §4.3 last check).
    pub(crate) fn is_by(&self, jkt: &str) -> bool {
        let thumbprint = self.thumbprint().unwrap_or_default();
        verify_slices_are_equal(thumbprint.as_bytes(), jkt.as_bytes()).is_ok()
    }

    /// Its key, for the algorithm it names, which must be one that is allowed, and one that the key is for (JW-11).
    pub(crate) fn key(&self, allowed: &[Algorithm]) -> Result<VerificationKey, ProofError> {
        let alg = self.algorithm.as_str().to_owned();
        if !allowed.contains(&self.algorithm) {
            return Err(ProofError::Algorithm { alg });
        }
        VerificationKey::parse(&self.jwk, &[self.algorithm]).ok_or(ProofError::Key { alg })
    }

    /// Whether this key has signed it.
    pub(crate) fn is_signed_by(&self, key: &VerificationKey) -> bool {
        key.verify(self.algorithm, self.signing_input, &self.signature)
    }

    /// The thumbprint of its key; `None` for a kind of key that has none here.
    pub fn thumbprint(&self) -> Option<String> {
        Some(URL_SAFE_NO_PAD.encode(sha256(self.jwk.thumbprint_input()?.as_bytes())))
    }

    /// `jti`, unique for each proof of a key.
    pub(crate) fn id(&self) -> &str {
        &self.claims.jti
    }

    pub(crate) fn nonce(&self) -> Option<&str> {
        self.claims.nonce.as_deref()
    }

    /// The last moment at which it is young enough.
    pub(crate) fn good_until(&self, seconds: u64) -> NumericDate {
        self.claims.iat.plus(seconds)
    }
}

impl fmt::Debug for DpopProof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DpopProof(…)")
    }
}

impl UnverifiedProofClaims {
    fn parse(json: &[u8]) -> Result<Self, &'static str> {
        let all = object(json).map_err(|_| "the claims are not a JSON object with unique members")?;
        let jti = text(&all, "jti")?.ok_or("the claim jti is missing")?;
        if jti.is_empty() || jti.len() > MAX_JTI_BYTES {
            return Err("the claim jti is empty or too long");
        }
        Ok(Self {
            jti,
            htm: text(&all, "htm")?.ok_or("the claim htm is missing")?,
            htu: text(&all, "htu")?.ok_or("the claim htu is missing")?,
            iat: date(all.get("iat").ok_or("the claim iat is missing")?).map_err(|_| "iat is not a date")?,
            ath: text(&all, "ath")?,
            nonce: text(&all, "nonce")?,
        })
    }
}

fn text(all: &Map<String, Value>, name: &str) -> Result<Option<String>, &'static str> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("a claim is not a text");
    all.get(name).map(text).transpose()
}

fn of_header(error: TokenError) -> ProofError {
    ProofError::Malformed(if let TokenError::Malformed(what) = error {
        what
    } else {
        "its header demands an extension that is not understood (RFC 7515 §4.1.11)"
    })
}
