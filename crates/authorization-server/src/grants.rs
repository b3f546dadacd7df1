//! What was granted and not yet fetched: codes and refresh tokens, in memory, bounded, each used once.

use portcullis_oauth::{NumericDate, Scope};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

/// More are in flight in no development; the oldest goes first.
const MAX_HELD: usize = 1000;
/// AS-24: a client redeems at once.
pub(crate) const CODE_LIFETIME: u64 = 60;

/// Who let whom do what.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) user: String,
    pub(crate) scope: Scope,
    pub(crate) resource: Option<String>,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
    pub(crate) expires_at: NumericDate,
    /// All tokens of one sign-in.
    pub(crate) family: u64,
}

/// Codes and refresh tokens by their text.
#[derive(Default)]
pub(crate) struct Grants(Mutex<Held>);

#[derive(Default)]
struct Held {
    codes: Bounded,
    refresh: Bounded,
    next_family: u64,
}

#[derive(Default)]
struct Bounded {
    /// `None` once used: whoever comes again is a thief or a victim of one.
    by_text: HashMap<String, (u64, Option<Grant>)>,
    order: VecDeque<String>,
}

impl Bounded {
    fn insert(&mut self, text: String, grant: Grant) {
        if self.order.len() >= MAX_HELD
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_text.remove(&oldest);
        }
        self.order.push_back(text.clone());
        self.by_text.insert(text, (grant.family, Some(grant)));
    }
}

/// What redeeming found.
pub(crate) enum Redeemed {
    Good(Box<Grant>),
    /// Never issued, or forgotten.
    Unknown,
}

impl Grants {
    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keep_code(&self, code: String, mut grant: Grant) {
        let mut held = self.lock();
        held.next_family += 1;
        grant.family = held.next_family;
        held.codes.insert(code, grant);
    }

    pub(crate) fn keep_refresh(&self, token: String, grant: Grant) {
        self.lock().refresh.insert(token, grant);
    }

    /// Uses a code once. A good code that is used again ends what it led to (AS-24); `is_valid` judges before it counts
    /// as used, so that a thief without the verifier cannot burn it.
    pub(crate) fn redeem_code(&self, code: &str, is_valid: impl Fn(&Grant) -> bool) -> Redeemed {
        let mut held = self.lock();
        let Some((family, grant)) = held.codes.by_text.get_mut(code) else { return Redeemed::Unknown };
        let family = *family;
        match grant.take_if(|grant| is_valid(grant)) {
            Some(grant) => Redeemed::Good(Box::new(grant)),
            None if grant.is_some() => Redeemed::Unknown,
            None => {
                revoke(&mut held, family);
                Redeemed::Unknown
            }
        }
    }

    /// Uses a refresh token once (AS-29); one that comes again ends its family.
    pub(crate) fn redeem_refresh(&self, token: &str, is_valid: impl Fn(&Grant) -> bool) -> Redeemed {
        let mut held = self.lock();
        let Some((family, grant)) = held.refresh.by_text.get_mut(token) else { return Redeemed::Unknown };
        let family = *family;
        match grant.take_if(|grant| is_valid(grant)) {
            Some(grant) => Redeemed::Good(Box::new(grant)),
            None if grant.is_some() => Redeemed::Unknown,
            None => {
                revoke(&mut held, family);
                Redeemed::Unknown
            }
        }
    }
}

fn revoke(held: &mut Held, family: u64) {
    for (of, grant) in held.refresh.by_text.values_mut() {
        if *of == family {
            *grant = None;
        }
    }
}
