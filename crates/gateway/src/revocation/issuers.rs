//! Whose tokens can be revoked: the configured issuers. One that has two identifiers, while a provider migrates, is one.

use crate::ResourceSettings;
use portcullis_oauth::Issuer;
use std::{collections::BTreeMap, slice};

/// Each configured identifier, and all identifiers of the same issuer.
#[derive(Clone, Debug, Default)]
pub struct KnownIssuers(BTreeMap<String, Vec<String>>);

impl KnownIssuers {
    /// Of all these resources.
    pub fn of(resources: &[ResourceSettings]) -> Self {
        let mut known = BTreeMap::<String, Vec<String>>::new();
        for issuer in resources.iter().flat_map(|resource| &resource.issuers) {
            let all: Vec<String> = issuer.issuers.iter().map(Issuer::to_string).collect();
            for identifier in &all {
                let same = known.entry(identifier.clone()).or_default();
                same.extend(all.iter().cloned());
                same.sort_unstable();
                same.dedup();
            }
        }
        Self(known)
    }

    pub(crate) fn has(&self, identifier: &str) -> bool {
        self.0.contains_key(identifier)
    }

    /// Under which identifiers the tokens of this one come; itself, if it is not configured any more.
    pub(crate) fn same<'a>(&'a self, identifier: &'a String) -> &'a [String] {
        self.0.get(identifier).map_or(slice::from_ref(identifier), Vec::as_slice)
    }

    /// Every identifier.
    pub(crate) fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
