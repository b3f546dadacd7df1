//! A limit whose counts are this process's own: GCRA, as governor has it, over a memory of fixed size.
//!
//! Of each key one moment is kept: the one at which its allowance is whole again. At the bound the key is forgotten whose
//! moment comes first: it has used least, so it gains least. A flood of new keys, each with a request or two, displaces
//! its own, and nobody who is near a limit; and nobody is limited because others are many.

use super::{
    limit::{RateLimit, Taking, Whose},
    rate::Rate,
};
use crate::bounded::{Bounded, Fingerprints};
use governor::{Quota, RateLimiter, clock, middleware::NoOpMiddleware, nanos::Nanos, state::StateStore};
use portcullis_oauth::Clock;
use std::{fmt, future, num::NonZeroU32, sync::Arc, time::Duration};

/// A limit that counts in memory, of at most 65,536 keys in two megabytes.
pub struct InMemory {
    rate: Rate,
    limiter: RateLimiter<u128, Moments, Time, NoOpMiddleware<Nanos>>,
    fingerprints: Fingerprints,
}

impl InMemory {
    /// Nobody has used anything of `rate` yet.
    pub fn new(rate: Rate, clock: Arc<dyn Clock>) -> Self {
        // A rate has an interval above zero. If it had none, one request a second would be too few, not too many.
        let quota = Quota::with_period(rate.interval()).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        let limiter = RateLimiter::new(quota.allow_burst(rate.burst()), Moments(Bounded::new()), Time(clock));
        Self { rate, limiter, fingerprints: Fingerprints::new() }
    }

    /// [`RateLimit::take`] without the future: nothing here waits.
    pub(super) fn take_now(&self, whose: &Whose<'_>, count: NonZeroU32) -> Result<(), Duration> {
        // More than may ever come at once is refused before it is multiplied: it would never be there.
        let whole = self.rate.interval() * self.rate.burst().get();
        if count > self.rate.burst() {
            return Err(whole);
        }
        match self.limiter.check_key_n(&self.fingerprints.of(whose), count) {
            Ok(taken) => {
                taken.map_err(|not_until| not_until.wait_time_from(clock::Clock::now(self.limiter.clock())))
            }
            Err(_) => Err(whole),
        }
    }
}

impl RateLimit for InMemory {
    fn take<'a>(&'a self, whose: &'a Whose<'a>, count: NonZeroU32) -> Taking<'a> {
        Box::pin(future::ready(self.take_now(whose, count)))
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemory").field("rate", &self.rate).finish_non_exhaustive()
    }
}

/// The moment of each key.
struct Moments(Bounded<Nanos>);

impl StateStore for Moments {
    type Key = u128;

    fn measure_and_replace<T, F, E>(&self, key: &u128, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.change(
            *key,
            |moment| moment.as_u64(),
            |moment| match measure(moment) {
                Ok((taken, next)) => (Ok(taken), Some(next)),
                Err(refused) => (Err(refused), moment),
            },
        )
    }
}

/// Our clock as governor reads one.
struct Time(Arc<dyn Clock>);

impl clock::Clock for Time {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        u64::try_from(self.0.monotonic().as_nanos()).unwrap_or(u64::MAX).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bounded::MAX_KEYS,
        rates::limit::{ClientAddress, CountedAddress},
    };
    use portcullis_testing::TestClock;
    use std::{
        net::{IpAddr, Ipv4Addr},
        sync::atomic::{AtomicU32, Ordering},
        thread,
    };

    fn limit(rate: &str) -> (InMemory, Arc<TestClock>) {
        let clock = Arc::new(TestClock::default());
        (InMemory::new(rate.parse().unwrap(), clock.clone()), clock)
    }

    fn subject(subject: &str) -> Whose<'_> {
        Whose::Subject { issuer: "issuer", subject }
    }

    fn take(limit: &InMemory, whose: Whose<'_>, count: u32) -> Result<(), u64> {
        limit.take_now(&whose, NonZeroU32::new(count).unwrap()).map_err(|wait| wait.as_secs())
    }

    /// Told by the clock alone.
    #[test]
    fn a_burst_may_come_at_once_and_then_the_rate() {
        let (limit, clock) = limit("6/minute burst 3");
        for _ in 0..3 {
            assert_eq!(take(&limit, subject("alice"), 1), Ok(()));
        }
        assert_eq!(take(&limit, subject("alice"), 1), Err(10));
        assert_eq!(take(&limit, subject("bob"), 1), Ok(()), "others have their own");
        clock.advance(9);
        assert_eq!(take(&limit, subject("alice"), 1), Err(1), "a refusal costs nothing");
        clock.advance(1);
        assert_eq!(take(&limit, subject("alice"), 1), Ok(()));
        assert_eq!(take(&limit, subject("alice"), 1), Err(10));
        clock.advance(3600);
        assert_eq!(take(&limit, subject("alice"), 3), Ok(()), "no more than the burst is saved up");
        assert_eq!(take(&limit, subject("alice"), 1), Err(10));
    }

    #[test]
    fn several_are_taken_together_or_not_at_all() {
        let (limit, _) = limit("6/minute burst 3");
        assert_eq!(take(&limit, subject("alice"), 2), Ok(()));
        assert_eq!(take(&limit, subject("alice"), 2), Err(10));
        assert_eq!(take(&limit, subject("alice"), 1), Ok(()));
        assert_eq!(take(&limit, subject("bob"), 4), Err(30), "more than ever comes at once");
        assert_eq!(take(&limit, subject("bob"), u32::MAX), Err(30));
        assert_eq!(take(&limit, subject("bob"), 3), Ok(()));
    }

    /// The edge is one place: of those who come at once exactly as many pass as may.
    #[test]
    fn of_many_at_once_exactly_the_burst_passes() {
        let (limit, _) = limit("1/hour burst 50");
        let passed = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        passed.fetch_add(
                            u32::from(take(&limit, subject("alice"), 1).is_ok()),
                            Ordering::SeqCst,
                        );
                    }
                });
            }
        });
        assert_eq!(passed.into_inner(), 50);
    }

    /// No name runs into the next: what an issuer is called, and what a subject, are two texts.
    #[test]
    fn names_are_not_confused() {
        let (limit, _) = limit("1/hour");
        for whose in [
            Whose::Subject { issuer: "a", subject: "bc" },
            Whose::Subject { issuer: "ab", subject: "c" },
            Whose::Client { issuer: "ab", client_id: Some("c") },
            Whose::Client { issuer: "ab", client_id: Some("") },
            Whose::Client { issuer: "ab", client_id: None },
            Whose::Tool { issuer: "ab", subject: "c", tool: "" },
            Whose::Tool { issuer: "ab", subject: "", tool: "c" },
        ] {
            assert_eq!(take(&limit, whose, 1), Ok(()), "{whose:?}");
            assert!(take(&limit, whose, 1).is_err(), "{whose:?}");
        }
    }

    /// Memory is bounded, whoever is limited stays limited, and whoever is new is let in.
    #[test]
    fn a_flood_of_addresses_neither_grows_memory_nor_frees_the_limited() {
        let (limit, _) = limit("60/hour burst 10");
        let at = |number: u32| {
            Whose::Address(CountedAddress::of(Some(ClientAddress(IpAddr::V4(Ipv4Addr::from(number))))))
        };
        for limited in 0..100 {
            assert_eq!(take(&limit, at(limited), 10), Ok(()));
        }
        for stranger in 1000..201_000 {
            assert_eq!(take(&limit, at(stranger), 1), Ok(()), "{stranger}");
        }
        for limited in 0..100 {
            assert!(take(&limit, at(limited), 1).is_err(), "{limited}");
        }
        assert_eq!(limit.limiter.into_state_store().0.len(), MAX_KEYS);
    }
}
