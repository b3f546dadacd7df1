//! The claims of a token (RFC 7519 §4, RFC 9068 §2.2), as a stranger wrote them.

use super::members::object;
use crate::verify_error::TokenError;
use portcullis_oauth::{NumericDate, Scope};
use serde_json::{Map, Value};

/// What the rules look at, plus every claim for those who come after.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct UnverifiedClaims {
    /// `iss`, one string (JW-02).
    pub issuer: String,
    /// `aud`, string or array of strings.
    pub audiences: Vec<String>,
    /// `exp`, required (JW-05).
    pub expires_at: Option<NumericDate>,
    /// `nbf`.
    pub not_before: Option<NumericDate>,
    /// `iat`.
    pub issued_at: Option<NumericDate>,
    /// `sub`.
    pub subject: Option<String>,
    /// `client_id`, else `azp`.
    pub client_id: Option<String>,
    /// `jti`.
    pub token_id: Option<String>,
    /// `scope` and `scp`, string or array; see [`UnverifiedClaims::scopes_claim`] for `scopes`.
    pub scope: Scope,
    /// `scopes`, which only some issuers mean as scopes (Scalekit).
    pub scopes_claim: Scope,
    /// Members that an ID token, a logout token or a security event has and an access token has not (JW-14).
    pub foreign_marks: Vec<&'static str>,
    /// Every claim.
    pub all: Map<String, Value>,
}

/// `nonce`, `at_hash`, `c_hash`, `s_hash`: OpenID Connect Core §2, §3.3.2.11; `events`: RFC 8417 §2.2.
const FOREIGN_MARKS: [&str; 5] = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

const ILL_TYPED: TokenError =
    TokenError::Malformed("the claims are not a JSON object with unique, well-typed members");

impl UnverifiedClaims {
    /// Parses the decoded payload.
    ///
    /// # Errors
    /// Not an object, a claim twice, or a registered claim of a type that RFC 7519 does not allow.
    pub fn parse(json: &[u8]) -> Result<Self, TokenError> {
        Self::of_members(object(json).map_err(|_| ILL_TYPED)?)
    }

    /// The same, of an object that was parsed.
    pub(crate) fn of_members(all: Map<String, Value>) -> Result<Self, TokenError> {
        Self::of(&all).map(|claims| Self { all, ..claims }).map_err(|error| match error {
            Defect::NoIssuer => TokenError::Missing("iss"),
            Defect::Type => ILL_TYPED,
        })
    }

    fn of(all: &Map<String, Value>) -> Result<Self, Defect> {
        let string = |name| all.get(name).map(text).transpose();
        let seconds = |name| all.get(name).map(date).transpose();
        let scopes = |names: &[&str]| {
            let mut scopes = Scope::default();
            names
                .iter()
                .filter_map(|name| all.get(*name))
                .try_for_each(|value| collect(value, &mut scopes))?;
            Ok::<_, &str>(scopes)
        };
        Ok(Self {
            audiences: all.get("aud").map_or_else(|| Ok(Vec::new()), texts)?,
            expires_at: seconds("exp")?,
            not_before: seconds("nbf")?,
            issued_at: seconds("iat")?,
            subject: string("sub")?,
            client_id: [string("client_id")?, string("azp")?].into_iter().flatten().next(),
            token_id: string("jti")?,
            scope: scopes(&["scope", "scp"])?,
            // Of another type it is somebody's own claim, and no scope.
            scopes_claim: scopes(&["scopes"]).unwrap_or_default(),
            foreign_marks: FOREIGN_MARKS.into_iter().filter(|mark| all.contains_key(*mark)).collect(),
            issuer: string("iss")?.ok_or(Defect::NoIssuer)?,
            all: Map::new(),
        })
    }
}

/// What keeps an object from being claims.
enum Defect {
    NoIssuer,
    Type,
}

impl From<&'static str> for Defect {
    fn from(_: &'static str) -> Self {
        Self::Type
    }
}

fn text(value: &Value) -> Result<String, &'static str> {
    value.as_str().map(str::to_owned).ok_or("not a string")
}

fn texts(value: &Value) -> Result<Vec<String>, &'static str> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err("not a string or strings"),
    }
}

/// A NumericDate may have a fraction (RFC 7519 §2), which is cut: a token never lives longer for it.
pub(crate) fn date(value: &Value) -> Result<NumericDate, &'static str> {
    if let Some(seconds) = value.as_u64() {
        return Ok(NumericDate(seconds));
    }
    match value.as_f64() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
        Some(seconds) if (0.0..1e15).contains(&seconds) => Ok(NumericDate(seconds as u64)),
        _ => Err("not a date"),
    }
}

/// Adds the scopes of a claim, in one text or in several.
fn collect(value: &Value, scopes: &mut Scope) -> Result<(), &'static str> {
    let mut add = |text: &str| {
        text.split(' ').filter(|token| !token.is_empty()).try_for_each(|token| {
            scopes.insert(token.parse().map_err(|_| "not a scope")?);
            Ok(())
        })
    };
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| add(item.as_str().ok_or("not a string")?)),
        Value::String(text) => add(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err("not a string or strings"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JW-02, JW-03, JW-05, JW-18
    #[test]
    fn refuses_claims_of_the_wrong_type_and_claims_given_twice() {
        for json in [
            r#"{"iss":["https://a"]}"#,
            r#"{"iss":"https://a","aud":7}"#,
            r#"{"iss":"https://a","aud":["x",7]}"#,
            r#"{"iss":"https://a","exp":"1"}"#,
            r#"{"iss":"https://a","exp":-1}"#,
            r#"{"iss":"https://a","exp":1e300}"#,
            r#"{"iss":"https://a","sub":"x","sub":"y"}"#,
            r#"{"iss":"https://a","scope":7}"#,
            r#"{"aud":"x"}"#,
            "[]",
        ] {
            assert!(UnverifiedClaims::parse(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn scopes_are_united_from_string_and_array() {
        let parsed = UnverifiedClaims::parse(
            br#"{"iss":"https://a","scope":"a b","scp":["c"],"scopes":["d"],"azp":"client"}"#,
        )
        .unwrap();
        assert_eq!(parsed.scope.to_string(), "a b c");
        assert_eq!(parsed.scopes_claim.to_string(), "d");
        assert_eq!(parsed.client_id.as_deref(), Some("client"));
    }
}
