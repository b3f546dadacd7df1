//! What the endpoint says of a token (RFC 7662 §2.2), read strictly: an answer that could be read in two ways is none.

use crate::token::object;
use serde_json::{Map, Value};

/// The claims of one token; the largest real ones have some 8 KiB.
const MAX_BYTES: usize = 64 * 1024;

/// What a well-formed answer says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The token is good at the authorization server; whether it is good here, our own rules say.
    Active(Map<String, Value>),
    /// It has expired, was revoked, was never issued, or is not for us to see.
    Inactive,
}

/// The answer is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the answer is not a JSON object with unique members")]
    NoObject,
    #[error("the answer has no boolean `active` (RFC 7662 §2.2)")]
    NoActive,
}

impl Answer {
    /// IN-03: `active` is a boolean, or nothing was said.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, AnswerError> {
        if body.len() > MAX_BYTES {
            return Err(AnswerError::TooLarge);
        }
        let members = object(body).map_err(|_| AnswerError::NoObject)?;
        match members.get("active") {
            Some(Value::Bool(true)) => Ok(Self::Active(members)),
            Some(Value::Bool(false)) => Ok(Self::Inactive),
            _ => Err(AnswerError::NoActive),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// IN-03
    #[test]
    fn only_a_boolean_says_active() {
        for (body, expected) in [
            (r#"{"active":false}"#, Ok(Answer::Inactive)),
            (r#"{"active":false,"sub":"x","exp":"soon"}"#, Ok(Answer::Inactive)),
            (r#"{"active":"true"}"#, Err(AnswerError::NoActive)),
            (r#"{"active":1}"#, Err(AnswerError::NoActive)),
            (r#"{"active":null}"#, Err(AnswerError::NoActive)),
            (r#"{"active":[true]}"#, Err(AnswerError::NoActive)),
            (r#"{"Active":true}"#, Err(AnswerError::NoActive)),
            ("{}", Err(AnswerError::NoActive)),
            (r#"{"active":false,"active":true}"#, Err(AnswerError::NoObject)),
            (r#"{"active":true,"\u0061ctive":true}"#, Err(AnswerError::NoObject)),
            (r#"{"active":true,"aud":"a","aud":"b"}"#, Err(AnswerError::NoObject)),
            (r#"{"active":true} {"active":false}"#, Err(AnswerError::NoObject)),
            (r#"[{"active":true}]"#, Err(AnswerError::NoObject)),
            ("true", Err(AnswerError::NoObject)),
            ("eyJhbGciOiJub25lIn0.e30.", Err(AnswerError::NoObject)),
            ("<html>", Err(AnswerError::NoObject)),
            ("", Err(AnswerError::NoObject)),
        ] {
            assert_eq!(Answer::parse(body.as_bytes()), expected, "{body}");
        }
        let large = format!(r#"{{"active":true,"x":"{}"}}"#, "x".repeat(MAX_BYTES));
        assert_eq!(Answer::parse(large.as_bytes()), Err(AnswerError::TooLarge));
        assert!(matches!(Answer::parse(br#"{"active":true}"#), Ok(Answer::Active(_))));
    }

    proptest! {
        #[test]
        fn never_panics_on_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..256), text in "\\PC{0,64}") {
            let _ = Answer::parse(&bytes);
            let _ = Answer::parse(format!(r#"{{"active":true,{text}}}"#).as_bytes());
        }
    }
}
