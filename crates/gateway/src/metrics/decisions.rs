//! How often each reason was given. The codes are words of the program (`&'static str`), so no stranger can make one up;
//! how many are told apart is bounded all the same.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Some twice as many as there are reasons.
const SLOTS: usize = 128;
/// What the rest would be counted as.
const OTHERS: &str = "other";

/// Slots are taken in the order in which reasons come first, so that the usual ones are found at once.
#[derive(Debug)]
pub(crate) struct Decisions {
    slots: [Slot; SLOTS],
    others: AtomicU64,
}

#[derive(Debug, Default)]
struct Slot {
    reason: OnceLock<&'static str>,
    count: AtomicU64,
}

impl Default for Decisions {
    fn default() -> Self {
        Self { slots: std::array::from_fn(|_| Slot::default()), others: AtomicU64::new(0) }
    }
}

impl Decisions {
    pub(crate) fn count(&self, reason: &'static str) {
        let mine = self.slots.iter().find(|slot| *slot.reason.get_or_init(|| reason) == reason);
        mine.map_or(&self.others, |slot| &slot.count).fetch_add(1, Relaxed);
    }

    /// Every reason that was given, and how often.
    pub(crate) fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let others = Some((OTHERS, self.others.load(Relaxed))).filter(|(_, count)| *count > 0);
        let known = self.slots.iter().map_while(|slot| Some((*slot.reason.get()?, slot.count.load(Relaxed))));
        known.chain(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_one_count_however_many_count_at_once() {
        let decisions = Decisions::default();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for reason in ["ok", "token_missing", "unlisted", "ok"].repeat(100) {
                        decisions.count(reason);
                    }
                });
            }
        });
        let mut read: Vec<_> = decisions.read().collect();
        read.sort_unstable();
        assert_eq!(read, [("ok", 1600), ("token_missing", 800), ("unlisted", 800)]);
    }

    #[test]
    fn more_reasons_than_there_are_places_for_are_counted_as_one() {
        let decisions = Decisions::default();
        for number in 0..SLOTS + 5 {
            decisions.count(Box::leak(format!("reason-{number}").into_boxed_str()));
        }
        assert_eq!(decisions.read().count(), SLOTS + 1);
        assert_eq!(decisions.read().last(), Some((OTHERS, 5)));
    }
}
