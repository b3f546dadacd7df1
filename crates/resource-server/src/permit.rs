//! What the line gives out: a `Permit`, and `Admitted`, the permit together with the very bytes it was given for.
//!
//! Neither has a public constructor, and forwarding consumes an [`Admitted`]; so a request cannot be forwarded
//! without a permit, nor a permit spent on another request:
//!
//! ```compile_fail
//! # use portcullis_resource_server::{Admitted, Permit};
//! fn forge(permit: Permit, request: http::Request<http_body_util::Full<bytes::Bytes>>) -> Admitted {
//!     Admitted { permit, request, client_token: None, fresh_nonce: None } // the fields are private
//! }
//! ```
//! ```
//! # use portcullis_resource_server::{Admitted, Permit};
//! fn spend(admitted: Admitted) -> (Permit, http::Request<http_body_util::Full<bytes::Bytes>>) {
//!     admitted.into_parts()
//! }
//! ```

use crate::{client_token::ClientToken, refusal::Reason, token::AccessToken};
use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::Full;
use portcullis_mcp::Operation;
use portcullis_oauth::NumericDate;
use std::sync::Arc;

/// Who, through which client, may do what, until when. Cloning it copies a view, not a right.
#[derive(Clone, Debug)]
pub struct Permit {
    pub(crate) token: Arc<AccessToken>,
    pub(crate) asked: Asked,
    pub(crate) session: Option<OpenedSession>,
    /// Why it would not have been given.
    pub(crate) observed: Option<Arc<Reason>>,
    /// The external check's own words.
    pub(crate) check_said: Option<Arc<str>>,
}

/// What the request asks for, once read.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A POST: one operation, or each of a batch.
    Operations(Arc<portcullis_mcp::Request>),
    /// A legacy GET: an open-ended stream (TL-01).
    Stream,
    /// A legacy DELETE: the end of a session (TL-13).
    EndOfSession,
}

/// A legacy session as the client knows it and as the upstream does.
#[derive(Clone)]
pub struct OpenedSession {
    pub(crate) sealed: Box<str>,
    pub(crate) upstream: Box<str>,
}

impl Permit {
    /// The verified token.
    pub fn token(&self) -> &Arc<AccessToken> {
        &self.token
    }

    /// What it was given for.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The operations it was given for; none for a stream or the end of a session.
    pub fn operations(&self) -> &[Operation] {
        self.asked.operations()
    }

    /// Why it would have been refused, had the policy done more than observe.
    pub fn observed(&self) -> Option<&Reason> {
        self.observed.as_deref()
    }

    /// Whether it was given or only not refused, and the reason's code.
    pub(crate) fn decision(&self) -> (&'static str, &'static str) {
        match self.observed() {
            Some(reason) => ("observed", reason.code()),
            None => ("admitted", "ok"),
        }
    }

    /// When the token dies.
    pub fn expires_at(&self) -> NumericDate {
        self.token.expires_at()
    }

    /// Whether the answer may be open-ended, and so must end with the token (G-07).
    pub fn is_open_ended(&self) -> bool {
        match &self.asked {
            Asked::Stream => true,
            Asked::EndOfSession => false,
            Asked::Operations(request) => {
                request.operations().iter().any(|operation| operation.method() == "subscriptions/listen")
            }
        }
    }
}

impl Asked {
    /// The operations, if any.
    pub fn operations(&self) -> &[Operation] {
        match self {
            Self::Operations(request) => request.operations(),
            Self::Stream | Self::EndOfSession => &[],
        }
    }

    /// Whether the answer may say which arguments headers repeat (TM-23).
    pub fn may_teach(&self) -> bool {
        match self {
            Self::Operations(request) => request.may_teach(),
            Self::Stream | Self::EndOfSession => false,
        }
    }

    /// Whether the request is of the modern era, without sessions (TM-30).
    pub fn is_modern(&self) -> bool {
        match self {
            Self::Operations(request) => request.revision().is_modern(),
            Self::Stream | Self::EndOfSession => false,
        }
    }
}

impl std::fmt::Debug for OpenedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenedSession(…)")
    }
}

/// A request that may go on: the permit, and exactly what it was given for. Made by the line alone.
#[derive(Debug)]
pub struct Admitted {
    pub(crate) permit: Permit,
    pub(crate) request: Request<Full<Bytes>>,
    pub(crate) client_token: Option<ClientToken>,
    pub(crate) fresh_nonce: Option<HeaderValue>,
}

impl Admitted {
    /// The permit.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// The client's own token, where the line was dangerously told to let it go on; nowhere else is there any.
    pub fn take_client_token(&mut self) -> Option<ClientToken> {
        self.client_token.take()
    }

    /// The `DPoP-Nonce` of the upstream's answer: the caller's own is about to expire (RFC 9449 §8.2).
    pub fn fresh_nonce(&self) -> Option<&HeaderValue> {
        self.fresh_nonce.as_ref()
    }

    /// Spends it: what goes on is the request that was authorized. `Authorization` is gone from it.
    pub fn into_parts(self) -> (Permit, Request<Full<Bytes>>) {
        (self.permit, self.request)
    }
}
