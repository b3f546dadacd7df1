//! Parameters of a query or a form (OAuth 2.1 §3.1, §3.2; AS-23): empty is absent, unknown is ignored, none is repeated
//! but `resource` (RFC 8707 §2).

use axum::http::{HeaderMap, header};
use std::collections::HashMap;
use url::form_urlencoded;

/// The only one that may occur more than once.
const REPEATABLE: &str = "resource";

/// What was sent, decoded.
pub(crate) struct Parameters(HashMap<String, Vec<String>>);

impl Parameters {
    /// `None` if what is encoded is not UTF-8: what we echo must be what was sent.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut by_name = HashMap::<String, Vec<String>>::new();
        for (name, value) in form_urlencoded::parse(text).filter(|(_, value)| !value.is_empty()) {
            if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
                return None;
            }
            by_name.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Some(Self(by_name))
    }

    /// The value of a parameter that was sent once.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        match self.all(name) {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Every value of a parameter.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a parameter was sent twice that must not be.
    pub(crate) fn has_repetition(&self) -> bool {
        self.0.iter().any(|(name, values)| name != REPEATABLE && values.len() > 1)
    }
}

/// Whether the one Content-Type is this, whatever its parameters.
pub(crate) fn is_media_type(headers: &HeaderMap, expected: &str) -> bool {
    let mut all = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return false };
    let essence = one.to_str().ok().and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
}

/// How forms are sent (AS-25).
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

#[cfg(test)]
mod tests {
    use super::*;

    /// AS-23
    #[test]
    fn empty_is_absent_and_only_resource_repeats() {
        for (text, repeated) in [
            ("a=1&a=2", true),
            ("a=1&a=1", true),
            ("a=1&a=", false),
            ("a=1&A=2", false),
            ("resource=x&resource=y", false),
            ("a=1&%61=2", true),
        ] {
            assert_eq!(Parameters::parse(text.as_bytes()).unwrap().has_repetition(), repeated, "{text}");
        }
        let sent = Parameters::parse(b"a=1&b=&resource=x&resource=y&c=1&c=2").unwrap();
        assert_eq!((sent.get("a"), sent.get("b"), sent.get("c")), (Some("1"), None, None));
        assert_eq!(sent.all("resource"), ["x", "y"]);
    }

    /// CL-09: a state that came back otherwise would not be the client's.
    #[test]
    fn refuses_what_cannot_be_echoed() {
        assert!(Parameters::parse(b"state=%ff").is_none());
        assert_eq!(Parameters::parse(b"state=a+%2B%C3%A4").unwrap().get("state"), Some("a +ä"));
    }
}
