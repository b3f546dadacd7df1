//! A memory of fixed size for what is counted of strangers: by a hash that no stranger can aim, and at the bound without
//! whatever ranks lowest.
//!
//! A key is kept as 128 bits of SipHash under secrets of this process, so its length costs nothing and collisions cannot
//! be made. The hash chooses one of [`SETS`] sets with [`WAYS`] places each; nothing is swept, and no lock is held for
//! longer than one set takes to read.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher as _, Hash},
    sync::{Mutex, PoisonError},
};

/// A power of two.
const SETS: usize = 1024;
/// Two kilobytes to look through.
const WAYS: usize = 64;

/// How many keys are remembered at most.
#[cfg(test)]
pub(crate) const MAX_KEYS: usize = SETS * WAYS;

/// One set: hashed keys and their values.
type Set<V> = Mutex<Vec<(u128, V)>>;

/// Hashes keys under secrets of its own.
pub(crate) struct Fingerprints([RandomState; 2]);

impl Fingerprints {
    pub(crate) fn new() -> Self {
        Self([RandomState::new(), RandomState::new()])
    }

    /// What `key` is remembered by.
    pub(crate) fn of(&self, key: &impl Hash) -> u128 {
        let [high, low] = self.0.each_ref().map(|secret| u128::from(secret.hash_one(key)));
        high << 64 | low
    }
}

/// Values of at most 65,536 keys, in some two megabytes, which are taken only as they are needed.
pub(crate) struct Bounded<V>(Box<[Set<V>]>);

impl<V: Copy> Bounded<V> {
    pub(crate) fn new() -> Self {
        Self((0..SETS).map(|_| Mutex::default()).collect())
    }

    /// Changes the value of a key: `change` is given what is remembered, and what it returns is remembered from now on,
    /// nothing if it returns none. Where there is no place left, the value with the lowest `rank` is forgotten for it.
    pub(crate) fn change<R>(
        &self,
        key: u128,
        rank: impl Fn(&V) -> u64,
        change: impl FnOnce(Option<V>) -> (R, Option<V>),
    ) -> R {
        let set = &self.0[(key as usize) % SETS];
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        let place = set.iter().position(|(other, _)| *other == key);
        let (answer, value) = change(place.map(|place| set[place].1));
        match (place, value) {
            (Some(place), Some(value)) => set[place].1 = value,
            (Some(place), None) => {
                set.swap_remove(place);
            }
            (None, Some(value)) if set.len() < WAYS => set.push((key, value)),
            (None, Some(value)) => {
                if let Some(lowest) = set.iter_mut().min_by_key(|(_, value)| rank(value)) {
                    *lowest = (key, value);
                }
            }
            (None, None) => {}
        }
        answer
    }

    /// How many keys are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|set| set.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }
}

impl<V> fmt::Debug for Bounded<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bounded(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A memory, and what keys are remembered by.
    struct Memory(Bounded<u64>, Fingerprints);

    impl Memory {
        fn new() -> Self {
            Self(Bounded::new(), Fingerprints::new())
        }

        fn put(&self, key: u64, value: Option<u64>) {
            self.0.change(self.1.of(&key), |value| *value, |_| ((), value));
        }

        fn get(&self, key: u64) -> Option<u64> {
            self.0.change(self.1.of(&key), |value| *value, |value| (value, value))
        }
    }

    #[test]
    fn what_is_put_is_there_until_it_is_taken_away() {
        let memory = Memory::new();
        memory.put(1, Some(10));
        memory.put(1, Some(11));
        memory.put(2, Some(20));
        assert_eq!((memory.get(1), memory.get(2), memory.get(3)), (Some(11), Some(20), None));
        memory.put(1, None);
        assert_eq!((memory.get(1), memory.0.len()), (None, 1));
    }

    /// Whoever ranks high stays, however many come.
    #[test]
    fn a_flood_of_keys_fills_it_and_displaces_the_lowest_only() {
        let memory = Memory::new();
        for key in 0..1000 {
            memory.put(key, Some(1_000_000 + key));
        }
        for key in 1000..200_000 {
            memory.put(key, Some(key));
        }
        assert_eq!(memory.0.len(), MAX_KEYS);
        for key in 0..1000 {
            assert_eq!(memory.get(key), Some(1_000_000 + key));
        }
    }
}
