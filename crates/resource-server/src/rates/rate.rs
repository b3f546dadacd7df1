//! A rate as an operator writes it: `600/minute`, or `600/minute burst 100`.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

/// More than any process serves.
const MAX_REQUESTS: u32 = 1_000_000;
/// An allowance that takes longer to come back is a mistake in writing.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// Their spellings; the first is how it is printed.
const UNITS: &[(&str, u64)] =
    &[("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400), ("s", 1), ("min", 60), ("h", 3600)];

/// So many requests in such a time, evenly, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    requests: NonZeroU32,
    period: Duration,
    burst: NonZeroU32,
}

/// The text is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateError {
    /// Not of the form.
    #[error("is no rate")]
    Form,
    /// Nothing, or more than any process serves.
    #[error("is out of bounds: requests and burst are from 1 to 1000000")]
    Bounds,
    /// The burst is far too large for the rate.
    #[error("has a burst that takes more than a year to come back")]
    Burst,
}

impl Rate {
    /// `requests` in each `period`, of which `burst` may come at once.
    ///
    /// # Errors
    /// [`RateError::Bounds`] and [`RateError::Burst`].
    pub fn new(requests: u32, period: Duration, burst: u32) -> Result<Self, RateError> {
        let bounded = |number| NonZeroU32::new(number).filter(|number| number.get() <= MAX_REQUESTS);
        let (Some(requests), Some(burst)) = (bounded(requests), bounded(burst)) else {
            return Err(RateError::Bounds);
        };
        if period.is_zero() || period > LONGEST {
            return Err(RateError::Bounds);
        }
        let rate = Self { requests, period, burst };
        match rate.interval().checked_mul(burst.get()) {
            Some(time) if time <= LONGEST => Ok(rate),
            _ => Err(RateError::Burst),
        }
    }

    /// One request in each `period`.
    pub(super) const fn once_in(period: Duration) -> Self {
        Self { requests: NonZeroU32::MIN, period, burst: NonZeroU32::MIN }
    }

    /// How long until one more request comes back.
    pub fn interval(&self) -> Duration {
        self.period / self.requests.get()
    }

    /// How many may come at once.
    pub fn burst(&self) -> NonZeroU32 {
        self.burst
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (requests, rest) = text.split_once('/').ok_or(RateError::Form)?;
        let mut words = rest.split_whitespace();
        let unit = words.next().ok_or(RateError::Form)?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(RateError::Form)?;
        let requests = number(requests.trim())?;
        let burst = match (words.next(), words.next(), words.next()) {
            (None, ..) => requests,
            (Some("burst"), Some(burst), None) => number(burst)?,
            _ => return Err(RateError::Form),
        };
        Self::new(requests, Duration::from_secs(*seconds), burst)
    }
}

/// Digits, nothing else; what has too many of them is out of bounds.
fn number(text: &str) -> Result<u32, RateError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RateError::Form);
    }
    text.parse().map_err(|_| RateError::Bounds)
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, seconds)| Duration::from_secs(*seconds) == self.period) {
            Some((unit, _)) => write!(f, "{}/{unit}", self.requests)?,
            None => write!(f, "{}/{} s", self.requests, self.period.as_secs_f64())?,
        }
        if self.burst != self.requests {
            write!(f, " burst {}", self.burst)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_an_operator_writes() {
        for (text, interval, burst, printed) in [
            ("600/minute", 100, 600, "600/minute"),
            ("600/min burst 100", 100, 100, "600/minute burst 100"),
            (" 10 / second ", 100, 10, "10/second"),
            ("10/s  burst  20", 100, 20, "10/second burst 20"),
            ("1/day", 86_400_000, 1, "1/day"),
            ("60/h", 60_000, 60, "60/hour"),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(rate.interval(), Duration::from_millis(interval), "{text}");
            assert_eq!((rate.burst().get(), rate.to_string().as_str()), (burst, printed), "{text}");
            assert_eq!(printed.parse(), Ok(rate), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_rate() {
        let over = format!("{}/minute", u64::MAX);
        for (text, error) in [
            ("", RateError::Form),
            ("600", RateError::Form),
            ("/minute", RateError::Form),
            ("600/", RateError::Form),
            ("600/fortnight", RateError::Form),
            ("+6/minute", RateError::Form),
            ("-1/minute", RateError::Form),
            ("1.5/minute", RateError::Form),
            ("6/minute burst", RateError::Form),
            ("6/minute burst 7 8", RateError::Form),
            ("6/minute bursts 7", RateError::Form),
            ("0/minute", RateError::Bounds),
            ("6/minute burst 0", RateError::Bounds),
            ("1000001/minute", RateError::Bounds),
            (&over, RateError::Bounds),
            ("1/day burst 1000", RateError::Burst),
        ] {
            assert_eq!(text.parse::<Rate>(), Err(error), "{text}");
        }
        assert_eq!(Rate::new(1, Duration::ZERO, 1), Err(RateError::Bounds));
        assert_eq!(Rate::new(1, Duration::MAX, 1), Err(RateError::Bounds));
    }
}
