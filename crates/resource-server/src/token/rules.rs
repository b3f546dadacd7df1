//! The claim rules (RFC 9068 §4, RFC 8725): pure, one after the other, cheapest first.

use super::{Compact, UnverifiedClaims, UnverifiedHeader};
use crate::verify_error::{TokenError, since};
use portcullis_oauth::{DEVELOPMENT_CLAIM, NumericDate, ResourceIdentifier};

/// Which audiences mean this resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audiences {
    /// The resource identifier; the case of its host and the slash of an empty path do not matter (RS-22, G-12).
    Resource(ResourceIdentifier),
    /// One of these strings, byte for byte.
    Exact(Vec<String>),
}

impl Audiences {
    /// Whether one of the token's audiences is ours.
    pub fn accept(&self, audiences: &[String]) -> bool {
        audiences.iter().any(|audience| match self {
            Self::Resource(resource) => resource.matches(audience),
            Self::Exact(ours) => ours.contains(audience),
        })
    }
}

/// Which `typ` an issuer's access tokens have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypRule {
    /// `at+jwt`, as RFC 9068 §2.1 has it (JW-01).
    AccessToken,
    /// Also `JWT` or none, for providers older than RFC 9068 (G-13). Other kinds stay refused (JW-14).
    Relaxed,
    /// `at+jwt` of `portcullis dev`, whose users have no passwords. No configuration can ask for it, and no other rule
    /// accepts such a token.
    Development,
}

/// The rules of one issuer at one resource.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) audiences: Audiences,
    /// Whether no audience at all will do: somebody wrote that it is dangerous.
    pub(crate) may_lack_audience: bool,
    pub(crate) typ: TypRule,
    /// Seconds of clock difference allowed either way.
    pub(crate) leeway: u64,
}

/// Judges everything but issuer, algorithm and signature.
pub(crate) fn judge(rules: &Rules, token: &Compact<'_>, now: NumericDate) -> Result<(), TokenError> {
    let Judged { lifetime, kind, for_us } = judged(rules, token, now);
    lifetime.and(kind).and(for_us)
}

/// What [`judge`] asks, each apart from the others.
pub(crate) struct Judged {
    pub(crate) lifetime: Result<(), TokenError>,
    pub(crate) kind: Result<(), TokenError>,
    pub(crate) for_us: Result<(), TokenError>,
}

/// For whoever wants to know all that is wrong.
pub(crate) fn judged(rules: &Rules, token: &Compact<'_>, now: NumericDate) -> Judged {
    Judged {
        lifetime: lifetime(rules, &token.claims, now),
        kind: kind(rules, &token.header, &token.claims),
        for_us: for_us(rules, &token.claims),
    }
}

/// Judges claims that did not come in a JWT.
pub(crate) fn judge_claims(
    rules: &Rules,
    claims: &UnverifiedClaims,
    now: NumericDate,
) -> Result<(), TokenError> {
    lifetime(rules, claims, now)?;
    for_us(rules, claims)
}

/// RS-09, RS-10, JW-15. Whether whoever presents it may, is the `dpop` folder's.
fn for_us(rules: &Rules, claims: &UnverifiedClaims) -> Result<(), TokenError> {
    if claims.audiences.is_empty() {
        if !rules.may_lack_audience {
            return Err(TokenError::Missing("aud"));
        }
    } else if !rules.audiences.accept(&claims.audiences) {
        return Err(TokenError::Audience { found: claims.audiences.clone() });
    }
    if claims.subject.as_deref().is_none_or(str::is_empty) {
        return Err(TokenError::Missing("sub"));
    }
    Ok(())
}

/// JW-05, JW-21.
fn lifetime(rules: &Rules, claims: &UnverifiedClaims, now: NumericDate) -> Result<(), TokenError> {
    let expires_at = claims.expires_at.ok_or(TokenError::Missing("exp"))?;
    if now >= expires_at.plus(rules.leeway) {
        return Err(TokenError::Expired { ago: since(expires_at, now) });
    }
    let latest = now.plus(rules.leeway);
    match claims.not_before.max(claims.issued_at) {
        Some(start) if start > latest => Err(TokenError::NotYetValid { in_seconds: since(now, start) }),
        _ => Ok(()),
    }
}

/// JW-01, JW-14. Media types are compared without regard to case (RFC 7515 §4.1.9).
fn kind(rules: &Rules, header: &UnverifiedHeader, claims: &UnverifiedClaims) -> Result<(), TokenError> {
    if claims.all.contains_key(DEVELOPMENT_CLAIM) != (rules.typ == TypRule::Development) {
        return Err(TokenError::OtherKind(DEVELOPMENT_CLAIM));
    }
    let typ = header.typ.as_deref().map(str::to_ascii_lowercase);
    match (typ.as_deref(), rules.typ) {
        (Some("at+jwt" | "application/at+jwt"), _) => return Ok(()),
        (Some("jwt" | "application/jwt") | None, TypRule::Relaxed) => {}
        _ => return Err(TokenError::Typ { typ: header.typ.clone() }),
    }
    refuse_other_kinds(claims)
}

/// JW-14: what an access token has not.
pub(crate) fn refuse_other_kinds(claims: &UnverifiedClaims) -> Result<(), TokenError> {
    if claims.all.contains_key(DEVELOPMENT_CLAIM) {
        return Err(TokenError::OtherKind(DEVELOPMENT_CLAIM));
    }
    if let Some(mark) = claims.foreign_marks.first() {
        return Err(TokenError::OtherKind(mark));
    }
    match &claims.client_id {
        Some(client) if claims.audiences.contains(client) => {
            Err(TokenError::OtherKind("aud is the client itself"))
        }
        _ => Ok(()),
    }
}
