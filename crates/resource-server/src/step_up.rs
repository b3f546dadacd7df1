//! Step-up: what a challenge for more scopes asks for, and when it is given no more (CH-14..CH-16, CL-07).
//!
//! A client that lacks a scope asks the authorization server for it and comes back with a new token. Some clients drop on
//! that way what they had; [`ChallengeScopes::Union`] has them ask for it again. And where the authorization server does
//! not grant the scope, each new token lacks it too, and a client would go round for ever, its user signing in each time.
//! So three tokens of one caller are challenged for the same scope; further ones, for as long as it is remembered, get 403
//! without `insufficient_scope`. A token that was challenged once is challenged again, whatever came between (CH-16); and a
//! token that has the scope shows that it is granted, and forgets.

use crate::{
    bounded::{Bounded, Fingerprints},
    policy::{Policy, PolicyError},
    refusal::Reason,
    token::AccessToken,
};
use portcullis_oauth::{Scope, ScopeToken};
use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How many tokens of one caller may lack the same scope until it is believed that no other will have it. Clients that keep
/// to the specification retry a few times only; three is what a person puts up with.
const TRIES: usize = 3;
/// From the first of them on: longer than three sign-ins take, shorter than it takes to change one's mind about a grant.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Which scopes a challenge asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChallengeScopes {
    /// Those of the operation: what 2026-07-28 asks of servers. Clients add what they had.
    #[default]
    Operation,
    /// And those that the token has already, as far as a rule names them: for clients that ask for nothing else than the
    /// challenge says.
    Union,
}

/// What becomes of a caller that lacks a scope.
pub struct StepUp {
    scopes: ChallengeScopes,
    /// What may be asked for again: every scope that a rule names, `offline_access` never among them (CH-12).
    ruled: Scope,
    fingerprints: Fingerprints,
    lacking: Bounded<Lacking>,
    /// Whether anybody ever lacked anything, so that those who do not are not looked up.
    is_used: AtomicBool,
}

/// What is remembered of a caller and a scope, or of a caller alone: then the tokens mean nothing.
#[derive(Clone, Copy)]
struct Lacking {
    /// In seconds of the clock.
    until: u64,
    /// Those that were challenged.
    tokens: [Option<u64>; TRIES],
}

impl StepUp {
    /// Challenges at a resource with this policy.
    pub fn new(scopes: ChallengeScopes, policy: &Policy) -> Self {
        Self {
            scopes,
            ruled: policy.every_scope(),
            fingerprints: Fingerprints::new(),
            lacking: Bounded::new(),
            is_used: AtomicBool::new(false),
        }
    }

    /// The answer to a caller that the policy refuses: a challenge for more, or no more challenges.
    pub(crate) fn refuse(&self, token: &AccessToken, mut error: PolicyError, now: Duration) -> Reason {
        let PolicyError::InsufficientScope { needed, missing, .. } = &mut error else { return error.into() };
        // Each is noted, also where one is refused already.
        let refused = missing.iter().filter(|scope| !self.may_be_challenged(token, scope, now)).count();
        if refused > 0 {
            return Reason::StepUpExhausted { missing: std::mem::take(missing) };
        }
        if self.scopes == ChallengeScopes::Union {
            let kept: Scope =
                token.scope().iter().filter(|scope| self.ruled.contains(scope)).cloned().collect();
            *needed = needed.union(&kept);
        }
        error.into()
    }

    /// A token was good enough: what it has is granted, and nobody goes round for it.
    pub(crate) fn admitted(&self, token: &AccessToken, now: Duration) {
        if !self.is_used.load(Ordering::Relaxed) || !self.has_lacked(token, now) {
            return;
        }
        for scope in token.scope().iter() {
            self.lacking.change(self.key(token, Some(scope)), |it| it.until, |_| ((), None));
        }
    }

    fn may_be_challenged(&self, token: &AccessToken, scope: &ScopeToken, now: Duration) -> bool {
        self.is_used.store(true, Ordering::Relaxed);
        let fresh = Lacking { until: (now + REMEMBERED).as_secs(), tokens: [None; TRIES] };
        self.lacking.change(self.key(token, None), |it| it.until, |_| ((), Some(fresh)));
        let this = self.fingerprints.of(&token.hash) as u64;
        self.lacking.change(
            self.key(token, Some(scope)),
            |it| it.until,
            |lacking| {
                let mut lacking = lacking.filter(|it| it.until > now.as_secs()).unwrap_or(fresh);
                if lacking.tokens.contains(&Some(this)) {
                    return (true, Some(lacking));
                }
                let free = lacking.tokens.iter_mut().find(|place| place.is_none());
                let is_first = free.map(|place| *place = Some(this)).is_some();
                (is_first, Some(lacking))
            },
        )
    }

    fn has_lacked(&self, token: &AccessToken, now: Duration) -> bool {
        let is_recent = |lacking: &Lacking| lacking.until > now.as_secs();
        self.lacking.change(
            self.key(token, None),
            |it| it.until,
            |lacking| {
                let lacking = lacking.filter(is_recent);
                (lacking.is_some(), lacking)
            },
        )
    }

    /// Subjects and clients are unique within their issuer only (JW-20).
    fn key(&self, token: &AccessToken, scope: Option<&ScopeToken>) -> u128 {
        self.fingerprints.of(&(token.issuer_name(), token.subject(), token.client_id(), scope))
    }
}

impl Default for StepUp {
    fn default() -> Self {
        Self::new(ChallengeScopes::default(), &Policy::default())
    }
}

impl fmt::Debug for StepUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepUp").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}
