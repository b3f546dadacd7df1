//! How long verifying takes, for whoever measures. Without an observer no clock is read.

use crate::line::Line;
use std::{future::Future, time::Duration};

/// Hears how the line fares. Must not block: the request waits for it.
pub trait Observer: Send + Sync + 'static {
    /// A token was verified, or refused, from memory or anew; a wait for keys counts.
    fn verified(&self, took: Duration);
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
}
