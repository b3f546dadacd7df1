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

#[cfg(test)]
mod tests;

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
        Self::shared(capacity, capacity.div_ceil(SHARES))
    }

    fn shared(capacity: usize, share: usize) -> Self {
        Self { capacity, share, held: Mutex::new(Held::new()) }
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
