//! The one table that turns every way to say no ([`Reason`]) into status, challenge and body (requirements §Refusals).

mod reason;

pub use reason::Reason;

use crate::{
    bearer::BearerError,
    challenges::{ChallengeContext, Challenges},
    check::{self, CheckError},
    dpop::{DPOP_NONCE, ProofError},
    permit::Asked,
    policy::PolicyError,
    rates::{RateExceeded, Recorded},
    token::AccessToken,
    verify_error::VerifyError,
};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use portcullis_mcp::{Id, code, error_body};
use portcullis_oauth::{AuthScheme, ErrorCode};
use serde::Serialize;
use std::{sync::Arc, time::Duration};

/// A no, with what was known by then.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// Who asked, if the token was good.
    pub token: Option<Arc<AccessToken>>,
    /// What was asked, if it could be read.
    pub asked: Option<Asked>,
    /// Under which scheme a token was sent, if one was: its challenge says what was wrong (CH-19).
    pub scheme: Option<AuthScheme>,
    /// For the next proof, if the one that came was good and its nonce is about to expire (RFC 9449 §8.2).
    pub fresh_nonce: Option<Box<HeaderValue>>,
}

impl Refusal {
    /// Adds who asked.
    #[must_use]
    pub(crate) fn by(mut self, token: &Arc<AccessToken>) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// What it is, and its reason's code.
    pub(crate) fn decision(&self) -> (&'static str, &'static str) {
        ("refused", self.reason.code())
    }

    /// Whether another event stands for this refusal: the address has been recorded for the same within a minute.
    pub(crate) fn is_recorded_already(&self) -> bool {
        matches!(&self.reason, Reason::Rate(RateExceeded { recorded: Recorded::NotAgain, .. }))
    }

    /// Adds what was asked.
    #[must_use]
    pub(crate) fn of(mut self, asked: &Asked) -> Self {
        self.asked = Some(asked.clone());
        self
    }

    /// Adds under which scheme.
    #[must_use]
    pub(crate) fn under(mut self, scheme: Option<AuthScheme>) -> Self {
        self.scheme = scheme;
        self
    }
}

impl<R: Into<Reason>> From<R> for Refusal {
    fn from(reason: R) -> Self {
        Self { reason: reason.into(), token: None, asked: None, scheme: None, fresh_nonce: None }
    }
}

impl Reason {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Host | Self::Origin | Self::StepUpExhausted { .. } => StatusCode::FORBIDDEN,
            Self::Bearer(BearerError::Repeated) => StatusCode::BAD_REQUEST,
            Self::Bearer(BearerError::Missing | BearerError::Malformed | BearerError::TooLong)
            | Self::Verify(VerifyError::Token(_)) => StatusCode::UNAUTHORIZED,
            Self::Verify(
                VerifyError::KeysUnavailable { .. } | VerifyError::IntrospectionUnavailable { .. },
            )
            | Self::Proof(ProofError::Unavailable { .. })
            | Self::Check(CheckError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Proof(_) => StatusCode::UNAUTHORIZED,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::Read(error) => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST),
            Self::Session | Self::Policy(PolicyError::UnknownMethod) => StatusCode::NOT_FOUND,
            Self::Rate(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Policy(
                PolicyError::InsufficientScope { .. }
                | PolicyError::Unlisted
                | PolicyError::Caller
                | PolicyError::Condition
                | PolicyError::ConditionFailed(_),
            )
            | Self::Check(CheckError::Denied { .. } | CheckError::Unaskable(_)) => StatusCode::FORBIDDEN,
        }
    }
}

impl Refusal {
    /// The answer. This is the one place where a refusal becomes bytes (CH-01..CH-16, G-05, G-23).
    pub fn response(&self, context: &ChallengeContext) -> Response<Full<Bytes>> {
        let mut response = self.told(context);
        response.headers_mut().extend(self.fresh_nonce.as_deref().map(|nonce| (DPOP_NONCE, nonce.clone())));
        response
    }

    fn told(&self, context: &ChallengeContext) -> Response<Full<Bytes>> {
        match &self.reason {
            Reason::Bearer(BearerError::Missing) => self.no(
                Some(context.headers()),
                "unauthorized", // in the body only: the header has no error where nothing was sent (CH-05)
                "send an access token in the Authorization header",
            ),
            Reason::Bearer(BearerError::Malformed | BearerError::TooLong) => self.challenged(
                context.challenges(),
                ErrorCode::InvalidToken,
                "the access token is malformed",
            ),
            Reason::Bearer(BearerError::Repeated) => self.challenged(
                context.challenges(),
                ErrorCode::InvalidRequest,
                "send the access token once, in one Authorization header",
            ),
            Reason::Verify(VerifyError::Token(error)) => {
                self.challenged(context.challenges(), ErrorCode::InvalidToken, error.description())
            }
            Reason::Verify(
                VerifyError::KeysUnavailable { retry_after }
                | VerifyError::IntrospectionUnavailable { retry_after },
            ) => self.unavailable("access tokens cannot be verified at the moment", *retry_after),
            Reason::Proof(error @ ProofError::Unavailable { retry_after }) => {
                self.unavailable(error.description(), *retry_after)
            }
            Reason::Proof(error) => {
                let mut response = self.challenged(context.challenges(), error.code(), error.description());
                if let ProofError::Nonce { fresh } = error
                    && let Ok(fresh) = HeaderValue::try_from(fresh)
                {
                    response.headers_mut().insert(DPOP_NONCE, fresh);
                }
                response
            }
            Reason::Rate(exceeded) => {
                let response = self.json_rpc(code::RATE_LIMITED, "too many requests; try again later");
                again_in(exceeded.retry_after, response)
            }
            Reason::Policy(PolicyError::InsufficientScope { needed, .. }) => self.challenged(
                context.challenges().scope(needed.clone()),
                ErrorCode::InsufficientScope,
                "the access token lacks a scope that this operation needs",
            ),
            Reason::StepUpExhausted { .. } => self.no(
                None,
                "access_denied",
                "the authorization server does not grant a scope that this operation needs",
            ),
            // No `insufficient_scope`: it would send clients round in step-up (G-22). One answer for unlisted and
            // unknown alike.
            Reason::Policy(
                PolicyError::Unlisted
                | PolicyError::Caller
                | PolicyError::Condition
                | PolicyError::ConditionFailed(_),
            )
            | Reason::Check(CheckError::Denied { .. } | CheckError::Unaskable(_)) => {
                self.no(None, "access_denied", "this operation is not allowed")
            }
            Reason::Check(CheckError::Unavailable(_)) => {
                self.unavailable("this operation cannot be authorized at the moment", check::RETRY_AFTER)
            }
            Reason::Host => self.no(None, "access_denied", "this Host is not served here"),
            Reason::Origin => self.no(None, "access_denied", "this Origin is not allowed"),
            Reason::Method => {
                let mut response = self.json_rpc(code::INVALID_REQUEST, "use POST, GET or DELETE");
                response
                    .headers_mut()
                    .insert(header::ALLOW, HeaderValue::from_static("POST, GET, DELETE, OPTIONS"));
                response
            }
            Reason::BodyTooLarge { .. } => self.json_rpc(code::INVALID_REQUEST, "the message is too large"),
            Reason::BodyTimeout => self.json_rpc(code::INVALID_REQUEST, "the message did not arrive in time"),
            Reason::BodyBroken => self.json_rpc(code::INVALID_REQUEST, "the message did not arrive whole"),
            Reason::Read(error) => {
                let body = error_body(error.id(), error.code(), error.message(), error.data());
                json(self.reason.status(), body)
            }
            Reason::Session => {
                self.json_rpc(code::INVALID_REQUEST, "the session is not known; initialize a new one")
            }
            Reason::Policy(PolicyError::UnknownMethod) => {
                self.json_rpc(code::METHOD_NOT_FOUND, "method not found")
            }
        }
    }

    fn challenged(&self, all: Challenges, code: ErrorCode, description: &str) -> Response<Full<Bytes>> {
        let headers = all.error(self.scheme, code, description).headers();
        self.no(Some(headers), code.as_str(), description)
    }

    /// Nobody can say at the moment, and so nobody is let in: 503, and when to come back.
    fn unavailable(&self, description: &str, retry_after: Duration) -> Response<Full<Bytes>> {
        again_in(retry_after, self.no(None, "temporarily_unavailable", description))
    }

    /// One request that was read is refused under its id, by a JSON-RPC error that its client can tell its caller of. Before
    /// that, and where no one id waits for an answer, by a small OAuth body (G-06, G-23). Neither has a code that JSON-RPC or
    /// MCP keeps for something else (CH-18).
    fn no(
        &self,
        challenges: Option<Vec<HeaderValue>>,
        error: &str,
        error_description: &str,
    ) -> Response<Full<Bytes>> {
        let status = self.reason.status();
        let code = if status == StatusCode::FORBIDDEN { code::FORBIDDEN } else { code::INTERNAL_ERROR };
        let body = match self.id() {
            Some(id) => error_body(Some(id), code, error_description, None),
            None => serde_json::to_vec(&OAuthError { error, error_description }).unwrap_or_default(),
        };
        let mut response = json(status, body);
        for challenge in challenges.into_iter().flatten() {
            response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    /// A JSON-RPC error, so that a modern client does not take us for a legacy server (G-05).
    fn json_rpc(&self, code: i64, message: &str) -> Response<Full<Bytes>> {
        json(self.reason.status(), error_body(self.id(), code, message, None))
    }

    /// Of the one request that was read, if it waits for an answer.
    fn id(&self) -> Option<&Id> {
        match self.asked.as_ref().map(Asked::operations) {
            Some([operation]) => operation.id(),
            Some(_) | None => None,
        }
    }
}

/// RFC 6749 §5.2, for people: clients read the challenge.
#[derive(Serialize)]
struct OAuthError<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// RFC 9110 §10.2.3, in whole seconds.
fn again_in(time: Duration, mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(time.as_secs().max(1)));
    response
}

fn json(status: StatusCode, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
