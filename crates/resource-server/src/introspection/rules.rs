//! Our own rules for an answer that says `active` (IN-06): the authorization server has judged the token for itself, and
//! whether it is for us only we can say.

use crate::{
    token::{Rules, UnverifiedClaims, judge_claims, refuse_other_kinds},
    verify_error::TokenError,
};
use portcullis_oauth::{Issuer, NumericDate};
use serde_json::{Map, Value};

/// RFC 9449 §6.2: what a token is bound to stands in the answer or, where the token is a JWT, in itself. Either binds; where the
/// two differ, nobody has both.
pub(crate) fn bind(members: &mut Map<String, Value>, own: Option<Value>) -> Result<(), TokenError> {
    const DIFFER: TokenError = TokenError::Malformed("its cnf is not the one that its issuer says");
    match (own, members.get("cnf")) {
        (Some(own), Some(said)) if own != *said => return Err(DIFFER),
        (Some(own), None) => {
            members.insert("cnf".to_owned(), own);
        }
        (Some(_) | None, Some(_)) | (None, None) => {}
    }
    Ok(())
}

/// The claims of an active token, judged. Nobody has to prove them further: they came from the issuer itself, over TLS.
pub(crate) fn judge(
    mut members: Map<String, Value>,
    issuers: &[Issuer],
    rules: &Rules,
    now: NumericDate,
    good_without_end_until: NumericDate,
) -> Result<(Issuer, UnverifiedClaims), TokenError> {
    let issuer = issuer(&mut members, issuers)?;
    kind(&members)?;
    // Where no audience is asked for, a refresh token would pass: servers say `active` of those too, and what such an answer
    // lacks is the type, which only access tokens have (RFC 6749 §5.1).
    if !members.contains_key("aud") && rules.may_lack_audience && !members.contains_key("token_type") {
        return Err(TokenError::Missing("token_type"));
    }
    let mut claims = UnverifiedClaims::of_members(members)?;
    // RFC 7662 §2.2: `exp` is optional. Without it the token is good for as long as the answer is.
    claims.expires_at = claims.expires_at.or(Some(good_without_end_until));
    // The client's own token: no person stands behind it (RFC 9068 §2.2 says it in the same way).
    claims.subject = claims.subject.or_else(|| claims.client_id.clone());
    refuse_other_kinds(&claims)?;
    judge_claims(rules, &claims, now)?;
    Ok((issuer, claims))
}

/// RS-16, JW-02: if it says whose it is, byte for byte; if not, it is the issuer's that was asked.
fn issuer(members: &mut Map<String, Value>, issuers: &[Issuer]) -> Result<Issuer, TokenError> {
    let asked = issuers.first().ok_or(TokenError::Missing("iss"))?;
    match members.get("iss") {
        None => {
            members.insert("iss".to_owned(), asked.as_str().into());
            Ok(asked.clone())
        }
        Some(Value::String(said)) => issuers
            .iter()
            .find(|issuer| issuer.as_str() == said)
            .cloned()
            .ok_or_else(|| TokenError::ForeignIssuer { issuer: said.clone() }),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(TokenError::Malformed("the iss of the answer is not a string"))
        }
    }
}

/// JW-14: an endpoint may know refresh tokens and ID tokens too (RFC 7662 §2.1), and say `active` of them. `token_use` and
/// `typ` are how several servers tell them apart.
fn kind(members: &Map<String, Value>) -> Result<(), TokenError> {
    let is_one_of = |name: &str, known: &[&str]| match members.get(name) {
        None => true,
        Some(value) => {
            value.as_str().is_some_and(|text| known.iter().any(|known| known.eq_ignore_ascii_case(text)))
        }
    };
    if !is_one_of("token_use", &["access_token", "access"]) {
        return Err(TokenError::OtherKind("token_use"));
    }
    if !is_one_of("typ", &["Bearer", "DPoP", "at+jwt", "application/at+jwt", "JWT"]) {
        return Err(TokenError::OtherKind("typ"));
    }
    if is_one_of("token_type", &["Bearer"]) {
        return Ok(());
    }
    // RFC 9449 §6.2: a DPoP token's answer names the key, or the binding is lost on the way.
    if is_one_of("token_type", &["DPoP"]) && members.contains_key("cnf") {
        return Ok(());
    }
    Err(TokenError::OtherKind("token_type"))
}
