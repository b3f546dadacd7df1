//! What can be wrong with a body that is JSON: a fixed sentence for the client, a stable code for the operator.

use std::fmt;

/// Why a JSON body is no message that every parser reads alike (§13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Neither an object nor an array of objects, or an object that is neither request, notification nor response.
    NotAMessage,
    /// Nested deeper than 128 levels.
    TooDeep,
    /// A known member occurs twice.
    DuplicateMember,
    /// A member would be a known one to a parser that folds case or ends strings at U+0000.
    CaseVariantMember,
    /// A member has a name to which serde_json gives a meaning.
    ReservedMember,
    /// An array or a scalar stands where an object is expected.
    NotAnObject,
    /// `jsonrpc` is absent or not "2.0".
    JsonRpcVersion,
    /// The id is not a bounded string or an integer.
    InvalidId,
    /// The method is not a bounded string.
    InvalidMethod,
    /// `result` or `error` stands beside `method`.
    ResultBesideMethod,
    /// A response without an id, or with both `result` and `error`.
    InvalidResponse,
    /// A response, in a revision in which clients send none (TM-05).
    ResponseRefused,
    /// A member that names something is not a bounded string.
    InvalidName,
    /// More names than anybody reads.
    TooManyNames,
    /// More messages in one batch than anybody sends.
    BatchTooLong,
}

impl Defect {
    const ALL: [Self; 15] = [
        Self::NotAMessage,
        Self::TooDeep,
        Self::DuplicateMember,
        Self::CaseVariantMember,
        Self::ReservedMember,
        Self::NotAnObject,
        Self::JsonRpcVersion,
        Self::InvalidId,
        Self::InvalidMethod,
        Self::ResultBesideMethod,
        Self::InvalidResponse,
        Self::ResponseRefused,
        Self::InvalidName,
        Self::TooManyNames,
        Self::BatchTooLong,
    ];

    /// What the client reads; nothing of the body.
    pub fn message(self) -> &'static str {
        match self {
            Self::NotAMessage => "the body is not a JSON-RPC message",
            Self::TooDeep => "the message is nested too deeply",
            Self::DuplicateMember => "a member occurs twice",
            Self::CaseVariantMember => "a member could be taken for another one",
            Self::ReservedMember => "a member has a name that parsers keep for themselves",
            Self::NotAnObject => "an object is expected where something else stands",
            Self::JsonRpcVersion => "jsonrpc is not \"2.0\"",
            Self::InvalidId => "the id is neither a short string nor an integer",
            Self::InvalidMethod => "the method is not a short string",
            Self::ResultBesideMethod => "result or error stands beside method",
            Self::InvalidResponse => "a response has an id, and either result or error",
            Self::ResponseRefused => "clients send no responses in this protocol version",
            Self::InvalidName => "a name in params is not a string, or is too long",
            Self::TooManyNames => "too many resources are named",
            Self::BatchTooLong => "the batch is too long",
        }
    }

    /// A stable code for audit and metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotAMessage => "not_a_message",
            Self::TooDeep => "nested_too_deeply",
            Self::DuplicateMember => "duplicate_member",
            Self::CaseVariantMember => "case_variant_member",
            Self::ReservedMember => "reserved_member",
            Self::NotAnObject => "not_an_object",
            Self::JsonRpcVersion => "jsonrpc_version",
            Self::InvalidId => "invalid_id",
            Self::InvalidMethod => "invalid_method",
            Self::ResultBesideMethod => "result_beside_method",
            Self::InvalidResponse => "invalid_response",
            Self::ResponseRefused => "response_refused",
            Self::InvalidName => "invalid_name",
            Self::TooManyNames => "too_many_names",
            Self::BatchTooLong => "batch_refused",
        }
    }

    /// The defect that came out through serde, which carries errors as text only. No stranger can write that text:
    /// serde's own errors begin with words of its own, and ours quote nothing.
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        Self::ALL.into_iter().find(|defect| text.starts_with(defect.message())).unwrap_or(Self::NotAMessage)
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::Error as _;

    #[test]
    fn every_defect_comes_back_out_of_serde() {
        for defect in Defect::ALL {
            assert_eq!(Defect::of(&serde_json::Error::custom(defect)), defect, "{defect:?}");
        }
    }
}
