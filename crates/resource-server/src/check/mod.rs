//! The operator's own word, asked for once the policy has allowed: a service, or a function, that says yes or no.
//!
//! Whatever is no clear answer is a no for now (503), and is never remembered. An answer is remembered only if it says so
//! itself, for this caller and this very question, and not beyond the token.

mod answer;
mod gate;
mod http;
mod question;

pub use gate::{CheckLimits, ExternalCheck};
pub use http::HttpCheck;
pub use question::{AskedOperation, CallerFact, Named, Question, Sends, Unaskable};

use crate::{line::Line, permit::Permit, refusal::Refusal, token::AccessToken};
use portcullis_fetch::FetchError;
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// When to ask again where no answer could be had.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Whoever decides.
pub trait Check: Send + Sync + 'static {
    /// Answers one question about this caller. Dropped when the caller leaves or the time is over.
    fn check<'a>(
        &'a self,
        token: &'a Arc<AccessToken>,
        question: &'a Question,
    ) -> Pin<Box<dyn Future<Output = Result<Verdict, CheckFailure>> + Send + 'a>>;
}

/// What was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request may go on.
    pub allow: bool,
    /// Why, for the audit; never told to the caller. Cut at 256 characters there.
    pub reason: Option<Box<str>>,
    /// For how many seconds the same answer holds for the same question of the same caller. Zero: it is asked every time.
    pub cache_seconds: u64,
}

/// The request does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The answer was no.
    #[error("the external check says no")]
    Denied {
        /// Why, in its words.
        reason: Option<Arc<str>>,
    },
    /// There was no answer that could be believed.
    #[error("the external check gave no answer: {0}")]
    Unavailable(CheckFailure),
    /// The question cannot be put.
    #[error("the external check cannot be asked: {0}")]
    Unaskable(Unaskable),
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckFailure {
    /// Not in time, or too many were waiting.
    #[error("not in time")]
    Timeout,
    /// The service could not be asked, or its answer was not 200.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The answer is not what was agreed upon.
    #[error("the answer {0}")]
    Malformed(&'static str),
    /// Whoever decides could not.
    #[error("it failed")]
    Failed,
}

impl CheckError {
    /// What the operator's service said about it.
    pub(crate) fn said(&self) -> Option<&str> {
        match self {
            Self::Denied { reason } => reason.as_deref(),
            Self::Unavailable(_) | Self::Unaskable(_) => None,
        }
    }
}

/// The last step before a request goes on.
pub(crate) async fn confirm(line: &Line, mut permit: Permit, body: &[u8]) -> Result<Permit, Refusal> {
    // What is not allowed is not asked about, in earnest and on trial alike.
    let Some(check) = line.check.as_ref().filter(|_| permit.observed.is_none()) else { return Ok(permit) };
    let question = Question::of(line.resource.as_str(), &permit.token, &permit.asked, body, check.sends());
    let answer = match question {
        Ok(question) => check.ask(&permit.token, &question).await,
        Err(unaskable) => Err(CheckError::Unaskable(unaskable)),
    };
    match line.policy.enforce(answer) {
        Ok((said, observed)) => (permit.check_said, permit.observed) = (said, observed),
        Err(no) => return Err(Refusal::from(no).by(&permit.token).of(&permit.asked)),
    }
    Ok(permit)
}
