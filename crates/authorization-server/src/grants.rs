//! What was granted and not yet fetched: codes and refresh tokens, in memory, bounded, each used once.
//!
//! They are held by their hash. One lock covers a use and what it leads to, so that of two uses at once one is the second.

use crate::{pkce::CodeChallenge, token_error::TokenError};
use aws_lc_rs::digest::{SHA256, digest};
use portcullis_oauth::{NumericDate, Scope};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// More of either are in flight in no development; the oldest goes first.
const MAX_HELD: usize = 1000;
/// AS-24: a client redeems at once.
const CODE_LIFETIME: u64 = 60;
/// From one use to the next (AS-29): a working day, because development ends in the evening.
const REFRESH_LIFETIME: u64 = 12 * 3600;

/// Who let whom do what, where.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) user: String,
    pub(crate) scope: Scope,
    /// None: wherever the server can be reached.
    pub(crate) resources: Vec<String>,
}

/// A grant, and what its code is bound to (AS-24).
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: CodeChallenge,
}

/// Codes and refresh tokens.
#[derive(Default)]
pub(crate) struct Grants(Mutex<Held>);

#[derive(Default)]
struct Held {
    codes: Bounded<Code>,
    refresh_tokens: Bounded<Grant>,
    last_family: u64,
}

impl Grants {
    /// Keeps a code that nobody has used.
    pub(crate) fn keep_code(&self, code: &str, bound_to: Code, now: NumericDate) {
        let mut held = self.lock();
        held.last_family += 1;
        let family = held.last_family;
        held.codes.insert(code, Entry::new(bound_to, family, now.plus(CODE_LIFETIME)));
    }

    /// Uses a code, and keeps `refresh_token` in its place. `judge` speaks first: whoever does not know the verifier can
    /// neither use a code up nor, by repeating it, revoke what it led to (AS-24).
    pub(crate) fn redeem_code(
        &self,
        code: &str,
        refresh_token: &str,
        now: NumericDate,
        judge: impl FnOnce(&Code) -> Result<(), TokenError>,
    ) -> Result<Grant, TokenError> {
        let mut held = self.lock();
        let entry = held.codes.get_mut(code).ok_or(TokenError::UnknownGrant)?;
        judge(&entry.value)?;
        let (used, family) = (entry.use_once(now), entry.family);
        let grant = entry.value.grant.clone();
        held.follow(used, family, grant, refresh_token, now)
    }

    /// Uses a refresh token, and keeps `next` in its place (AS-29). One that comes again ends its family.
    pub(crate) fn redeem_refresh_token(
        &self,
        refresh_token: &str,
        next: &str,
        now: NumericDate,
        judge: impl FnOnce(&Grant) -> Result<(), TokenError>,
    ) -> Result<Grant, TokenError> {
        let mut held = self.lock();
        let entry = held.refresh_tokens.get_mut(refresh_token).ok_or(TokenError::UnknownGrant)?;
        judge(&entry.value)?;
        let (used, family) = (entry.use_once(now), entry.family);
        let grant = entry.value.clone();
        held.follow(used, family, grant, next, now)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn follow(
        &mut self,
        used: Result<(), TokenError>,
        family: u64,
        grant: Grant,
        refresh_token: &str,
        now: NumericDate,
    ) -> Result<Grant, TokenError> {
        match used {
            Ok(()) => {
                let next = Entry::new(grant.clone(), family, now.plus(REFRESH_LIFETIME));
                self.refresh_tokens.insert(refresh_token, next);
                Ok(grant)
            }
            Err(TokenError::UsedGrant) => {
                self.refresh_tokens.spend_family(family);
                Err(TokenError::UsedGrant)
            }
            Err(other) => Err(other),
        }
    }
}

/// What a text stands for. It stays when it is spent: whoever comes again is a thief, or a victim of one.
struct Entry<T> {
    value: T,
    /// One sign-in, and all that came of it.
    family: u64,
    expires_at: NumericDate,
    is_spent: bool,
}

impl<T> Entry<T> {
    fn new(value: T, family: u64, expires_at: NumericDate) -> Self {
        Self { value, family, expires_at, is_spent: false }
    }

    fn use_once(&mut self, now: NumericDate) -> Result<(), TokenError> {
        if self.is_spent {
            return Err(TokenError::UsedGrant);
        }
        if self.expires_at <= now {
            return Err(TokenError::ExpiredGrant);
        }
        self.is_spent = true;
        Ok(())
    }
}

type Hash = [u8; 32];

struct Bounded<T> {
    by_hash: HashMap<Hash, Entry<T>>,
    oldest_first: VecDeque<Hash>,
}

impl<T> Bounded<T> {
    fn insert(&mut self, text: &str, entry: Entry<T>) {
        if self.oldest_first.len() >= MAX_HELD
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_hash.remove(&oldest);
        }
        self.oldest_first.push_back(hash(text));
        self.by_hash.insert(hash(text), entry);
    }

    fn get_mut(&mut self, text: &str) -> Option<&mut Entry<T>> {
        self.by_hash.get_mut(&hash(text))
    }

    fn spend_family(&mut self, family: u64) {
        for entry in self.by_hash.values_mut().filter(|entry| entry.family == family) {
            entry.is_spent = true;
        }
    }
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self { by_hash: HashMap::new(), oldest_first: VecDeque::new() }
    }
}

fn hash(text: &str) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate(1000);

    fn code() -> Code {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        Code {
            grant: Grant {
                client_id: "client".into(),
                user: "alice".into(),
                scope: Scope::default(),
                resources: Vec::new(),
            },
            redirect_uri: String::new(),
            code_challenge: CodeChallenge::parse(Some("S256"), Some(challenge)).unwrap(),
        }
    }

    #[test]
    fn the_oldest_is_forgotten_when_too_many_are_held() {
        let grants = Grants::default();
        for number in 0..=MAX_HELD {
            grants.keep_code(&number.to_string(), code(), NOW);
        }
        assert_eq!(grants.lock().codes.by_hash.len(), MAX_HELD);
        assert!(matches!(grants.redeem_code("0", "r0", NOW, |_| Ok(())), Err(TokenError::UnknownGrant)));
        assert!(grants.redeem_code("1", "r1", NOW, |_| Ok(())).is_ok());
        for number in 0..2 * MAX_HELD {
            let (now, next) = (format!("r{}", number + 1), format!("r{}", number + 2));
            assert!(grants.redeem_refresh_token(&now, &next, NOW, |_| Ok(())).is_ok());
        }
        assert_eq!(grants.lock().refresh_tokens.by_hash.len(), MAX_HELD);
    }

    /// AS-24
    #[test]
    fn a_refused_use_is_no_use() {
        let grants = Grants::default();
        grants.keep_code("c", code(), NOW);
        let refused = grants.redeem_code("c", "r", NOW, |_| Err(TokenError::Verifier));
        assert!(matches!(refused, Err(TokenError::Verifier)));
        assert!(grants.redeem_code("c", "r", NOW, |_| Ok(())).is_ok());
        let refused = grants.redeem_code("c", "x", NOW, |_| Err(TokenError::Verifier));
        assert!(matches!(refused, Err(TokenError::Verifier)));
        assert!(grants.redeem_refresh_token("r", "r2", NOW, |_| Ok(())).is_ok());
    }
}
