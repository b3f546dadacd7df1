//! What is revoked, in memory and, where a file is configured, beyond the end of the process.
//!
//! To add is to deny, so it is in effect before it is written; to remove is to let in, so it is written before it is in
//! effect. Either way, whatever fails errs on the side of a refusal.

use super::{
    entry::{Entry, Order},
    file::{RevocationsFile, RevocationsFileError, SaveError},
    index::Index,
    issuers::KnownIssuers,
};
use portcullis_oauth::{Clock, NumericDate};
use portcullis_resource_server::{AccessToken, MAX_LEEWAY, Revocations, Revoked, UntilRevoked};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Some tens of megabytes in memory, and as much in the file.
const MAX_ENTRIES: usize = 100_000;
/// A year, for somebody who is to stay out: longer is the issuer's affair.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(366 * 24 * 3600);

/// A list of what is revoked.
pub struct Denylist {
    index: RwLock<Index>,
    /// As many as the index has: where there is nothing, no lock is taken.
    count: AtomicUsize,
    /// Held while the list changes, so that what is written is what is in effect.
    changing: Mutex<Changing>,
    /// Told whenever something was added.
    added: watch::Sender<()>,
    issuers: KnownIssuers,
    lifetime: Duration,
    most: usize,
    clock: Arc<dyn Clock>,
}

struct Changing {
    file: Option<RevocationsFile>,
    next: u64,
    /// Whether something in effect is not in the file.
    is_behind: bool,
}

/// What was asked for is in effect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Added {
    pub(crate) entry: Entry,
    /// Whether it was not there before.
    pub(crate) is_new: bool,
}

/// It is not, or not for long.
#[derive(Debug)]
pub(crate) enum AddError {
    /// Nothing was changed.
    Full { most: usize },
    /// It is in effect until the process ends.
    NotSaved { entry: Entry, error: SaveError },
}

/// The entry is still in effect.
#[derive(Debug)]
pub(crate) enum RemoveError {
    Unknown,
    NotSaved(SaveError),
}

impl Denylist {
    /// What the file has, if one is configured. `lifetime` is how long tokens live at most.
    ///
    /// # Errors
    /// The file cannot be read to its end, or cannot be written.
    pub fn open(
        file: Option<&Path>,
        issuers: KnownIssuers,
        lifetime: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, RevocationsFileError> {
        let mut changing = Changing { file: None, next: 1, is_behind: false };
        let (mut index, now) = (Index::default(), clock.now());
        if let Some(path) = file {
            let (file, loaded) = RevocationsFile::open(path)?;
            changing.next = loaded.next;
            for entry in loaded.entries.into_iter().filter(|entry| now < entry.expires_at) {
                index.insert(entry, &issuers);
            }
            changing.file = Some(file);
        }
        Ok(Arc::new(Self {
            count: AtomicUsize::new(index.len()),
            index: RwLock::new(index),
            changing: Mutex::new(changing),
            added: watch::Sender::new(()),
            issuers,
            lifetime,
            most: MAX_ENTRIES,
            clock,
        }))
    }

    #[cfg(test)]
    pub(crate) fn of_at_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Where it is kept, if it outlives the process.
    pub fn file(&self) -> Option<PathBuf> {
        self.changing().file.as_ref().map(|file| file.path().to_owned())
    }

    /// How many revocations are in effect.
    pub fn active(&self) -> usize {
        let now = self.clock.now();
        self.read().entries().filter(|entry| now < entry.expires_at).count()
    }

    pub(crate) fn issuers(&self) -> &KnownIssuers {
        &self.issuers
    }

    pub(crate) fn now(&self) -> NumericDate {
        self.clock.now()
    }

    /// At most `limit` entries that come after `id`.
    pub(crate) fn list(&self, id: u64, limit: usize) -> Vec<Entry> {
        let now = self.clock.now();
        self.read().after(id).filter(|entry| now < entry.expires_at).take(limit).cloned().collect()
    }

    /// Revokes: with the next request, and for the streams that are open. Waits for the disk.
    pub(crate) fn add(&self, order: Order) -> Result<Added, AddError> {
        let mut changing = self.changing();
        let now = self.clock.now();
        let lifetime = order.expires_in.unwrap_or(self.lifetime.as_secs()).min(MAX_LIFETIME.as_secs());
        // A token is taken until its `exp` and the leeway.
        let expires_at = now.plus(lifetime).plus(MAX_LEEWAY);
        let (entry, is_new, is_changed) = {
            let mut index = self.write();
            index.sweep(now, &self.issuers);
            let known = index.same(&order).cloned();
            if known.is_none() && index.len() >= self.most {
                self.count.store(index.len(), SeqCst);
                return Err(AddError::Full { most: self.most });
            }
            let is_new = known.is_none();
            let is_changed = known.as_ref().is_none_or(|known| known.expires_at < expires_at);
            let mut entry = known.unwrap_or_else(|| {
                let id = changing.next;
                changing.next += 1;
                Entry {
                    id,
                    issuer: order.issuer,
                    what: order.what,
                    before: order.before,
                    created_at: now,
                    expires_at,
                }
            });
            if is_changed {
                entry.expires_at = expires_at;
                index.insert(entry.clone(), &self.issuers);
            }
            self.count.store(index.len(), SeqCst);
            (entry, is_new, is_changed)
        };
        self.added.send_replace(());
        if is_changed || changing.is_behind {
            let saved = self.save(&mut changing, |_| true);
            changing.is_behind = saved.is_err();
            saved.map_err(|error| AddError::NotSaved { entry: entry.clone(), error })?;
        }
        Ok(Added { entry, is_new })
    }

    /// Takes a revocation back. Waits for the disk.
    pub(crate) fn remove(&self, id: u64) -> Result<Entry, RemoveError> {
        let mut changing = self.changing();
        let now = self.clock.now();
        let is_there = self.read().get(id).is_some_and(|entry| now < entry.expires_at);
        if !is_there {
            return Err(RemoveError::Unknown);
        }
        self.save(&mut changing, |entry| entry.id != id).map_err(RemoveError::NotSaved)?;
        changing.is_behind = false;
        let mut index = self.write();
        let removed = index.remove(id, &self.issuers).ok_or(RemoveError::Unknown);
        self.count.store(index.len(), SeqCst);
        removed
    }

    fn save(&self, changing: &mut Changing, is_kept: impl Fn(&Entry) -> bool) -> Result<(), SaveError> {
        let now = self.clock.now();
        let next = changing.next;
        let Some(file) = &mut changing.file else { return Ok(()) };
        let index = self.read();
        file.save(next, index.entries().filter(|entry| now < entry.expires_at && is_kept(entry)))
    }

    // Nothing panics while it holds one of these.
    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Revocations for Denylist {
    fn revokes(&self, token: &AccessToken) -> Option<Revoked> {
        if self.count.load(SeqCst) == 0 {
            return None;
        }
        let met = self.read().meets(token, self.clock.now())?;
        Some(Revoked { entry: met.to_string() })
    }

    fn until_revoked(self: Arc<Self>, token: Arc<AccessToken>) -> UntilRevoked {
        let mut added = self.added.subscribe();
        Box::pin(async move {
            // The list outlives this wait, and with it whoever tells.
            while self.revokes(&token).is_none() && added.changed().await.is_ok() {}
        })
    }
}
