//! The entries, and which of them a token meets: a look-up by issuer, then one by each of the token's names.

use super::{
    entry::{Entry, Order, What},
    issuers::KnownIssuers,
};
use portcullis_oauth::NumericDate;
use portcullis_resource_server::AccessToken;
use std::collections::{BTreeMap, HashMap};

/// What is revoked.
#[derive(Default)]
pub(crate) struct Index {
    entries: BTreeMap<u64, Entry>,
    /// By issuer, by kind, by value.
    marks: HashMap<String, [HashMap<String, Vec<Mark>>; What::KINDS.len()]>,
    /// No entry expires before.
    soonest: Option<NumericDate>,
}

/// What of an entry a token is compared with.
struct Mark {
    id: u64,
    before: Option<NumericDate>,
    expires_at: NumericDate,
}

impl Index {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Those that come after `id`.
    pub(crate) fn after(&self, id: u64) -> impl Iterator<Item = &Entry> {
        self.entries.range(id.saturating_add(1)..).map(|(_, entry)| entry)
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// The entry that means the very same tokens.
    pub(crate) fn same(&self, order: &Order) -> Option<&Entry> {
        let marks = self.marks.get(&order.issuer)?[order.what.kind()].get(order.what.value())?;
        let same = |mark: &&Mark| {
            mark.before == order.before
                && self.entries.get(&mark.id).is_some_and(|entry| entry.issuer == order.issuer)
        };
        marks.iter().find(same).and_then(|mark| self.entries.get(&mark.id))
    }

    /// The entry by which `token` is revoked.
    pub(crate) fn meets(&self, token: &AccessToken, now: NumericDate) -> Option<u64> {
        let of_issuer = self.marks.get(token.issuer().as_str())?;
        let names = [token.token_id(), Some(token.subject()), token.client_id(), token.grant_id()];
        let marks = of_issuer.iter().zip(names).filter_map(|(values, name)| values.get(name?));
        marks.flatten().find(|mark| mark.means(token, now)).map(|mark| mark.id)
    }

    /// Takes an entry, in place of the one of this id.
    pub(crate) fn insert(&mut self, entry: Entry, issuers: &KnownIssuers) {
        self.remove(entry.id, issuers);
        for issuer in issuers.same(&entry.issuer) {
            let values = &mut self.marks.entry(issuer.clone()).or_default()[entry.what.kind()];
            let mark = Mark { id: entry.id, before: entry.before, expires_at: entry.expires_at };
            values.entry(entry.what.value().to_owned()).or_default().push(mark);
        }
        self.soonest =
            self.soonest.map_or(Some(entry.expires_at), |soonest| Some(soonest.min(entry.expires_at)));
        self.entries.insert(entry.id, entry);
    }

    pub(crate) fn remove(&mut self, id: u64, issuers: &KnownIssuers) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        for issuer in issuers.same(&entry.issuer) {
            let Some(of_issuer) = self.marks.get_mut(issuer) else { continue };
            let values = &mut of_issuer[entry.what.kind()];
            if let Some(marks) = values.get_mut(entry.what.value()) {
                marks.retain(|mark| mark.id != id);
                if marks.is_empty() {
                    values.remove(entry.what.value());
                }
            }
        }
        Some(entry)
    }

    /// Forgets what has expired, if anything can have.
    pub(crate) fn sweep(&mut self, now: NumericDate, issuers: &KnownIssuers) {
        if self.soonest.is_none_or(|soonest| now < soonest) {
            return;
        }
        let expired = self.entries.values().filter(|entry| entry.expires_at <= now).map(|entry| entry.id);
        for id in expired.collect::<Vec<_>>() {
            self.remove(id, issuers);
        }
        self.soonest = self.entries.values().map(|entry| entry.expires_at).min();
    }
}

impl Mark {
    /// A token that does not say when it was issued may have been issued before.
    fn means(&self, token: &AccessToken, now: NumericDate) -> bool {
        let is_older = |before| token.issued_at().is_none_or(|issued_at| issued_at <= before);
        now < self.expires_at && self.before.is_none_or(is_older)
    }
}
