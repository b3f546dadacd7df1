//! The `WWW-Authenticate` value of a protected resource (RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1).
//!
//! ```abnf
//! challenge  = auth-scheme 1*SP auth-param *( OWS "," OWS auth-param )
//! auth-param = token BWS "=" BWS ( token / quoted-string )
//! ```
//! Printed as clients with simple parsers expect it: the scheme first, every value quoted (CL-10).

use crate::{AuthScheme, ErrorCode, Scope};
use std::{fmt, str::FromStr};

/// A Bearer or DPoP challenge. It always has at least one parameter (CH-02), and each at most once (CH-03).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: AuthScheme,
    error: Option<(ErrorCode, Box<str>)>,
    scope: Scope,
    resource_metadata: Option<Box<str>>,
    algs: Option<Box<str>>,
}

/// The text is not one challenge of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// Another scheme.
    #[error("the challenge is not for the Bearer or DPoP scheme")]
    Scheme,
    /// The parameters do not follow the grammar.
    #[error("the challenge is malformed (RFC 9110 §11.2)")]
    Malformed,
    /// RFC 6750 §3.
    #[error("the challenge has {0:?} more than once (RFC 6750 §3)")]
    Repeated(String),
}

impl Challenge {
    /// An empty challenge to build on.
    pub fn bearer() -> Self {
        Self::of(AuthScheme::Bearer)
    }

    /// A challenge for a token with a proof signed by one of these JWS algorithms, separated by spaces (RFC 9449 §7.1).
    pub fn dpop(algs: &str) -> Self {
        Self { algs: Some(legal(algs)), ..Self::of(AuthScheme::Dpop) }
    }

    fn of(scheme: AuthScheme) -> Self {
        Self { scheme, error: None, scope: Scope::default(), resource_metadata: None, algs: None }
    }

    /// Where the resource's metadata is (CH-09).
    #[must_use]
    pub fn resource_metadata(mut self, url: impl Into<Box<str>>) -> Self {
        self.resource_metadata = Some(legal(&url.into()));
        self
    }

    /// The scopes that would do (CH-11, CH-15). The empty set is not printed.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// What went wrong. Left out where no credentials were sent (CH-05).
    #[must_use]
    pub fn error(mut self, code: ErrorCode, description: &str) -> Self {
        self.error = Some((code, legal(description)));
        self
    }

    /// The scheme it asks for.
    pub fn scheme(&self) -> AuthScheme {
        self.scheme
    }

    /// The error code, if credentials were sent.
    pub fn error_code(&self) -> Option<ErrorCode> {
        self.error.as_ref().map(|(code, _)| *code)
    }

    /// The scopes asked for.
    pub fn scopes(&self) -> &Scope {
        &self.scope
    }

    /// The metadata URL.
    pub fn metadata_url(&self) -> Option<&str> {
        self.resource_metadata.as_deref()
    }

    /// The JWS algorithms a proof may be signed with, separated by spaces; of a DPoP challenge only.
    pub fn algs(&self) -> Option<&str> {
        self.algs.as_deref()
    }
}

/// CH-04: %x20-21 / %x23-5B / %x5D-7E. Whatever else comes, by mistake, is replaced rather than sent.
fn legal(text: &str) -> Box<str> {
    text.chars()
        .map(|c| if matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e') { c } else { '?' })
        .collect::<String>()
        .into()
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = " ";
        let mut parameter = |f: &mut fmt::Formatter<'_>, name: &str, value: &dyn fmt::Display| {
            write!(f, "{separator}{name}=\"{value}\"")?;
            separator = ", ";
            Ok(())
        };
        f.write_str(self.scheme.as_str())?;
        if let Some((code, description)) = &self.error {
            parameter(f, "error", code)?;
            parameter(f, "error_description", description)?;
        }
        if !self.scope.is_empty() {
            parameter(f, "scope", &self.scope)?;
        }
        if let Some(url) = &self.resource_metadata {
            parameter(f, "resource_metadata", url)?;
        }
        if let Some(algs) = &self.algs {
            parameter(f, "algs", algs)?;
        }
        // CH-02: never a scheme alone.
        if separator == " " { f.write_str(" realm=\"mcp\"") } else { Ok(()) }
    }
}

impl FromStr for Challenge {
    type Err = ChallengeError;

    fn from_str(text: &str) -> Result<Self, ChallengeError> {
        let (scheme, rest) = text.split_once(' ').ok_or(ChallengeError::Malformed)?;
        let scheme = AuthScheme::parse(scheme.as_bytes()).ok_or(ChallengeError::Scheme)?;
        let parameters = parameters(rest)?;
        let get = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let mut challenge = Self::of(scheme);
        if let (AuthScheme::Dpop, Some(algs)) = (scheme, get("algs")) {
            challenge.algs = Some(legal(algs));
        }
        if let Some(url) = get("resource_metadata") {
            challenge = challenge.resource_metadata(url);
        }
        if let Some(scope) = get("scope") {
            challenge.scope = Scope::parse(scope).map_err(|_| ChallengeError::Malformed)?;
        }
        if let Some(code) = get("error").and_then(ErrorCode::parse) {
            challenge = challenge.error(code, get("error_description").unwrap_or_default());
        }
        Ok(challenge)
    }
}

/// Reads `name=value` pairs; names in lower case, since they are case-insensitive (RFC 9110 §11.2).
fn parameters(text: &str) -> Result<Vec<(String, String)>, ChallengeError> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or(ChallengeError::Malformed)?;
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty()
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
        {
            return Err(ChallengeError::Malformed);
        }
        let (value, after) = value(after.trim_start())?;
        if found.iter().any(|(n, _)| *n == name) {
            return Err(ChallengeError::Repeated(name));
        }
        found.push((name, value));
        let next = after.trim_start();
        if !next.is_empty() && !next.starts_with(',') {
            return Err(ChallengeError::Malformed);
        }
        rest = next.trim_start_matches([' ', '\t', ',']);
    }
    Ok(found)
}

/// One token or quoted string, and what follows it.
fn value(text: &str) -> Result<(String, &str), ChallengeError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, c)) = characters.next() {
        match c {
            '"' => return Ok((value, &quoted[index + 1..])),
            '\\' => value.push(characters.next().ok_or(ChallengeError::Malformed)?.1),
            c => value.push(c),
        }
    }
    Err(ChallengeError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// CH-02, CH-05, CL-10: one scheme, each value quoted, nothing that a simple reader stumbles over.
    #[test]
    fn a_challenge_without_credentials_has_no_error_but_always_a_parameter() {
        let text = Challenge::bearer().resource_metadata("https://h/.well-known/x").to_string();
        assert_eq!(text, "Bearer resource_metadata=\"https://h/.well-known/x\"");
        assert_eq!(Challenge::bearer().to_string(), "Bearer realm=\"mcp\"");
    }

    /// CH-10, DP-07: as RFC 9449 §7.1 prints it, with what RFC 9728 §5.1 adds.
    #[test]
    fn a_dpop_challenge_names_its_algorithms_and_the_metadata() {
        let challenge =
            Challenge::dpop("ES256 PS256").error(ErrorCode::InvalidToken, "Invalid DPoP key binding");
        let text = "DPoP error=\"invalid_token\", error_description=\"Invalid DPoP key binding\", algs=\"ES256 PS256\"";
        assert_eq!(challenge.to_string(), text);
        let challenge = Challenge::dpop("ES256").resource_metadata("https://h/.well-known/x");
        let text = "DPoP resource_metadata=\"https://h/.well-known/x\", algs=\"ES256\"";
        assert_eq!(challenge.to_string(), text);
        assert_eq!(text.parse::<Challenge>().unwrap().algs(), Some("ES256"));
    }

    /// CH-03
    #[test]
    fn refuses_a_repeated_parameter() {
        let parsed = "Bearer scope=\"a\", scope=\"b\"".parse::<Challenge>();
        assert_eq!(parsed, Err(ChallengeError::Repeated("scope".into())));
    }

    proptest! {
        /// CH-04: whatever text comes in, the header stays legal and is read back.
        #[test]
        fn prints_a_legal_header_for_any_description(description in ".*", url in ".*") {
            let challenge = Challenge::bearer().resource_metadata(url).error(ErrorCode::InvalidToken, &description);
            let text = challenge.to_string();
            prop_assert!(text.bytes().all(|b| (0x20..=0x7e).contains(&b) && b != b'\\'));
            prop_assert_eq!(text.parse::<Challenge>().unwrap(), challenge);
            let challenge = Challenge::dpop(&description).error(ErrorCode::UseDpopNonce, &description);
            prop_assert_eq!(challenge.to_string().parse::<Challenge>().unwrap(), challenge);
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = text.parse::<Challenge>();
            let _ = format!("Bearer {text}").parse::<Challenge>();
            let _ = format!("DPoP {text}").parse::<Challenge>();
        }
    }
}
