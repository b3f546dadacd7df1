//! What is wrong with a message, and the JSON-RPC error that says so.

use crate::{Defect, Id, Revision};
use serde_json::{Value, json};

/// JSON-RPC and MCP error codes.
pub mod code {
    /// Not JSON.
    pub const PARSE_ERROR: i64 = -32700;
    /// JSON, but no request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// No such method (TM-15).
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// A parameter is missing or wrong.
    pub const INVALID_PARAMS: i64 = -32602;
    /// Not the client's fault.
    pub const INTERNAL_ERROR: i64 = -32603;
    /// Headers and body disagree (TM-18).
    pub const HEADER_MISMATCH: i64 = -32020;
    /// The client lacks a capability the method needs (TM-27).
    pub const MISSING_CAPABILITY: i64 = -32021;
    /// It was understood, and is not allowed. Not a code of JSON-RPC or MCP either: as for too many requests, the one of HTTP.
    pub const FORBIDDEN: i64 = 403;
    /// Too many requests. Neither JSON-RPC nor MCP has a code for it, so it is none of those they keep for themselves
    /// (CH-18).
    pub const RATE_LIMITED: i64 = 429;
    /// A revision that is not spoken here (TM-14).
    pub const UNSUPPORTED_VERSION: i64 = -32022;
}

/// The message is refused before anybody acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Content-Type, charset or Content-Encoding (415).
    #[error("send application/json in UTF-8 without content encoding")]
    MediaType,
    /// The body is not one JSON text.
    #[error("the body is not JSON")]
    NotJson,
    /// The body is JSON that two parsers could read differently, or that is no message.
    #[error("{what}")]
    Invalid {
        /// What is wrong.
        what: Defect,
        /// The request's id, if it was read.
        id: Option<Id>,
    },
    /// A batch outside 2025-03-26, or one that may not be (TL-03, TL-04).
    #[error("{0}")]
    Batch(&'static str),
    /// A parameter that the method or the revision requires is missing.
    #[error("{why}")]
    MissingParameter {
        /// Which; fixed text.
        why: &'static str,
        /// The request's id.
        id: Option<Id>,
    },
    /// A method that this revision no longer has (404), without the name by which it could be judged (TM-15).
    #[error("method not found")]
    MethodRemoved {
        /// The request's id.
        id: Option<Id>,
    },
    /// Headers and body disagree (TM-13, TM-18), or a header is missing, doubled or not decodable.
    #[error("{why}")]
    HeaderMismatch {
        /// Which; fixed text.
        why: &'static str,
        /// The request's id.
        id: Option<Id>,
    },
    /// `MCP-Protocol-Version` names a revision that is not spoken here.
    #[error("this protocol version is not supported")]
    UnsupportedVersion {
        /// What was asked for, bounded.
        requested: String,
        /// The request's id.
        id: Option<Id>,
    },
}

impl ReadError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::MediaType => 415,
            Self::MethodRemoved { .. } => 404,
            Self::NotJson
            | Self::Invalid { .. }
            | Self::Batch(_)
            | Self::MissingParameter { .. }
            | Self::HeaderMismatch { .. }
            | Self::UnsupportedVersion { .. } => 400,
        }
    }

    /// The JSON-RPC code.
    pub fn code(&self) -> i64 {
        match self {
            Self::MediaType | Self::Invalid { .. } | Self::Batch(_) => code::INVALID_REQUEST,
            Self::NotJson => code::PARSE_ERROR,
            Self::MissingParameter { .. } => code::INVALID_PARAMS,
            Self::MethodRemoved { .. } => code::METHOD_NOT_FOUND,
            Self::HeaderMismatch { .. } => code::HEADER_MISMATCH,
            Self::UnsupportedVersion { .. } => code::UNSUPPORTED_VERSION,
        }
    }

    /// What the client reads; nothing of the body.
    pub fn message(&self) -> &'static str {
        match self {
            Self::MediaType => "send application/json in UTF-8 without content encoding",
            Self::NotJson => "the body is not JSON",
            Self::Invalid { what, .. } => what.message(),
            Self::Batch(why) | Self::MissingParameter { why, .. } | Self::HeaderMismatch { why, .. } => why,
            Self::MethodRemoved { .. } => "method not found",
            Self::UnsupportedVersion { .. } => "this protocol version is not supported",
        }
    }

    /// A stable code for audit and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MediaType => "unsupported_media_type",
            Self::NotJson => "body_not_json",
            Self::Invalid { what, .. } => what.reason(),
            Self::Batch(_) => "batch_refused",
            Self::MissingParameter { .. } => "missing_parameter",
            Self::MethodRemoved { .. } => "method_unknown",
            Self::HeaderMismatch { .. } => "header_mismatch",
            Self::UnsupportedVersion { .. } => "unsupported_version",
        }
    }

    /// The id to answer to.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::Invalid { id, .. }
            | Self::MissingParameter { id, .. }
            | Self::MethodRemoved { id }
            | Self::HeaderMismatch { id, .. }
            | Self::UnsupportedVersion { id, .. } => id.as_ref(),
            Self::MediaType | Self::NotJson | Self::Batch(_) => None,
        }
    }

    /// The `data` member (TM-14).
    pub fn data(&self) -> Option<Value> {
        match self {
            Self::UnsupportedVersion { requested, .. } => {
                let supported = Revision::ALL.map(Revision::as_str);
                Some(json!({ "supported": supported, "requested": requested }))
            }
            Self::MediaType
            | Self::NotJson
            | Self::Invalid { .. }
            | Self::Batch(_)
            | Self::MissingParameter { .. }
            | Self::MethodRemoved { .. }
            | Self::HeaderMismatch { .. } => None,
        }
    }
}

/// A JSON-RPC error response. Without an id where none was read: 2026-07-28 leaves the member out, and a client
/// that checks types takes `null` for no JSON-RPC error at all (G-05, TM-08).
pub fn error_body(id: Option<&Id>, code: i64, message: &str, data: Option<Value>) -> Vec<u8> {
    let mut error = json!({ "code": code, "message": message });
    if let Some(data) = data {
        error["data"] = data;
    }
    let mut body = json!({ "jsonrpc": "2.0", "error": error });
    if let Some(id) = id {
        body["id"] = id.to_json();
    }
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// §13, G-05
    #[test]
    fn each_refusal_has_its_status_code_and_reason() {
        let id = Some(Id::Integer(7));
        let (why, requested) = ("why", "1900-01-01".to_owned());
        let invalid = ReadError::Invalid { what: Defect::DuplicateMember, id: id.clone() };
        for (name, error, status, code, reason, has_id) in [
            ("media type", ReadError::MediaType, 415, -32600, "unsupported_media_type", false),
            ("not JSON", ReadError::NotJson, 400, -32700, "body_not_json", false),
            ("invalid", invalid, 400, -32600, "duplicate_member", true),
            ("batch", ReadError::Batch(why), 400, -32600, "batch_refused", false),
            (
                "parameter",
                ReadError::MissingParameter { why, id: id.clone() },
                400,
                -32602,
                "missing_parameter",
                true,
            ),
            ("removed", ReadError::MethodRemoved { id: id.clone() }, 404, -32601, "method_unknown", true),
            (
                "header",
                ReadError::HeaderMismatch { why, id: id.clone() },
                400,
                -32020,
                "header_mismatch",
                true,
            ),
            (
                "version",
                ReadError::UnsupportedVersion { requested, id },
                400,
                -32022,
                "unsupported_version",
                true,
            ),
        ] {
            assert_eq!((error.status(), error.code(), error.reason()), (status, code, reason), "{name}");
            assert_eq!(error.id().is_some(), has_id, "{name}");
            assert_eq!(error.data().is_some(), code == code::UNSUPPORTED_VERSION, "{name}");
            assert_eq!(error.message(), error.to_string(), "{name}");
        }
    }

    /// TM-14
    #[test]
    fn an_unknown_version_is_told_what_is_supported() {
        let error = ReadError::UnsupportedVersion {
            requested: "1900-01-01".to_owned(),
            id: Some(Id::Text("a".into())),
        };
        let body = error_body(error.id(), error.code(), error.message(), error.data());
        assert_eq!(
            serde_json::from_slice::<Value>(&body).unwrap(),
            json!({ "jsonrpc": "2.0", "id": "a", "error": {
                "code": -32022,
                "message": "this protocol version is not supported",
                "data": {
                    "supported": ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"],
                    "requested": "1900-01-01",
                },
            }})
        );
    }

    /// TM-08
    #[test]
    fn an_error_without_an_id_has_no_member_for_it() {
        let body = error_body(None, code::PARSE_ERROR, "no", None);
        assert_eq!(
            serde_json::from_slice::<Value>(&body).unwrap(),
            json!({ "jsonrpc": "2.0", "error": { "code": -32700, "message": "no" } })
        );
    }
}
