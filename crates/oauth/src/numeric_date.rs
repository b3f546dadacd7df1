//! `NumericDate` (RFC 7519 §2), and the one interface through which time is read.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whole seconds since 1970-01-01T00:00:00Z, leap seconds ignored (RFC 7519 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NumericDate(pub u64);

impl NumericDate {
    /// This moment and `seconds` more; stops at the end of time rather than overflow.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// This moment less `seconds`; stops at zero.
    #[must_use]
    pub fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }
}

/// Where time comes from. Nothing in this project reads a clock except through this.
pub trait Clock: Send + Sync + 'static {
    /// The calendar's time, against which `exp` and `nbf` are judged.
    fn now(&self) -> NumericDate;

    /// Time that only moves forward, for the age of what we hold; its zero means nothing.
    fn monotonic(&self) -> Duration;
}

#[cfg(test)]
mod tests {
    use super::NumericDate;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(NumericDate(u64::MAX).plus(1), NumericDate(u64::MAX));
        assert_eq!(NumericDate(3).minus(5), NumericDate(0));
    }
}
