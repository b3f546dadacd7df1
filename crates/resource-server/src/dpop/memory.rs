//! Used proofs, so that none is used twice (RFC 9449 §11.1): bounded, and without a way for one caller to lock out others.
//!
//! Only the proofs of verified tokens come here, so every entry belongs to a caller. A caller may hold a share; above it,
//! its own oldest proof is forgotten, and from then on a proof of this caller that is as old as a forgotten one is refused:
//! nobody could say any more whether it was used. So forgetting lets no replay through and harms nobody else, and a caller
//! with fresh proofs notices nothing. The same happens at the bound of all callers together; there, a caller who holds
//! nothing has nothing to give up, and is told to come back. To get so far takes as many callers with good tokens as there
//! are shares, all at once.
//!
//! What is here is one process's. Behind several replicas a proof is good once at each; [`ProofMemory`] is the seam where
//! a shared store would go.

use portcullis_oauth::NumericDate;
use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// One caller may hold no more than this part of the memory.
const SHARES: usize = 32;
/// Expired entries that one call clears away: more than it adds, so that they never pile up, and few enough that nobody
/// waits for it.
const CLEARED_AT_ONCE: usize = 32;

/// A proof that was found good, about to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedProof {
    /// Whose it is: stands for issuer and subject of the token.
    pub caller: [u8; 16],
    /// Which it is: stands for the key and `jti`.
    pub id: [u8; 16],
    /// The last moment at which it would still be accepted: its `iat` and the longest age. So of two proofs the one that is
    /// good for longer is the younger.
    pub good_until: NumericDate,
}

/// The proof must not be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRemembered {
    /// It was used before.
    #[error("the proof was used before")]
    Replayed,
    /// It is as old as proofs that were forgotten.
    #[error("the proof is as old as some that were forgotten")]
    Forgotten,
    /// There is no room, or the store cannot be reached.
    #[error("the proof cannot be remembered; try again in {retry_after:?}")]
    Unavailable {
        /// When to come back.
        retry_after: Duration,
    },
}

/// What [`ProofMemory::remember`] gives.
pub type Remembering<'a> = Pin<Box<dyn Future<Output = Result<(), NotRemembered>> + Send + 'a>>;

/// What keeps a proof from being used twice.
pub trait ProofMemory: Send + Sync + 'static {
    /// Notes that a proof is used. Of several who bring one proof, however close together, exactly one is given `Ok`.
    fn remember(&self, proof: UsedProof, now: NumericDate) -> Remembering<'_>;
}

/// The memory of one resource in one process.
pub struct BoundedMemory {
    capacity: usize,
    share: usize,
    held: Mutex<Held>,
}

struct Held {
    /// Every proof, the oldest first.
    by_age: BTreeSet<(NumericDate, [u8; 16], [u8; 16])>,
    /// The same proofs by caller, the oldest first.
    by_caller: BTreeSet<([u8; 16], NumericDate, [u8; 16])>,
    /// Callers who hold something.
    callers: HashMap<[u8; 16], Caller>,
    /// The latest moment seen: what expired before it stays expired, whatever the clock says next.
    latest: NumericDate,
}

#[derive(Default)]
struct Caller {
    count: usize,
    /// Proofs that are good no longer than this were forgotten.
    forgotten: Option<NumericDate>,
}

impl BoundedMemory {
    /// A memory of this many proofs.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { capacity, share: capacity.div_ceil(SHARES), held: Mutex::new(Held::new()) }
    }

    /// How many proofs are held, expired ones that were not yet cleared away included.
    pub fn len(&self) -> usize {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).by_age.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn note(&self, proof: UsedProof, now: NumericDate) -> Result<(), NotRemembered> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.latest = held.latest.max(now);
        held.clear_expired();
        if held.by_caller.contains(&(proof.caller, proof.good_until, proof.id)) {
            return Err(NotRemembered::Replayed);
        }
        let (count, forgotten) =
            held.callers.get(&proof.caller).map_or((0, None), |caller| (caller.count, caller.forgotten));
        if proof.good_until < held.latest || Some(proof.good_until) <= forgotten {
            return Err(NotRemembered::Forgotten);
        }
        if count < self.share && held.by_age.len() < self.capacity {
            held.insert(proof);
            return Ok(());
        }
        let Some(oldest) = held.oldest_of(proof.caller) else {
            return Err(NotRemembered::Unavailable { retry_after: held.next_room() });
        };
        if proof.good_until <= oldest.good_until {
            return Err(NotRemembered::Forgotten);
        }
        held.insert(proof);
        held.remove(oldest);
        held.callers.entry(proof.caller).or_default().forgotten = Some(oldest.good_until);
        Ok(())
    }
}

impl ProofMemory for BoundedMemory {
    fn remember(&self, proof: UsedProof, now: NumericDate) -> Remembering<'_> {
        Box::pin(std::future::ready(self.note(proof, now)))
    }
}

impl Held {
    fn new() -> Self {
        let (by_age, by_caller, callers) = (BTreeSet::new(), BTreeSet::new(), HashMap::new());
        Self { by_age, by_caller, callers, latest: NumericDate(0) }
    }

    fn insert(&mut self, proof: UsedProof) {
        self.by_age.insert((proof.good_until, proof.caller, proof.id));
        self.by_caller.insert((proof.caller, proof.good_until, proof.id));
        self.callers.entry(proof.caller).or_default().count += 1;
    }

    fn remove(&mut self, proof: UsedProof) {
        self.by_age.remove(&(proof.good_until, proof.caller, proof.id));
        self.by_caller.remove(&(proof.caller, proof.good_until, proof.id));
        if let Some(caller) = self.callers.get_mut(&proof.caller) {
            caller.count -= 1;
            // What it had forgotten is older still, and has expired too.
            if caller.count == 0 {
                self.callers.remove(&proof.caller);
            }
        }
    }

    fn clear_expired(&mut self) {
        for _ in 0..CLEARED_AT_ONCE {
            match self.by_age.first().copied() {
                Some((good_until, caller, id)) if good_until < self.latest => {
                    self.remove(UsedProof { caller, id, good_until });
                }
                _ => return,
            }
        }
    }

    fn oldest_of(&self, caller: [u8; 16]) -> Option<UsedProof> {
        let of_caller = (caller, NumericDate(0), [0; 16])..=(caller, NumericDate(u64::MAX), [u8::MAX; 16]);
        let oldest = self.by_caller.range(of_caller).next();
        oldest.map(|(caller, good_until, id)| UsedProof { caller: *caller, id: *id, good_until: *good_until })
    }

    fn next_room(&self) -> Duration {
        let oldest = self.by_age.first().map_or(self.latest, |(good_until, ..)| *good_until);
        Duration::from_secs(oldest.minus(self.latest.0).0 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const WINDOW: u64 = 300;

    fn proof(caller: u8, id: u64, issued_at: u64) -> UsedProof {
        let mut name = [0; 16];
        name[..8].copy_from_slice(&id.to_be_bytes());
        UsedProof { caller: [caller; 16], id: name, good_until: NumericDate(issued_at + WINDOW) }
    }

    fn at(now: u64) -> NumericDate {
        NumericDate(now)
    }

    /// DP-05
    #[test]
    fn a_proof_is_used_once_as_long_as_it_is_good() {
        let memory = BoundedMemory::new(1024);
        let first = proof(1, 1, 1000);
        assert_eq!(memory.note(first, at(1000)), Ok(()));
        for now in [1000, 1300] {
            assert_eq!(memory.note(first, at(now)), Err(NotRemembered::Replayed), "{now}");
        }
        assert_eq!(memory.note(proof(1, 2, 1300), at(1301)), Ok(()));
        assert_eq!(memory.len(), 1, "what has expired makes room");
        // A clock that is set back does not make the old proof new.
        assert_eq!(memory.note(first, at(1000)), Err(NotRemembered::Forgotten));
    }

    /// DP-05: of many at once, one.
    #[test]
    fn of_many_who_bring_one_proof_at_once_one_is_let_in() {
        let memory = BoundedMemory::new(1024);
        let barrier = std::sync::Barrier::new(8);
        let let_in = std::thread::scope(|scope| {
            let attempt = || {
                barrier.wait();
                memory.note(proof(1, 1, 1000), at(1000)).is_ok()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(attempt)).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|is_in| *is_in).count()
        });
        assert_eq!(let_in, 1);
    }

    /// DP-05: one caller's flood costs itself its older proofs, and nobody else anything.
    #[test]
    fn a_caller_above_its_share_forgets_its_own_and_lets_no_replay_through() {
        let memory = BoundedMemory::new(4 * SHARES);
        let quiet = proof(2, 1, 990);
        memory.note(quiet, at(1000)).unwrap();
        for second in 0..100 {
            assert_eq!(memory.note(proof(1, second, 1000 + second), at(1000 + second)), Ok(()), "{second}");
        }
        assert_eq!(memory.len(), 5, "its share, and the other's one");
        for second in 0..100 {
            let again = memory.note(proof(1, second, 1000 + second), at(1099));
            let expected = if second < 96 { NotRemembered::Forgotten } else { NotRemembered::Replayed };
            assert_eq!(again, Err(expected), "{second}");
        }
        assert_eq!(
            memory.note(proof(1, 777, 1095), at(1099)),
            Err(NotRemembered::Forgotten),
            "as old as a forgotten"
        );
        assert_eq!(memory.note(quiet, at(1099)), Err(NotRemembered::Replayed));
        assert_eq!(
            memory.note(proof(2, 2, 990), at(1099)),
            Ok(()),
            "nobody else's proofs are too old for that"
        );
    }

    /// DP-05: when all room is taken, whoever holds something goes on, and a newcomer waits; nobody's replay passes.
    #[test]
    fn a_full_memory_refuses_newcomers_for_a_while_and_never_accepts_twice() {
        let memory = BoundedMemory::new(SHARES);
        for caller in 0..SHARES as u8 {
            memory.note(proof(caller, 1, 1000), at(1000)).unwrap();
        }
        let newcomer = proof(99, 1, 1010);
        let retry_after = Duration::from_secs(291);
        assert_eq!(memory.note(newcomer, at(1010)), Err(NotRemembered::Unavailable { retry_after }));
        assert_eq!(memory.note(proof(3, 2, 1010), at(1010)), Ok(()));
        assert_eq!(memory.note(proof(3, 1, 1000), at(1010)), Err(NotRemembered::Forgotten));
        assert_eq!(memory.note(proof(4, 1, 1000), at(1010)), Err(NotRemembered::Replayed));
        assert_eq!(memory.len(), SHARES);
        assert_eq!(memory.note(proof(99, 2, 1301), at(1301)), Ok(()));
    }

    #[derive(Clone, Debug)]
    struct Step {
        caller: u8,
        id: u64,
        age: u64,
        wait: u64,
    }

    fn step() -> impl Strategy<Value = Step> {
        (0..6u8, 0..12u64, 0..WINDOW, prop_oneof![Just(0u64), 0..200u64])
            .prop_map(|(caller, id, age, wait)| Step { caller, id, age, wait })
    }

    proptest! {
        /// Whatever comes in whatever order: none twice, and never more than there is room for.
        #[test]
        fn nothing_is_let_in_twice_and_memory_is_bounded(steps in prop::collection::vec(step(), 1..200)) {
            let memory = BoundedMemory::new(16);
            let (mut now, mut used) = (10_000, HashSet::new());
            for Step { caller, id, age, wait } in steps {
                now += wait;
                let proof = proof(caller, id, now - age);
                if memory.note(proof, at(now)).is_ok() {
                    prop_assert!(used.insert((proof.caller, proof.id, proof.good_until)));
                }
                prop_assert!(memory.len() <= 16);
                let held = memory.held.lock().unwrap();
                prop_assert_eq!(held.by_age.len(), held.by_caller.len());
                prop_assert_eq!(held.callers.values().map(|caller| caller.count).sum::<usize>(), held.by_age.len());
            }
        }
    }
}
