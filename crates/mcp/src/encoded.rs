//! Header values of 2026-07-28: `=?base64?…?=` stands for text that no header may carry (TM-22).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::borrow::Cow;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";
/// Longer values are refused before they are decoded (TM-25).
const MAX_BYTES: usize = 4096;

/// The text a value stands for. Markers count only exactly as written; anything else is literal.
pub(crate) fn decode(value: &str) -> Result<Cow<'_, str>, &'static str> {
    if value.len() > MAX_BYTES {
        return Err("a routing header is too long");
    }
    let value = value.trim_matches([' ', '\t']);
    let Some(encoded) = value.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX)) else {
        return Ok(Cow::Borrowed(value));
    };
    let bytes = STANDARD.decode(encoded).map_err(|_| "a routing header is not valid base64")?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| "a routing header does not decode to UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TM-22
    #[test]
    fn decodes_only_what_is_marked_exactly() {
        for (value, expected) in [
            ("plain", Some("plain")),
            (" padded\t", Some("padded")),
            ("=?base64?SGVsbG8=?=", Some("Hello")),
            ("=?base64??=", Some("")),
            ("=?BASE64?SGVsbG8=?=", Some("=?BASE64?SGVsbG8=?=")),
            ("=?base64?SGVsbG8=", Some("=?base64?SGVsbG8=")),
            ("SGVsbG8=?=", Some("SGVsbG8=?=")),
            ("=?base64?SGVsbG8?=", None),
            ("=?base64?SGVs bG8=?=", None),
            ("=?base64?_-8=?=", None),
            ("=?base64?SGVsbG9=?=", None),
            ("=?base64?/w==?=", None),
            ("=?base64?=", Some("=?base64?=")),
        ] {
            assert_eq!(decode(value).ok().as_deref(), expected, "{value}");
        }
    }

    /// TM-25
    #[test]
    fn refuses_a_long_value_before_decoding() {
        assert!(decode(&"x".repeat(MAX_BYTES)).is_ok());
        assert!(decode(&"x".repeat(MAX_BYTES + 1)).is_err());
    }
}
