//! None twice, whatever happens; and nobody in another's way.

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
    assert_eq!(memory.note(proof(2, 2, 990), at(1099)), Ok(()), "nobody else's proofs are too old for that");
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

/// DP-05: what somebody gave up for want of room stays used when there is room again.
#[test]
fn a_proof_that_was_forgotten_stays_used_when_others_have_made_room() {
    let memory = BoundedMemory::shared(4, 4);
    for caller in 0..4 {
        memory.note(proof(caller, 1, if caller == 3 { 1005 } else { 1000 }), at(1005)).unwrap();
    }
    memory.note(proof(3, 2, 1010), at(1010)).unwrap();
    assert_eq!(memory.note(proof(3, 1, 1005), at(1303)), Err(NotRemembered::Forgotten));
    assert_eq!(memory.len(), 1, "all others have expired");
    assert_eq!(memory.note(proof(3, 3, 1006), at(1303)), Ok(()), "a younger one is not meant");
}

/// Somebody tries one of a few proofs, so that the same come again and again, some time after the last attempt.
#[derive(Clone, Debug)]
struct Attempt {
    caller: u8,
    id: u64,
    issued_at: u64,
    wait: u64,
}

const START: u64 = 10_000;

fn attempt() -> impl Strategy<Value = Attempt> {
    let wait = prop_oneof![3 => Just(0u64), 1 => 0..60u64];
    (0..4u8, 0..2u64, 0..20u64, wait).prop_map(|(caller, id, slot, wait)| Attempt {
        caller,
        id,
        issued_at: START + slot * 30,
        wait,
    })
}

proptest! {
    /// Whatever comes in whatever order: none twice, and never more than there is room for.
    #[test]
    fn nothing_is_let_in_twice_and_memory_is_bounded(
        attempts in prop::collection::vec(attempt(), 1..300),
        (capacity, share) in (1..12usize, 1..8usize),
    ) {
        let memory = BoundedMemory::shared(capacity, share);
        let (mut now, mut used) = (START, HashSet::new());
        for Attempt { caller, id, issued_at, wait } in attempts {
            now += wait;
            let proof = proof(caller, id, issued_at);
            // Others never get here.
            if now.abs_diff(issued_at) > WINDOW {
                continue;
            }
            if memory.note(proof, at(now)).is_ok() {
                prop_assert!(used.insert((proof.caller, proof.id, proof.good_until)));
            }
            prop_assert!(memory.len() <= capacity);
            let held = memory.held.lock().unwrap();
            prop_assert!(held.callers.values().all(|caller| (1..=share).contains(&caller.count)));
            prop_assert_eq!(held.by_age.len(), held.by_caller.len());
            prop_assert_eq!(held.callers.values().map(|caller| caller.count).sum::<usize>(), held.by_age.len());
        }
    }
}
