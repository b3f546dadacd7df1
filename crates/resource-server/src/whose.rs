//! Whose token is it? The answer follows from the token's shape and its unverified `iss`, never from trial and error: a
//! token that is shown to the wrong authorization server is a token given away.
//!
//! - Its first part is a JOSE header: a JWT. It belongs to the issuer that its `iss` names, and to nobody else. Where the
//!   rest of it cannot be read, it is refused, and shown to nobody.
//! - Anything else is opaque, and belongs to the one introspecting issuer whose `token_prefix` it has.

use crate::{
    introspection::Introspection,
    token::Compact,
    trusted::{Proof, Signature, TrustedIssuer},
    verify_error::TokenError,
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use portcullis_oauth::{Issuer, NumericDate};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Who has to prove a token, and how.
#[allow(clippy::large_enum_variant, reason = "it is taken apart by the one who asked for it")]
pub(crate) enum Whose<'s, 't> {
    /// The issuer's key.
    Signed { index: usize, issuer: &'s Issuer, signature: &'s Signature, token: Compact<'t> },
    /// The issuer, by its word.
    Introspected { index: usize, introspection: &'s Arc<Introspection>, own: OwnWord },
}

/// What a token says of itself that its issuer need not repeat, if it can be read. Nobody has proved it: it can only make the
/// token good for less.
#[derive(Debug, Default)]
pub(crate) struct OwnWord {
    /// `exp`.
    pub(crate) ends: Option<NumericDate>,
    /// `cnf`.
    pub(crate) bound_to: Option<Value>,
}

pub(crate) fn whose<'s, 't>(
    token: &'t str,
    issuers: &'s [TrustedIssuer],
) -> Result<Whose<'s, 't>, TokenError> {
    let introspects = |issuer: &TrustedIssuer| matches!(issuer.proof, Proof::Introspection(_));
    if issuers.iter().any(introspects) && !is_jwt(token) {
        return opaque(token, issuers);
    }
    let token = Compact::parse(token)?;
    let (index, issuer) = named(&token.claims.issuer, issuers)?;
    Ok(match &issuers[index].proof {
        Proof::Signature(signature) => Whose::Signed { index, issuer, signature, token },
        Proof::Introspection(introspection) => {
            let mut claims = token.claims;
            let own = OwnWord { ends: claims.expires_at, bound_to: claims.all.remove("cnf") };
            Whose::Introspected { index, introspection, own }
        }
    })
}

/// RS-16, JW-02: byte for byte.
fn named<'s>(found: &str, issuers: &'s [TrustedIssuer]) -> Result<(usize, &'s Issuer), TokenError> {
    let identifiers = |(index, trusted): (usize, &'s TrustedIssuer)| {
        trusted.issuers.iter().map(move |issuer| (index, issuer))
    };
    let mut all = issuers.iter().enumerate().flat_map(identifiers);
    all.find(|(_, issuer)| issuer.as_str() == found)
        .ok_or_else(|| TokenError::ForeignIssuer { issuer: found.to_owned() })
}

/// The one issuer with tokens of this form. If there are two, nothing is guessed.
fn opaque<'s, 't>(token: &str, issuers: &'s [TrustedIssuer]) -> Result<Whose<'s, 't>, TokenError> {
    let mut fitting = issuers.iter().enumerate().filter_map(|(index, issuer)| match &issuer.proof {
        Proof::Introspection(introspection) => {
            let prefix = introspection.settings().token_prefix.as_deref().unwrap_or_default();
            token.starts_with(prefix).then_some((index, introspection))
        }
        Proof::Signature(_) => None,
    });
    match (fitting.next(), fitting.next()) {
        (Some((index, introspection)), None) => {
            Ok(Whose::Introspected { index, introspection, own: OwnWord::default() })
        }
        (Some(_), Some(_)) => Err(TokenError::Malformed("several issuers have opaque tokens of this form")),
        (None, _) => Err(TokenError::Malformed("no issuer has opaque tokens of this form")),
    }
}

/// Whether the token's first part is a JOSE header (RFC 7515 §4): a JSON object with `alg`. However many parts follow, and
/// however loosely it is written, what looks like a JWT is treated as one: nobody's opaque tokens look like that by chance.
fn is_jwt(token: &str) -> bool {
    const ANY_PADDING: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const LOOSE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);
    let Some((header, _)) = token.split_once('.') else { return false };
    let header = header.replace('+', "-").replace('/', "_");
    LOOSE
        .decode(header)
        .ok()
        .and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok())
        .is_some_and(|members| members.contains_key("alg"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    #[test]
    fn what_begins_with_a_jose_header_is_a_jwt_and_nothing_else_is() {
        let encoded = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let header = encoded(r#"{"alg":"RS256"}"#);
        for (token, expected) in [
            (format!("{header}.e30.AA"), true),
            (format!("{header}.e30."), true),
            (format!("{header}.e30"), true),
            (format!("{header}."), true),
            (format!("{header}.e30.AA.AA.AA"), true),
            (format!("{}.e30.AA", STANDARD.encode(r#"{"alg":"RS256","x":"??>>~~"}"#)), true),
            (format!("{}.e30.AA", encoded(" {\n\"alg\" : 7 }")), true),
            (format!("{}.e30.AA", encoded(r#"{"alg":"none","alg":"RS256"}"#)), true),
            (header.clone(), false),
            (format!("{}.1700000000.c2ln", encoded(r#"{"session":7}"#)), false),
            (format!("{}.e30.AA", encoded("[\"alg\"]")), false),
            ("ory_at_1-2.3".to_owned(), false),
            ("a.b.c".to_owned(), false),
            ("...".to_owned(), false),
            ("2YotnFZFEjr1zCsicMWpAA".to_owned(), false),
        ] {
            assert_eq!(is_jwt(&token), expected, "{token}");
        }
    }

    proptest! {
        #[test]
        fn shape_is_told_of_any_text(token in "\\PC{0,128}", dotted in "[A-Za-z0-9+/=_.-]{0,128}") {
            let _ = (is_jwt(&token), is_jwt(&dotted));
        }
    }
}
