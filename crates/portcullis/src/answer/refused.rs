//! An answer that may not pass, and what is said in its place.

use super::{Judged, headers, status_in_place_of};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{Either, Full};
use portcullis_mcp::{ListDefect, code, error_body};
use portcullis_resource_server::{Line, Permit};

/// Why it may not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// A list that cannot be judged.
    #[error("{0}")]
    List(ListDefect),
    /// A list was expected, under a type or an encoding that we do not read.
    #[error("it is neither application/json nor text/event-stream in UTF-8 without encoding")]
    Unreadable,
    /// The upstream broke off.
    #[error("it broke off")]
    BrokenOff,
    /// It did not come to its end.
    #[error("it did not arrive in time")]
    Late,
}

impl Refused {
    fn status(self) -> StatusCode {
        match self {
            Self::List(_) | Self::Unreadable | Self::BrokenOff => StatusCode::BAD_GATEWAY,
            Self::Late => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// What the client reads; nothing of the answer.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::List(ListDefect::TooLong) => "the MCP server's list is too long",
            Self::List(_) | Self::Unreadable => "the MCP server's answer cannot be read",
            Self::BrokenOff => "the MCP server's answer broke off",
            Self::Late => "the MCP server's answer did not arrive in time",
        }
    }

    /// What the operator reads.
    pub(super) fn log(self, line: &Line) {
        let resource = line.resource.as_str();
        tracing::error!(target: "portcullis::answer", resource, why = %self, "an answer that may hold a list was refused");
    }
}

/// The answer in its place, without anything of it.
pub(super) fn answer(line: &Line, permit: &Permit, why: Refused) -> Response<Full<Bytes>> {
    why.log(line);
    let mut response = Response::new(body(permit, why.message()));
    *response.status_mut() = why.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The same, unread. An error of the upstream stays the error it is: a session that is not known must end one.
pub(super) fn in_place_of<R: Body>(
    response: Response<R>,
    line: &Line,
    permit: &Permit,
    why: Refused,
) -> Judged<R> {
    let status = status_in_place_of(response.status());
    if status != response.status() {
        return answer(line, permit, why).map(Either::Left);
    }
    let mut response = response.map(|_| Either::Left(body(permit, "the MCP server refused the request")));
    headers::forget_length(response.headers_mut());
    response.headers_mut().remove(header::CONTENT_ENCODING);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn body(permit: &Permit, message: &str) -> Full<Bytes> {
    let id = if let [operation] = permit.operations() { operation.id() } else { None };
    Full::new(error_body(id, code::INTERNAL_ERROR, message, None).into())
}
