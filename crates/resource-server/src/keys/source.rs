//! How the newest key set of an issuer is had: lazily, once for all who wait, and never under a lock across I/O.
//!
//! - Fresh: served at once. Due: served, and refreshed behind it. Overdue: waits for the refresh, within a bound,
//!   so that a withdrawn key does not live on in a server that nobody called for a while.
//! - A failed fetch, an empty or a cut set keeps the last good one, up to [`MAX_STALE`].
//! - A key id that the set lacks waits for one shared fetch. After it, a cool-down: whoever asks then for yet
//!   another unknown key is told to come back (503), and hears 401 only once a set *fetched after its arrival*
//!   lacks the key. So forged ids can neither hammer the issuer nor turn a real rotation into a logout.

use super::{Algorithm, KeySet, VerificationKey, set::KeySetError};
use crate::discovery::{DiscoveryError, discover};
use arc_swap::ArcSwapOption;
use portcullis_fetch::{Fetch, FetchError, Trust};
use portcullis_oauth::{Clock, Issuer};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;
use url::Url;

/// Without a `Cache-Control`, and as its bounds: often enough for a rotation announced an hour ahead, seldom
/// enough to be no load.
const REFRESH: Duration = Duration::from_secs(600);
const REFRESH_AT_LEAST: Duration = Duration::from_secs(60);
const REFRESH_AT_MOST: Duration = Duration::from_secs(3600);
/// How long an issuer may be unreachable before its last keys are no longer believed.
const MAX_STALE: Duration = Duration::from_secs(24 * 3600);
/// Between two fetches for unknown key ids, and after a failure.
const COOL_DOWN: Duration = Duration::from_secs(30);
const BACKOFF: Duration = Duration::from_secs(5);
/// How long a request waits for a fetch.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyLocation {
    /// At this URL, which the operator wrote.
    At(Url),
    /// Where the issuer's metadata says (RFC 8414 §3, OpenID Connect Discovery §4).
    Discover(Issuer),
}

/// An issuer's keys.
pub struct KeySource {
    location: KeyLocation,
    algorithms: Vec<Algorithm>,
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    current: ArcSwapOption<Held>,
    fetching: Mutex<Fetching>,
}

/// The last good set.
struct Held {
    set: KeySet,
    /// Changes when the keys do.
    generation: u64,
    /// Which fetch brought it, counted from one.
    attempt: u64,
    /// When that fetch began.
    asked_at: Duration,
    refresh_after: Duration,
}

#[derive(Default)]
struct Fetching {
    in_flight: Option<watch::Receiver<bool>>,
    /// When the last fetch, good or bad, began.
    last_began: Option<Duration>,
    /// When the last fetch for an unknown key id began.
    last_for_unknown: Option<Duration>,
    last_failed: bool,
    attempts: u64,
}

/// Why a set is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// There is none, or it is old.
    Due,
    /// A token names a key that the set lacks.
    UnknownKey,
}

/// The keys cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeysError {
    pub(crate) retry_after: Duration,
}

/// What a look-up found.
pub(crate) enum Lookup {
    Found {
        key: Arc<VerificationKey>,
        generation: u64,
    },
    /// A set fetched after the question was asked has no such key.
    Unknown,
}

/// For readiness and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySourceStatus {
    /// Fetches begun, good or bad.
    pub attempts: u64,
    /// Whether a set is held.
    pub has_keys: bool,
    /// Whether the last fetch failed.
    pub last_failed: bool,
    /// How long ago the fetch began that brought the set.
    pub age: Option<Duration>,
}

#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Set(#[from] KeySetError),
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
}

impl KeySource {
    /// A source that has fetched nothing yet.
    pub fn new(
        location: KeyLocation,
        algorithms: Vec<Algorithm>,
        fetch: Arc<dyn Fetch>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        Arc::new(Self {
            location,
            algorithms,
            fetch,
            clock,
            current: ArcSwapOption::empty(),
            fetching: Mutex::default(),
        })
    }

    /// How the source fares.
    pub fn status(&self) -> KeySourceStatus {
        let fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        let asked_at = self.current.load().as_ref().map(|held| held.asked_at);
        KeySourceStatus {
            attempts: fetching.attempts,
            has_keys: asked_at.is_some(),
            last_failed: fetching.last_failed,
            age: asked_at.map(|asked_at| self.clock.monotonic().saturating_sub(asked_at)),
        }
    }

    /// Fetches once, for readiness. That it failed is told by [`KeySource::status`].
    pub async fn warm_up(self: &Arc<Self>) {
        let _ = self.held().await;
    }

    /// The generation of the current set: what a remembered token is valid under.
    pub(crate) async fn generation(self: &Arc<Self>) -> Result<u64, KeysError> {
        Ok(self.held().await?.generation)
    }

    /// Finds the key of a token.
    pub(crate) async fn find(
        self: &Arc<Self>,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Lookup, KeysError> {
        let arrived = self.status().attempts;
        let held = self.held().await?;
        if let Some(key) = held.set.find(kid, algorithm) {
            return Ok(Lookup::Found { key, generation: held.generation });
        }
        // The first fetch joined may have begun before we came; then one more is ours to ask for.
        for _ in 0..2 {
            if !self.was_fetched_since(arrived) {
                self.join(Cause::UnknownKey).await?;
            }
        }
        let held = self.current.load_full().ok_or(KeysError { retry_after: BACKOFF })?;
        match held.set.find(kid, algorithm) {
            Some(key) => Ok(Lookup::Found { key, generation: held.generation }),
            None if held.attempt > arrived => Ok(Lookup::Unknown),
            None => Err(KeysError { retry_after: BACKOFF }),
        }
    }

    /// Whether the set at hand is of a fetch that began after this many.
    fn was_fetched_since(&self, attempts: u64) -> bool {
        self.current.load().as_ref().is_some_and(|held| held.attempt > attempts)
    }

    /// The set that counts now.
    async fn held(self: &Arc<Self>) -> Result<Arc<Held>, KeysError> {
        if let Some(held) = self.current.load_full() {
            let age = self.clock.monotonic().saturating_sub(held.asked_at);
            if age < held.refresh_after {
                return Ok(held);
            }
            // An issuer known to be down makes nobody wait for it again.
            if age < held.refresh_after * 2 || (age < MAX_STALE && self.status().last_failed) {
                let _ = self.begin(Cause::Due);
                return Ok(held);
            }
        }
        let _ = self.join(Cause::Due).await;
        self.current
            .load_full()
            .filter(|held| self.clock.monotonic().saturating_sub(held.asked_at) < MAX_STALE)
            .ok_or(KeysError { retry_after: BACKOFF })
    }

    /// Waits for the fetch in flight, or for a new one.
    async fn join(self: &Arc<Self>, cause: Cause) -> Result<(), KeysError> {
        let mut done = self.begin(cause)?;
        match tokio::time::timeout(PATIENCE, done.wait_for(|done| *done)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(KeysError { retry_after: BACKOFF }),
        }
    }

    /// Starts a fetch in a task of its own, so that a caller who leaves does not end it for the others.
    /// None begins inside the pause after a failure, nor, for an unknown key, inside the cool-down.
    fn begin(self: &Arc<Self>, cause: Cause) -> Result<watch::Receiver<bool>, KeysError> {
        let now = self.clock.monotonic();
        let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(in_flight) = &fetching.in_flight {
            return Ok(in_flight.clone());
        }
        let pauses = [
            (fetching.last_failed, fetching.last_began, BACKOFF),
            (cause == Cause::UnknownKey, fetching.last_for_unknown, COOL_DOWN),
        ];
        for (applies, last, pause) in pauses {
            let since = last.map(|last| now.saturating_sub(last));
            if let Some(since) = since.filter(|since| applies && *since < pause) {
                return Err(KeysError { retry_after: pause - since });
            }
        }
        let (tell, done) = watch::channel(false);
        fetching.in_flight = Some(done.clone());
        fetching.last_began = Some(now);
        if cause == Cause::UnknownKey {
            fetching.last_for_unknown = Some(now);
        }
        fetching.attempts += 1;
        let attempt = fetching.attempts;
        let source = self.clone();
        tokio::spawn(async move {
            let result = source.refresh(attempt, now).await;
            if let Err(error) = &result {
                tracing::warn!(target: "portcullis::keys", location = %source.location, %error, "the key set could not be refreshed");
            }
            let mut fetching = source.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            fetching.last_failed = result.is_err();
            fetching.in_flight = None;
            drop(fetching);
            let _ = tell.send(true);
        });
        Ok(done)
    }

    async fn refresh(&self, attempt: u64, asked_at: Duration) -> Result<(), RefreshError> {
        let fetched = match &self.location {
            KeyLocation::At(url) => self.fetch.get(url.clone(), Trust::Configured).await?,
            KeyLocation::Discover(issuer) => {
                let found = discover(&*self.fetch, issuer, "jwks_uri", |it| it.jwks_uri).await?;
                self.fetch.get(found.url, Trust::Learned { from: found.from }).await?
            }
        };
        let set = KeySet::parse(&fetched.body, &self.algorithms)?;
        let generation = match self.current.load().as_deref() {
            Some(held) if held.set.is_same_as(&set) => held.generation,
            Some(held) => held.generation + 1,
            None => 0,
        };
        let refresh_after = fetched.max_age.unwrap_or(REFRESH).clamp(REFRESH_AT_LEAST, REFRESH_AT_MOST);
        self.current.store(Some(Arc::new(Held { set, generation, attempt, asked_at, refresh_after })));
        Ok(())
    }
}

impl std::fmt::Display for KeyLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(url) => write!(f, "{}{}", url.origin().ascii_serialization(), url.path()),
            Self::Discover(issuer) => write!(f, "the metadata of {issuer}"),
        }
    }
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySource").field("location", &self.location).finish_non_exhaustive()
    }
}
