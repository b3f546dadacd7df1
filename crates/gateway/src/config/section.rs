//! A table of the file, read key by key. What was never asked for is unknown, and is told with a suggestion.

use super::problem::Problems;
use std::{cell::RefCell, collections::BTreeSet};
use toml::{Table, Value};

/// A table and where it stands.
pub(super) struct Section<'t> {
    table: &'t Table,
    path: String,
    known: RefCell<BTreeSet<&'static str>>,
}

impl<'t> Section<'t> {
    pub(super) fn new(table: &'t Table, path: impl Into<String>) -> Self {
        Self { table, path: path.into(), known: RefCell::default() }
    }

    pub(super) fn place(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn get(&self, key: &'static str) -> Option<&'t Value> {
        self.known.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// A value of one type; another type is a problem.
    fn typed<T>(
        &self,
        key: &'static str,
        problems: &mut Problems,
        expected: &str,
        read: impl Fn(&'t Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(key)?;
        let found = read(value);
        if found.is_none() {
            problems.add(self.place(key), format!("is a {}, and must be {expected}", value.type_str()));
        }
        found
    }

    pub(super) fn text(&self, key: &'static str, problems: &mut Problems) -> Option<&'t str> {
        self.typed(key, problems, "a string", Value::as_str)
    }

    pub(super) fn flag(&self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        self.typed(key, problems, "true or false", Value::as_bool)
    }

    /// A whole number between bounds.
    pub(super) fn number(
        &self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<u64>,
        problems: &mut Problems,
    ) -> Option<u64> {
        let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        self.typed(key, problems, &expected, |value| {
            value
                .as_integer()
                .and_then(|number| u64::try_from(number).ok())
                .filter(|number| bounds.contains(number))
        })
    }

    pub(super) fn texts(&self, key: &'static str, problems: &mut Problems) -> Option<Vec<&'t str>> {
        self.typed(key, problems, "a list of strings", |value| {
            value.as_array()?.iter().map(Value::as_str).collect()
        })
    }

    pub(super) fn table(&self, key: &'static str, problems: &mut Problems) -> Option<Section<'t>> {
        let table = self.typed(key, problems, "a table", Value::as_table)?;
        Some(Section::new(table, self.place(key)))
    }

    pub(super) fn tables(&self, key: &'static str, problems: &mut Problems) -> Vec<Section<'t>> {
        let tables: Option<Vec<_>> = self.typed(key, problems, "one or more tables", |value| {
            value.as_array()?.iter().map(Value::as_table).collect()
        });
        let section = |(index, table)| Section::new(table, format!("{}[{index}]", self.place(key)));
        tables.unwrap_or_default().into_iter().enumerate().map(section).collect()
    }

    /// Every key, where keys are names of the operator's own.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'t String, &'t Value)> {
        self.table.iter()
    }

    /// What nobody asked for.
    pub(super) fn finish(self, problems: &mut Problems) {
        let known = self.known.borrow();
        for key in self.table.keys().filter(|key| !known.contains(key.as_str())) {
            let nearest = known
                .iter()
                .map(|known| (strsim::damerau_levenshtein(known, key), known))
                .filter(|(distance, _)| *distance <= 3)
                .min();
            let remedy = match nearest {
                Some((_, nearest)) => format!("did you mean `{nearest}`?"),
                None => format!("known here are {}", known.iter().copied().collect::<Vec<_>>().join(", ")),
            };
            problems.add(self.place(key), format!("is not a known key; {remedy}"));
        }
    }
}
