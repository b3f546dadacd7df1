//! One audit event a request, at the decision, for a permit and a refusal alike.
//!
//! An event carries who, through which client, tried what, and why not, under stable names. It carries no token,
//! code, argument or body; what a stranger wrote is escaped and bounded.

use crate::{
    near_miss::near_miss,
    permit::{Asked, Permit},
    policy::PolicyError,
    rates::{RateExceeded, Recorded},
    refusal::{Reason, Refusal},
    token::AccessToken,
    trusted::TrustedIssuer,
    verify_error::VerifyError,
};
use portcullis_oauth::NumericDate;
use serde::Serialize;
use std::{borrow::Cow, fmt::Write as _};

/// Longer texts are cut, at a character.
const MAX_TEXT: usize = 256;
/// More operations of a batch are counted, not named.
const MAX_OPERATIONS: usize = 16;

/// Where events go. Must not block: the request waits for it.
pub trait Audit: Send + Sync + 'static {
    /// Takes one event.
    fn record(&self, event: &AuditEvent<'_>);
}

/// A decision.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AuditEvent<'a> {
    /// Seconds since 1970.
    pub at: NumericDate,
    /// `admitted` or `refused`; `observed` where the policy would have refused, and only observes.
    pub decision: &'static str,
    /// A stable code; `ok` if admitted; why not, if observed.
    pub reason: &'static str,
    /// The status of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The resource identifier.
    pub resource: Cow<'a, str>,
    /// What was asked for, each element of a batch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<AuditedOperation<'a>>,
    /// How many there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_count: Option<usize>,
    /// Who; absent until the token is verified.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub who: Option<AuditedCaller<'a>>,
    /// Scopes that would have done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_scope: Option<String>,
    /// How many refusals of the same reason, from whatever address, became no event of their own since the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unrecorded: Option<u64>,
    /// What exactly was wrong, with unverified values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Why, in the words of the operator's own check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_reason: Option<Cow<'a, str>>,
    /// What is probably misconfigured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_miss: Option<String>,
}

/// One operation.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AuditedOperation<'a> {
    /// `tools/call`, or `GET` and `DELETE` for a stream and the end of a session.
    pub method: Cow<'a, str>,
    /// The tool, prompt, resource or task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Cow<'a, str>>,
}

/// A verified caller.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AuditedCaller<'a> {
    /// `iss`.
    pub iss: Cow<'a, str>,
    /// `sub`.
    pub sub: Cow<'a, str>,
    /// `client_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Cow<'a, str>>,
    /// The tenant claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Cow<'a, str>>,
    /// `jti`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<Cow<'a, str>>,
    /// The granted scopes.
    pub scope: String,
}

impl<'a> AuditEvent<'a> {
    pub(crate) fn admitted(resource: &'a str, at: NumericDate, permit: &'a Permit) -> Self {
        let (decision, code) = permit.decision();
        let mut event = Self::new(resource, at, decision, code, Some(&permit.asked), Some(permit.token()));
        event.check_reason = permit.check_said.as_deref().map(shown);
        permit.observed().into_iter().for_each(|reason| event.explain(reason));
        event
    }

    pub(crate) fn refused(
        resource: &'a str,
        at: NumericDate,
        refusal: &'a Refusal,
        issuers: &[TrustedIssuer],
    ) -> Self {
        let reason = &refusal.reason;
        let (decision, code) = refusal.decision();
        let mut event =
            Self::new(resource, at, decision, code, refusal.asked.as_ref(), refusal.token.as_deref());
        event.status = Some(reason.status().as_u16());
        event.explain(reason);
        if let Reason::Verify(VerifyError::Token(error)) = reason {
            event.near_miss = near_miss(error, issuers).map(|text| shown(&text).into_owned());
        }
        if let Reason::Policy(PolicyError::InsufficientScope { missing, .. })
        | Reason::StepUpExhausted { missing } = reason
        {
            event.missing_scope = Some(shown(&missing.to_string()).into_owned());
        }
        if let Reason::Rate(RateExceeded { recorded: Recorded::WithOthers(others), .. }) = reason {
            event.unrecorded = Some(*others).filter(|others| *others > 0);
        }
        event
    }

    /// What exactly was, or would have been, in the way.
    fn explain(&mut self, reason: &'a Reason) {
        self.detail = Some(shown(&reason.to_string()).into_owned());
        if let Reason::Check(error) = reason {
            self.check_reason = error.said().map(shown);
        }
        if let Reason::Policy(PolicyError::InsufficientScope { missing, .. }) = reason {
            self.missing_scope = Some(shown(&missing.to_string()).into_owned());
        }
    }

    fn new(
        resource: &'a str,
        at: NumericDate,
        decision: &'static str,
        reason: &'static str,
        asked: Option<&'a Asked>,
        token: Option<&'a AccessToken>,
    ) -> Self {
        Self {
            at,
            decision,
            reason,
            status: None,
            resource: Cow::Borrowed(resource),
            operations: asked.map(operations).unwrap_or_default(),
            operation_count: asked.map(|asked| asked.operations().len()).filter(|count| *count > 1),
            who: token.map(AuditedCaller::of),
            missing_scope: None,
            unrecorded: None,
            detail: None,
            check_reason: None,
            near_miss: None,
        }
    }
}

impl<'a> AuditedCaller<'a> {
    fn of(token: &'a AccessToken) -> Self {
        Self {
            iss: shown(token.issuer().as_str()),
            sub: shown(token.subject()),
            client_id: token.client_id().map(shown),
            tenant: token.tenant().map(shown),
            jti: token.token_id().map(shown),
            scope: shown(&token.scope().to_string()).into_owned(),
        }
    }
}

fn operations(asked: &Asked) -> Vec<AuditedOperation<'_>> {
    let only = |method| vec![AuditedOperation { method: Cow::Borrowed(method), target: None }];
    match asked {
        Asked::Stream => only("GET"),
        Asked::EndOfSession => only("DELETE"),
        Asked::Operations(request) => request
            .operations()
            .iter()
            .take(MAX_OPERATIONS)
            .map(|operation| AuditedOperation {
                method: shown(operation.method()),
                target: operation.target().map(|target| shown(target.as_str())),
            })
            .collect(),
    }
}

/// What a stranger wrote, so that it can be read as what it is: cut, and without what a terminal or a reader would take
/// for something else.
fn shown(text: &str) -> Cow<'_, str> {
    let is_plain = text.bytes().fold(true, |all, byte| all & (b' '..=b'~').contains(&byte));
    if is_plain && text.len() <= MAX_TEXT {
        return Cow::Borrowed(text);
    }
    let cut = text.char_indices().nth(MAX_TEXT).map(|(end, _)| &text[..end]);
    let kept = cut.unwrap_or(text);
    if cut.is_none() && !kept.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(kept.len());
    for c in kept.chars() {
        if is_deceptive(c) {
            let _ = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    if cut.is_some() {
        shown.push('…');
    }
    Cow::Owned(shown)
}

/// Controls, ends of lines, what turns the direction of writing, and what has no width.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_is_cut_and_deceives_nobody() {
        let long = "ä".repeat(MAX_TEXT + 1);
        let cut = format!("{}…", "ä".repeat(MAX_TEXT));
        for (text, expected) in [
            ("alice ünï", "alice ünï"),
            ("a\nb\u{7f}\u{9b}", "a\\u{a}b\\u{7f}\\u{9b}"),
            ("a\u{2028}b", "a\\u{2028}b"),
            ("\u{202e}nimda\u{200b}", "\\u{202e}nimda\\u{200b}"),
            (&long, &cut),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
