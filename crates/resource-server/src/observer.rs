//! How long verifying takes and what is decided, for whoever measures. Without an observer no clock is read.

use crate::line::Line;
use std::{future::Future, time::Duration};

/// Hears how the line fares. Must not block: the request waits for it.
pub trait Observer: Send + Sync + 'static {
    /// A token was verified, or refused, from memory or anew; a wait for keys counts.
    fn verified(&self, took: Duration) {
        let _ = took;
    }

    /// A decision, each one: also a refusal that becomes no audit event of its own
    /// ([`Recorded`](crate::Recorded)). The words are those of [`AuditEvent`](crate::AuditEvent), and the program's own.
    fn decided(&self, decision: &'static str, reason: &'static str) {
        let _ = (decision, reason);
    }
}

impl Line {
    /// `verifying`, and how long it took.
    pub(crate) async fn observed<F: Future>(&self, verifying: F) -> F::Output {
        let Some(observer) = &self.observer else { return verifying.await };
        let began = self.clock.monotonic();
        let verified = verifying.await;
        observer.verified(self.clock.monotonic().saturating_sub(began));
        verified
    }

    /// Of each decision, as a permit and a refusal name it.
    pub(crate) fn tell(&self, (decision, reason): (&'static str, &'static str)) {
        if let Some(observer) = &self.observer {
            observer.decided(decision, reason);
        }
    }
}
