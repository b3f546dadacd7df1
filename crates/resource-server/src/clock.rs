//! The machine's own clock: the one place where time is read.

use portcullis_oauth::{Clock, NumericDate};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The operating system's time.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[allow(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    fn now(&self) -> NumericDate {
        // A machine whose clock stands before 1970 reads as 1970: every token is then "not yet valid".
        NumericDate(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}
