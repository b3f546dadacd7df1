//! What is wrong with a message, and the JSON-RPC error that says so.

use crate::{Id, Revision};
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
    #[error("{why}")]
    Invalid {
        /// What is wrong; fixed text.
        why: &'static str,
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
    },
}

impl ReadError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        if *self == Self::MediaType { 415 } else { 400 }
    }

    /// The JSON-RPC code.
    pub fn code(&self) -> i64 {
        match self {
            Self::MediaType | Self::Invalid { .. } | Self::Batch(_) => code::INVALID_REQUEST,
            Self::NotJson => code::PARSE_ERROR,
            Self::MissingParameter { .. } => code::INVALID_PARAMS,
            Self::HeaderMismatch { .. } => code::HEADER_MISMATCH,
            Self::UnsupportedVersion { .. } => code::UNSUPPORTED_VERSION,
        }
    }

    /// What the client reads; nothing of the body.
    pub fn message(&self) -> &'static str {
        match self {
            Self::MediaType => "send application/json in UTF-8 without content encoding",
            Self::NotJson => "the body is not JSON",
            Self::Invalid { why, .. }
            | Self::Batch(why)
            | Self::MissingParameter { why, .. }
            | Self::HeaderMismatch { why, .. } => why,
            Self::UnsupportedVersion { .. } => "this protocol version is not supported",
        }
    }

    /// A stable code for audit and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MediaType => "media_type",
            Self::NotJson => "body_not_json",
            Self::Invalid { .. } => "message_invalid",
            Self::Batch(_) => "batch_refused",
            Self::MissingParameter { .. } => "parameter_missing",
            Self::HeaderMismatch { .. } => "header_mismatch",
            Self::UnsupportedVersion { .. } => "version_unsupported",
        }
    }

    /// The id to answer to.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::Invalid { id, .. }
            | Self::MissingParameter { id, .. }
            | Self::HeaderMismatch { id, .. } => id.as_ref(),
            Self::MediaType | Self::NotJson | Self::Batch(_) | Self::UnsupportedVersion { .. } => None,
        }
    }

    /// The `data` member (TM-14).
    pub fn data(&self) -> Option<Value> {
        match self {
            Self::UnsupportedVersion { requested } => {
                let supported = Revision::ALL.map(Revision::as_str);
                Some(json!({ "supported": supported, "requested": requested }))
            }
            Self::MediaType
            | Self::NotJson
            | Self::Invalid { .. }
            | Self::Batch(_)
            | Self::MissingParameter { .. }
            | Self::HeaderMismatch { .. } => None,
        }
    }
}

/// A JSON-RPC error response; `id` is null where none was read.
pub fn error_body(id: Option<&Id>, code: i64, message: &str, data: Option<Value>) -> Vec<u8> {
    let mut error = json!({ "code": code, "message": message });
    if let (Some(data), Some(error)) = (data, error.as_object_mut()) {
        error.insert("data".to_owned(), data);
    }
    json!({ "jsonrpc": "2.0", "id": id.map(Id::to_json), "error": error }).to_string().into_bytes()
}
