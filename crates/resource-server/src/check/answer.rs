//! The service's answer: `{"allow": true, "reason": "…", "cache_seconds": 30}`, of which `allow` is required.
//!
//! Read strictly: a member twice, of another kind or of another name is no answer. What was meant by `"allow": "true"` or
//! by `"allowed": false` is not guessed.

use super::{CheckFailure, Verdict};
use crate::token::object;
use serde_json::Value;

/// A longer reason is cut here, so that no more than this is remembered; the audit cuts it again. In characters.
const MAX_REASON: usize = 300;

pub(super) fn parse(body: &[u8]) -> Result<Verdict, CheckFailure> {
    let malformed = |what| Err(CheckFailure::Malformed(what));
    let Ok(members) = object(body) else { return malformed("is no JSON object with unique members") };
    let (mut allow, mut verdict) = (None, Verdict::default());
    for (name, value) in members {
        match (name.as_str(), value) {
            ("allow", Value::Bool(is_allowed)) => allow = Some(is_allowed),
            ("reason", Value::String(text)) => verdict.reason = Some(text.chars().take(MAX_REASON).collect()),
            ("reason", Value::Null) => {}
            ("cache_seconds", Value::Number(seconds)) => match seconds.as_u64() {
                Some(seconds) => verdict.cache_seconds = seconds,
                None => return malformed("has a cache_seconds that is no whole number of seconds"),
            },
            ("allow", _) => return malformed("has an allow that is neither true nor false"),
            ("reason" | "cache_seconds", _) => return malformed("has a member of the wrong kind"),
            _ => return malformed("has a member that is not allow, reason or cache_seconds"),
        }
    }
    match allow {
        Some(allow) => Ok(Verdict { allow, ..verdict }),
        None => malformed("has no allow"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_answer_is_read() {
        for (body, allow, reason, cache_seconds) in [
            (r#"{"allow":true}"#, true, None, 0),
            (r#" {"allow":false,"reason":"suspended"} "#, false, Some("suspended"), 0),
            (r#"{"cache_seconds":30,"reason":null,"allow":true}"#, true, None, 30),
        ] {
            let expected = Verdict { allow, reason: reason.map(Into::into), cache_seconds };
            assert_eq!(parse(body.as_bytes()), Ok(expected), "{body}");
        }
        let long = format!(r#"{{"allow":true,"reason":"{}"}}"#, "ä".repeat(5000));
        assert_eq!(parse(long.as_bytes()).unwrap().reason.unwrap().chars().count(), MAX_REASON);
    }

    #[test]
    fn whatever_is_not_clear_is_no_answer() {
        for body in [
            "",
            "true",
            "{}",
            "null",
            "[true]",
            r#"[true,"x",30]"#,
            r#"{"allow":"true"}"#,
            r#"{"allow":1}"#,
            r#"{"allow":null}"#,
            r#"{"allow":[true]}"#,
            r#"{"Allow":true}"#,
            r#"{"allowed":true}"#,
            r#"{"allow":false,"allow":true}"#,
            r#"{"allow":true,"allow":true}"#,
            r#"{"allow":true,"\u0061llow":false}"#,
            r#"{"allow":true,"allowed":false}"#,
            r#"{"allow":true} {"allow":false}"#,
            r#"{"allow":true"#,
            r#"{"allow":true,"reason":1}"#,
            r#"{"allow":true,"cache_seconds":"30"}"#,
            r#"{"allow":true,"cache_seconds":-1}"#,
            r#"{"allow":true,"cache_seconds":1.5}"#,
            r#"{"allow":true,"cache_seconds":1e99}"#,
            "<html>{\"allow\":true}</html>",
            "\u{feff}{\"allow\":true}",
        ] {
            assert!(matches!(parse(body.as_bytes()), Err(CheckFailure::Malformed(_))), "{body}");
        }
        assert!(parse(b"{\"allow\":true,\"reason\":\"\xff\"}").is_err());
    }
}
