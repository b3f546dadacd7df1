//! A clock that stands until it is moved.

use portcullis_oauth::{Clock, NumericDate};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The moment at which every test begins.
const START: u64 = 1_800_000_000;

/// Time as a test tells it.
#[derive(Debug, Default)]
pub struct TestClock(AtomicU64);

impl TestClock {
    /// Moves on by whole seconds.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> NumericDate {
        NumericDate(START + self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}
