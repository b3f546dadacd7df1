//! How many there are right now, counted by guards, so that whatever ends in whatever way is not counted any more.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// A number that guards raise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// One more, until the guard is dropped.
    pub(crate) fn raise(&self) -> Raised {
        self.0.fetch_add(1, Relaxed);
        Raised(self.0.clone())
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One of those that are counted.
#[derive(Debug)]
pub(crate) struct Raised(Arc<AtomicU64>);

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
