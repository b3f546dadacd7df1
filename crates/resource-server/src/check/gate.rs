//! Asking within bounds: of time, of questions in flight, and of what is remembered.

use super::{Check, CheckError, CheckFailure, Question, Sends, Verdict};
use crate::token::AccessToken;
use aws_lc_rs::digest::{Context, SHA256};
use portcullis_oauth::{Clock, NumericDate};
use quick_cache::sync::Cache;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

/// Answers that are remembered: some megabytes, with reasons of the longest.
const MAX_REMEMBERED: usize = 10_000;

/// What the check may cost, and for how long its word is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckLimits {
    /// Until the answer, waiting for a turn included: 1 s.
    pub time: Duration,
    /// Questions on their way at once: 64. More wait for their turn.
    pub in_flight: usize,
    /// However long an answer says that it holds, no longer than this: 60 s.
    pub cache: Duration,
}

impl Default for CheckLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(1), in_flight: 64, cache: Duration::from_secs(60) }
    }
}

/// The operator's check, and what is known of its answers.
pub struct ExternalCheck {
    check: Arc<dyn Check>,
    sends: Sends,
    limits: CheckLimits,
    turns: Semaphore,
    remembered: Cache<[u8; 32], Remembered>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Remembered {
    allow: bool,
    reason: Option<Arc<str>>,
    /// On the clock that only moves forward.
    until: Duration,
    /// The token's own end, on the calendar.
    dies_at: NumericDate,
}

impl ExternalCheck {
    /// Asks `check`, which is told what `sends` says.
    pub fn new(check: Arc<dyn Check>, sends: Sends, limits: CheckLimits, clock: Arc<dyn Clock>) -> Self {
        let turns = Semaphore::new(limits.in_flight.clamp(1, Semaphore::MAX_PERMITS));
        Self { check, sends, limits, turns, remembered: Cache::new(MAX_REMEMBERED), clock }
    }

    pub(super) fn sends(&self) -> &Sends {
        &self.sends
    }

    /// Whether the caller may; why, in the words of whoever decided.
    pub(super) async fn ask(
        &self,
        token: &Arc<AccessToken>,
        question: &Question,
    ) -> Result<Option<Arc<str>>, CheckError> {
        if self.limits.cache.is_zero() {
            let verdict = self.answer(token, question).await?;
            return decided(verdict.allow, verdict.reason.map(Into::into));
        }
        let key = key(token, question);
        if let Some(known) = self.remembered.get(&key) {
            if self.clock.monotonic() < known.until && self.clock.now() < known.dies_at {
                return decided(known.allow, known.reason);
            }
            self.remembered.remove(&key);
        }
        // Before the question: what the answer was made from is no younger.
        let asked_at = self.clock.monotonic();
        let verdict = self.answer(token, question).await?;
        let reason: Option<Arc<str>> = verdict.reason.map(Into::into);
        let holds = Duration::from_secs(verdict.cache_seconds).min(self.limits.cache);
        if !holds.is_zero() {
            let until = asked_at + holds;
            let dies_at = token.expires_at();
            let known = Remembered { allow: verdict.allow, reason: reason.clone(), until, dies_at };
            self.remembered.insert(key, known);
        }
        decided(verdict.allow, reason)
    }

    async fn answer(&self, token: &Arc<AccessToken>, question: &Question) -> Result<Verdict, CheckError> {
        let answer = timeout(self.limits.time, async {
            let _turn = self.turns.acquire().await.map_err(|_| CheckFailure::Failed)?;
            self.check.check(token, question).await
        });
        answer.await.unwrap_or(Err(CheckFailure::Timeout)).map_err(CheckError::Unavailable)
    }
}

fn decided(allow: bool, reason: Option<Arc<str>>) -> Result<Option<Arc<str>>, CheckError> {
    if allow { Ok(reason) } else { Err(CheckError::Denied { reason }) }
}

/// Who asks, by all that the token says and whose it is, and the very question: whatever of both is not sent may still
/// not be shared.
fn key(token: &AccessToken, question: &Question) -> [u8; 32] {
    let claims = serde_json::to_vec(token.claims()).unwrap_or_default();
    let mut context = Context::new(&SHA256);
    let parts = [
        token.issuer_name().as_bytes(),
        token.issuer().as_str().as_bytes(),
        token.subject().as_bytes(),
        &claims,
        question.json(),
    ];
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut key = [0; 32];
    key.copy_from_slice(context.finish().as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permit::Asked;
    use portcullis_oauth::{Issuer, Scope};
    use std::{
        future::{Future, pending},
        pin::Pin,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
    };

    /// Thinks for ever; counts who is being thought about now, at most, and in all.
    #[derive(Default)]
    struct Undecided {
        now: AtomicUsize,
        most: AtomicUsize,
        all: AtomicUsize,
    }

    struct Thought<'a>(&'a Undecided);

    impl Drop for Thought<'_> {
        fn drop(&mut self) {
            self.0.now.fetch_sub(1, SeqCst);
        }
    }

    impl Check for Undecided {
        fn check<'a>(
            &'a self,
            _: &'a Arc<AccessToken>,
            _: &'a Question,
        ) -> Pin<Box<dyn Future<Output = Result<Verdict, CheckFailure>> + Send + 'a>> {
            let now = self.now.fetch_add(1, SeqCst) + 1;
            self.most.fetch_max(now, SeqCst);
            self.all.fetch_add(1, SeqCst);
            let thought = Thought(self);
            Box::pin(async move {
                let _thought = thought;
                pending().await
            })
        }
    }

    struct Still;

    impl Clock for Still {
        fn now(&self) -> NumericDate {
            NumericDate(0)
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
    }

    fn token(subject: &str) -> Arc<AccessToken> {
        Arc::new(AccessToken {
            hash: [0; 32],
            believed_until: None,
            issuer: Issuer::parse("https://issuer.example").unwrap(),
            issuer_name: "issuer".into(),
            subject: subject.into(),
            client_id: None,
            tenant: None,
            token_id: None,
            scope: Scope::default(),
            expires_at: NumericDate(60),
            claims: serde_json::Map::new(),
        })
    }

    /// However many come at once, whoever decides thinks about so many at once; who waits for a turn in vain is not let in.
    #[tokio::test(start_paused = true)]
    async fn questions_in_flight_are_bounded() {
        let check = Arc::new(Undecided::default());
        let limits = CheckLimits { in_flight: 2, ..CheckLimits::default() };
        let gate = ExternalCheck::new(check.clone(), Sends::default(), limits, Arc::new(Still));
        let ask = async |user: &str| {
            let token = token(user);
            let question = Question::of("https://r", &token, &Asked::Stream, b"", gate.sends()).unwrap();
            gate.ask(&token, &question).await
        };
        let answers = tokio::join!(ask("a"), ask("b"), ask("c"), ask("d"));
        let timeout = || Err(CheckError::Unavailable(CheckFailure::Timeout));
        assert_eq!(answers, (timeout(), timeout(), timeout(), timeout()));
        assert_eq!(check.most.load(SeqCst), 2);
        let before = check.all.load(SeqCst);
        assert_eq!(ask("e").await, timeout());
        assert_eq!(check.all.load(SeqCst), before + 1, "a turn that was taken is given back");
    }
}
