//! `private_key_jwt`: a JWT by which a client says who it is (RFC 7523 §3, OpenID Connect Core §9), with its own type and
//! the issuer as its only audience, so that it is good nowhere else (draft-ietf-oauth-rfc7523bis).

use super::{client::AssertionError, client_key::ClientKey};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::NumericDate;
use serde_json::json;

/// `client_assertion_type` (RFC 7523 §2.2).
pub(crate) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Long enough for a call and for clocks that differ; the server must remember `jti` no longer than that.
const LIFETIME: u64 = 60;

/// A fresh assertion.
pub(crate) fn sign(
    key: &ClientKey,
    client_id: &str,
    audience: &str,
    now: NumericDate,
) -> Result<String, AssertionError> {
    let mut jti = [0; 16];
    SystemRandom::new().fill(&mut jti).map_err(|_| AssertionError)?;
    let mut header = json!({ "alg": key.algorithm().as_str(), "typ": "client-authentication+jwt" });
    if let Some(kid) = key.kid() {
        header["kid"] = kid.into();
    }
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": URL_SAFE_NO_PAD.encode(jti),
        "iat": now.0,
        "exp": now.plus(LIFETIME).0,
    });
    let encode = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let input = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign(input.as_bytes()).ok_or(AssertionError)?;
    Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
