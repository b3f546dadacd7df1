//! One audit event a request, at the decision, for a permit and a refusal alike.
//!
//! An event carries who, through which client, tried what, and why not, under stable names. It carries no token,
//! code, argument or body; what a stranger wrote is escaped and bounded.

use crate::{
    near_miss::near_miss,
    permit::{Asked, Permit},
    policy::PolicyError,
    refusal::{Reason, Refusal},
    token::AccessToken,
    verifier::TrustedIssuer,
    verify_error::VerifyError,
};
use portcullis_oauth::NumericDate;
use serde::Serialize;
use std::sync::Arc;

/// Longer texts are cut, at a character.
const MAX_TEXT: usize = 256;
/// More operations of a batch are counted, not named.
const MAX_OPERATIONS: usize = 16;

/// Where events go. Must not block: the request waits for it.
pub trait Audit: Send + Sync + 'static {
    /// Takes one event.
    fn record(&self, event: &AuditEvent);
}

/// A decision.
#[derive(Clone, Debug, Serialize)]
pub struct AuditEvent {
    /// Seconds since 1970.
    pub at: NumericDate,
    /// `admitted` or `refused`.
    pub decision: &'static str,
    /// A stable code; `ok` if admitted.
    pub reason: &'static str,
    /// The status of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The resource identifier.
    pub resource: String,
    /// What was asked for, each element of a batch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<AuditedOperation>,
    /// How many there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_count: Option<usize>,
    /// Who; absent until the token is verified.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub who: Option<AuditedCaller>,
    /// Scopes that would have done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_scope: Option<String>,
    /// What exactly was wrong, with unverified values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is probably misconfigured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_miss: Option<String>,
}

/// One operation.
#[derive(Clone, Debug, Serialize)]
pub struct AuditedOperation {
    /// `tools/call`, or `GET` and `DELETE` for a stream and the end of a session.
    pub method: String,
    /// The tool, prompt, resource or task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// A verified caller.
#[derive(Clone, Debug, Serialize)]
pub struct AuditedCaller {
    /// `iss`.
    pub iss: String,
    /// `sub`.
    pub sub: String,
    /// `client_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The tenant claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// `jti`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The granted scopes.
    pub scope: String,
}

impl AuditEvent {
    pub(crate) fn admitted(resource: &str, at: NumericDate, permit: &Permit) -> Self {
        Self::new(resource, at, "admitted", "ok", Some(&permit.asked), Some(permit.token()))
    }

    pub(crate) fn refused(
        resource: &str,
        at: NumericDate,
        refusal: &Refusal,
        issuers: &[TrustedIssuer],
    ) -> Self {
        let reason = &refusal.reason;
        let mut event =
            Self::new(resource, at, "refused", reason.code(), refusal.asked.as_ref(), refusal.token.as_ref());
        event.status = Some(reason.status().as_u16());
        event.detail = Some(bounded(&reason.to_string()));
        if let Reason::Verify(VerifyError::Token(error)) = reason {
            event.near_miss = near_miss(error, issuers).map(|text| bounded(&text));
        }
        if let Reason::Policy(PolicyError::InsufficientScope { missing, .. }) = reason {
            event.missing_scope = Some(bounded(&missing.to_string()));
        }
        event
    }

    fn new(
        resource: &str,
        at: NumericDate,
        decision: &'static str,
        reason: &'static str,
        asked: Option<&Asked>,
        token: Option<&Arc<AccessToken>>,
    ) -> Self {
        Self {
            at,
            decision,
            reason,
            status: None,
            resource: resource.to_owned(),
            operations: asked.map(operations).unwrap_or_default(),
            operation_count: asked.map(|asked| asked.operations().len()).filter(|count| *count > 1),
            who: token.map(|token| AuditedCaller::of(token)),
            missing_scope: None,
            detail: None,
            near_miss: None,
        }
    }
}

impl AuditedCaller {
    fn of(token: &AccessToken) -> Self {
        Self {
            iss: bounded(token.issuer().as_str()),
            sub: bounded(token.subject()),
            client_id: token.client_id().map(bounded),
            tenant: token.tenant().map(bounded),
            jti: token.token_id().map(bounded),
            scope: bounded(&token.scope().to_string()),
        }
    }
}

fn operations(asked: &Asked) -> Vec<AuditedOperation> {
    let only = |method: &str| vec![AuditedOperation { method: method.to_owned(), target: None }];
    match asked {
        Asked::Stream => only("GET"),
        Asked::EndOfSession => only("DELETE"),
        Asked::Operations(request) => request
            .operations()
            .iter()
            .take(MAX_OPERATIONS)
            .map(|operation| AuditedOperation {
                method: bounded(operation.method()),
                target: operation.target().map(|target| bounded(target.as_str())),
            })
            .collect(),
    }
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
