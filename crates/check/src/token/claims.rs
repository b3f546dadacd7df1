//! What a token says of itself, read here and verified by nobody: enough to explain why a server refuses it, and never a reason
//! to accept it.
//!
//! The token comes in and stays out: what is kept is what its issuer wrote into it, bounded, without the signature. Whatever is
//! printed of that goes through [`quoted`].

use crate::{Secret, exchange::deceives};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::{DEVELOPMENT_CLAIM, NumericDate};
use serde_json::{Map, Value};

/// Longer tokens are not read. In bytes; no server takes such a header.
const MAX_TOKEN: usize = 32 * 1024;
/// More audiences and scopes of one token are not kept.
const MAX_LIST: usize = 64;
/// Longer texts of a token are shown to here. In characters.
const MAX_SHOWN: usize = 160;

/// A signed token, as far as it is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedToken {
    /// What it says of its own form.
    pub header: UnverifiedHeader,
    /// What it says of its bearer.
    pub claims: UnverifiedClaims,
}

/// Of the JOSE header (RFC 7515 §4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnverifiedHeader {
    /// `at+jwt` for an access token of RFC 9068.
    pub typ: Option<String>,
    /// How it says it is signed.
    pub alg: Option<String>,
}

/// Of the claims (RFC 7519 §4.1, RFC 9068 §2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnverifiedClaims {
    /// Who issued it.
    pub iss: Option<String>,
    /// Whom it is for; none where it does not say.
    pub aud: Vec<String>,
    /// The client it was issued to: `client_id`, else `azp`.
    pub client_id: Option<String>,
    /// When it ends.
    pub exp: Option<NumericDate>,
    /// When it begins.
    pub nbf: Option<NumericDate>,
    /// `scope` and `scp`, as a list or a text.
    pub scopes: Vec<String>,
    /// A claim that ID tokens have and access tokens do not.
    pub id_token_mark: Option<&'static str>,
    /// It is bound to a key (`cnf`): a proof belongs to it.
    pub is_bound: bool,
    /// It was issued by `portcullis dev`.
    pub is_of_development: bool,
}

/// Nothing can be read in the token. That need not be wrong: what is in a token is between its issuer and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadToken {
    /// It is no JWT: only its issuer knows what it means.
    Opaque,
    /// It is encrypted (RFC 7516).
    Encrypted,
    /// It has the dots of a JWT, and is none.
    Malformed,
    /// It is longer than any server takes.
    TooLong,
}

impl UnverifiedToken {
    /// Reads a token.
    ///
    /// # Errors
    /// It is not a signed JWT.
    pub fn read(token: &Secret) -> Result<Self, UnreadToken> {
        let text = token.expose();
        if text.len() > MAX_TOKEN {
            return Err(UnreadToken::TooLong);
        }
        let parts: Vec<&str> = text.splitn(6, '.').collect();
        let (header, claims) = match parts[..] {
            [header, claims, _] => (header, claims),
            [_, _, _, _, _] => return Err(UnreadToken::Encrypted),
            _ => return Err(UnreadToken::Opaque),
        };
        let header = object(header).ok_or(UnreadToken::Malformed)?;
        let claims = object(claims).ok_or(UnreadToken::Malformed)?;
        Ok(Self { header: UnverifiedHeader::of(&header), claims: UnverifiedClaims::of(&claims) })
    }
}

/// A part of a compact JWS that is a JSON object.
pub(crate) fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

impl UnverifiedHeader {
    fn of(header: &Map<String, Value>) -> Self {
        Self { typ: text(header, "typ"), alg: text(header, "alg") }
    }
}

impl UnverifiedClaims {
    fn of(claims: &Map<String, Value>) -> Self {
        let scopes = ["scope", "scp"].into_iter().flat_map(|name| list(claims.get(name)));
        let scopes = scopes.flat_map(|scopes| scopes.split(' ').map(str::to_owned).collect::<Vec<_>>());
        Self {
            iss: text(claims, "iss"),
            aud: list(claims.get("aud")),
            client_id: text(claims, "client_id").or_else(|| text(claims, "azp")),
            exp: date(claims.get("exp")),
            nbf: date(claims.get("nbf")),
            scopes: scopes.filter(|scope| !scope.is_empty()).take(MAX_LIST).collect(),
            id_token_mark: ["nonce", "at_hash", "c_hash"].into_iter().find(|mark| claims.contains_key(*mark)),
            is_bound: claims.contains_key("cnf"),
            is_of_development: claims.contains_key(DEVELOPMENT_CLAIM),
        }
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name)?.as_str().map(str::to_owned)
}

/// One text, or a list of them.
fn list(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(texts)) => {
            texts.iter().filter_map(Value::as_str).take(MAX_LIST).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// RFC 7519 §2: a number, of seconds; some write fractions.
fn date(value: Option<&Value>) -> Option<NumericDate> {
    let value = value?;
    let fraction = || value.as_f64().filter(|seconds| (0.0..1e15).contains(seconds));
    value.as_u64().or_else(|| Some(fraction()? as u64)).map(NumericDate)
}

/// A text of a stranger's token as it may be shown: bounded, in quotation marks, without what a terminal would act on.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    for c in text.chars().take(MAX_SHOWN) {
        if deceives(c) || c == '"' {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown.push('"');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    fn token(claims: &Value) -> Secret {
        let header = part(&json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k" }));
        Secret::new(&format!("{header}.{}.c2lnbmF0dXJl", part(claims)))
    }

    #[test]
    fn what_a_token_says_is_read() {
        let read = UnverifiedToken::read(&token(&json!({
            "iss": "https://issuer.example", "aud": ["a", 7, "b"], "azp": "client", "exp": 10, "nbf": 9.7,
            "scope": "x  y", "scp": ["z"], "nonce": "n", "cnf": {}, "portcullis_dev": true,
        })));
        let read = read.unwrap();
        assert_eq!(read.header.typ.as_deref(), Some("at+jwt"));
        assert_eq!(read.header.alg.as_deref(), Some("ES256"));
        let expected = UnverifiedClaims {
            iss: Some("https://issuer.example".to_owned()),
            aud: vec!["a".to_owned(), "b".to_owned()],
            client_id: Some("client".to_owned()),
            exp: Some(NumericDate(10)),
            nbf: Some(NumericDate(9)),
            scopes: vec!["x".to_owned(), "y".to_owned(), "z".to_owned()],
            id_token_mark: Some("nonce"),
            is_bound: true,
            is_of_development: true,
        };
        assert_eq!(read.claims, expected);
    }

    #[test]
    fn claims_of_another_type_are_none() {
        let read = UnverifiedToken::read(&token(&json!({
            "iss": ["x"], "aud": 7, "client_id": {}, "exp": "soon", "nbf": -1, "scope": 4,
        })));
        assert_eq!(read.unwrap().claims, UnverifiedClaims::default());
    }

    #[test]
    fn what_is_no_jwt_is_told_apart() {
        let good = token(&json!({}));
        let good = good.expose();
        for (name, text, expected) in [
            ("opaque", "abcdef", UnreadToken::Opaque),
            ("empty", "", UnreadToken::Opaque),
            ("two parts", "a.b", UnreadToken::Opaque),
            ("six parts", "a.b.c.d.e.f", UnreadToken::Opaque),
            ("encrypted", "a.b.c.d.e", UnreadToken::Encrypted),
            ("no base64", "a!.b.c", UnreadToken::Malformed),
            ("no object", "W10.W10.c", UnreadToken::Malformed),
            ("no end", &good.repeat(2000), UnreadToken::TooLong),
        ] {
            assert_eq!(UnverifiedToken::read(&Secret::new(text)), Err(expected), "{name}");
        }
    }

    /// RS-17
    #[test]
    fn neither_the_token_nor_its_signature_is_kept() {
        let token = token(&json!({ "iss": "i", "sub": "alice" }));
        let kept = format!("{:?}", UnverifiedToken::read(&token));
        for part in token.expose().split('.') {
            assert!(!kept.contains(part), "{kept}");
        }
    }

    #[test]
    fn what_is_shown_is_bounded_and_does_nothing_to_a_terminal() {
        assert_eq!(quoted("https://h/mcp/"), "\"https://h/mcp/\"");
        assert_eq!(quoted("a\u{1b}[2J\"\u{202e}"), "\"a\\u{1b}[2J\\\"\\u{202e}\"");
        assert_eq!(quoted(&"x".repeat(1000)).chars().count(), MAX_SHOWN + 3);
    }
}
