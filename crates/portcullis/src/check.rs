//! The operator's own function as the last word.

use portcullis_resource_server::{AccessToken, AskedOperation, Check, CheckFailure, Question, Verdict};
use std::{fmt, future::Future, pin::Pin, sync::Arc};

/// What an own check says of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a verdict that is not returned stops nobody"]
pub struct Allowed(Result<(), Box<str>>);

impl Allowed {
    /// It may go on.
    pub fn yes() -> Self {
        Self(Ok(()))
    }

    /// It may not: 403. Why is written into the audit, and never told to the caller.
    pub fn no(reason: &str) -> Self {
        Self(Err(reason.into()))
    }
}

impl From<bool> for Allowed {
    fn from(allowed: bool) -> Self {
        if allowed { Self::yes() } else { Self::no("") }
    }
}

/// Asks a function about each operation of a request.
pub(crate) struct ClosureCheck<F>(F);

impl<F> ClosureCheck<F> {
    pub(crate) fn new(check: F) -> Self {
        Self(check)
    }
}

impl<F, R> Check for ClosureCheck<F>
where
    F: Fn(Arc<AccessToken>, AskedOperation) -> R + Send + Sync + 'static,
    R: Future<Output = Allowed> + Send + 'static,
{
    fn check<'a>(
        &'a self,
        token: &'a Arc<AccessToken>,
        question: &'a Question,
    ) -> Pin<Box<dyn Future<Output = Result<Verdict, CheckFailure>> + Send + 'a>> {
        Box::pin(async move {
            for operation in &question.operations {
                if let Allowed(Err(reason)) = (self.0)(token.clone(), operation.clone()).await {
                    let reason = Some(reason).filter(|reason| !reason.is_empty());
                    return Ok(Verdict { allow: false, reason, cache_seconds: 0 });
                }
            }
            Ok(Verdict { allow: true, ..Verdict::default() })
        })
    }
}

impl<F> fmt::Debug for ClosureCheck<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClosureCheck(…)")
    }
}
