//! Near misses, for the operator and never for the caller: what is probably wrong when a token is refused.

use crate::{
    token::{Audiences, TypRule},
    trusted::{Proof, TrustedIssuer},
    verify_error::TokenError,
};
use portcullis_oauth::DEVELOPMENT_CLAIM;

/// One sentence, if the refusal looks like a misconfiguration rather than an attack.
pub fn near_miss(error: &TokenError, issuers: &[TrustedIssuer]) -> Option<String> {
    match error {
        TokenError::Audience { found } => audience(found, issuers),
        TokenError::ForeignIssuer { issuer } => foreign_issuer(issuer, issuers),
        TokenError::Typ { typ } if is_plain_jwt(typ.as_deref()) && has_strict(issuers) => Some(
            "the token's typ is JWT, not at+jwt; if this issuer is older than RFC 9068, set `typ = \"relaxed\"` for it"
                .to_owned(),
        ),
        TokenError::OtherKind(DEVELOPMENT_CLAIM) => {
            Some("a token of `portcullis dev` is good there, and nowhere else".to_owned())
        }
        TokenError::OtherKind(mark) => Some(format!("this looks like an ID token ({mark}); clients send access tokens")),
        TokenError::Expired { ago } if *ago <= 300 => Some(format!("expired {ago} s ago; do the clocks agree?")),
        TokenError::NotYetValid { in_seconds } if *in_seconds <= 300 => {
            Some(format!("the issuer's clock is {in_seconds} s ahead of this machine's"))
        }
        TokenError::Algorithm { alg } if alg.starts_with("HS") || alg.eq_ignore_ascii_case("none") => {
            Some("symmetric algorithms and none are never accepted".to_owned())
        }
        TokenError::Bound => Some(
            "if its client can send DPoP proofs, set `dpop = \"supported\"` for this resource; the client must then \
             use the DPoP scheme"
                .to_owned(),
        ),
        TokenError::Unbound => Some(
            "the authorization server binds a token when the token request has a DPoP proof; did it?".to_owned(),
        ),
        TokenError::Malformed(_)
        | TokenError::Critical
        | TokenError::Missing(_)
        | TokenError::Algorithm { .. }
        | TokenError::Typ { .. }
        | TokenError::Expired { .. }
        | TokenError::NotYetValid { .. }
        | TokenError::OtherBinding
        | TokenError::Revoked { .. }
        | TokenError::UnknownKey { .. }
        | TokenError::Signature
        | TokenError::Inactive => None,
    }
}

fn is_plain_jwt(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"))
}

fn has_strict(issuers: &[TrustedIssuer]) -> bool {
    issuers.iter().any(|issuer| match &issuer.proof {
        Proof::Signature(signature) => signature.typ == TypRule::AccessToken,
        Proof::Introspection(_) => false,
    })
}

fn audience(found: &[String], issuers: &[TrustedIssuer]) -> Option<String> {
    let expected: Vec<&str> = issuers
        .iter()
        .flat_map(|issuer| match &issuer.audiences {
            Audiences::Resource(resource) => vec![resource.as_str()],
            Audiences::Exact(ours) => ours.iter().map(String::as_str).collect(),
        })
        .collect();
    let but_for_a_slash = |a: &str, b: &str| a.trim_end_matches('/') == b.trim_end_matches('/');
    let but_for_the_scheme = |a: &str, b: &str| {
        a.split_once("://").map(|(_, rest)| rest) == b.split_once("://").map(|(_, rest)| rest)
    };
    for ours in &expected {
        for theirs in found {
            if but_for_a_slash(ours, theirs) {
                return Some(format!("the audience differs by a trailing slash; expected {ours:?}"));
            }
            if but_for_the_scheme(ours, theirs) && theirs.contains("://") {
                return Some(format!("the audience differs by http and https; expected {ours:?}"));
            }
        }
    }
    Some(format!("expected the audience {}", expected.join(" or ")))
}

fn foreign_issuer(found: &str, issuers: &[TrustedIssuer]) -> Option<String> {
    let ours = issuers.iter().flat_map(|issuer| &issuer.issuers);
    for issuer in ours {
        if issuer.as_str().trim_end_matches('/') == found.trim_end_matches('/') {
            return Some(format!(
                "the issuer differs by a trailing slash; configured is {:?}",
                issuer.as_str()
            ));
        }
        if found.contains(".scalekit.") && issuer.as_str().contains(".scalekit.") {
            return Some("issued by another Scalekit environment or resource".to_owned());
        }
    }
    None
}
