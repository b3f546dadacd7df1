//! The rules for things of one kind, found by name: the exact one, else the most specific patterns.

use super::{Rule, pattern::Pattern, uri};
use std::collections::{BTreeSet, HashMap};

/// Rules by exact name and by pattern.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    exact: HashMap<Box<str>, Rule>,
    /// By what stands before their first variable part, so that of a thousand only those are tried that could match.
    patterns: HashMap<Box<str>, Vec<(Pattern, Rule)>>,
    /// How long those are, in bytes: nothing else needs to be looked up.
    prefix_lengths: BTreeSet<usize>,
    are_uris: bool,
}

/// What the rules say of a name.
#[derive(Debug)]
pub(super) enum Found<'p> {
    /// No rule names it.
    Nothing,
    /// It is written so that another reader could take it for another name, and rules go by name.
    Ambiguous,
    /// These count, all of them.
    Rules(Vec<&'p Rule>),
}

impl Names {
    pub(super) fn insert(&mut self, pattern: &str, are_uris: bool, rule: Rule) {
        self.are_uris = are_uris;
        match Pattern::parse(pattern, are_uris) {
            None => {
                self.exact.insert(pattern.into(), rule);
            }
            Some(parsed) => {
                let prefix = parsed.prefix();
                self.prefix_lengths.insert(prefix.len());
                self.patterns.entry(prefix.into()).or_default().push((parsed, rule));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty()
    }

    /// All of them.
    pub(super) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.exact.values().chain(self.patterns.values().flatten().map(|(_, rule)| rule))
    }

    pub(super) fn find(&self, name: &str) -> Found<'_> {
        if let Some(rule) = self.exact.get(name) {
            return Found::Rules(vec![rule]);
        }
        if self.are_uris && !self.is_empty() && !uri::is_plain(name) {
            return Found::Ambiguous;
        }
        let prefixes = self.prefix_lengths.iter().filter_map(|length| name.get(..*length));
        let candidates = prefixes.filter_map(|prefix| self.patterns.get(prefix)).flatten();
        let matching: Vec<_> = candidates.filter(|(pattern, _)| pattern.matches(name)).collect();
        let Some(weight) = matching.iter().map(|(pattern, _)| pattern.weight()).max() else {
            return Found::Nothing;
        };
        let counts = matching.into_iter().filter(|(pattern, _)| pattern.weight() == weight);
        Found::Rules(counts.map(|(_, rule)| rule).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_oauth::Scope;

    fn names(patterns: &[&str], are_uris: bool) -> Names {
        patterns.iter().enumerate().fold(Names::default(), |mut names, (at, pattern)| {
            names.insert(pattern, are_uris, Scope::parse(&format!("s{at}")).unwrap().into());
            names
        })
    }

    fn found(names: &Names, name: &str) -> String {
        match names.find(name) {
            Found::Nothing => "nothing".into(),
            Found::Ambiguous => "ambiguous".into(),
            Found::Rules(rules) => {
                rules.iter().fold(Scope::default(), |all, rule| all.union(&rule.scope)).to_string()
            }
        }
    }

    /// A prefix that would end inside of a character is not the last one to look for.
    #[test]
    fn a_longer_prefix_is_found_though_a_shorter_one_ends_inside_of_a_character() {
        let names = names(&["ge*", "gét_*"], false);
        for (name, expected) in [("gét_x", "s1"), ("get", "s0"), ("gét", "nothing"), ("g", "nothing")] {
            assert_eq!(found(&names, name), expected, "{name}");
        }
    }

    /// The rule that names most of the tool counts, and all that name as much.
    #[test]
    fn the_most_specific_pattern_rules() {
        let names = names(&["*", "get_*", "get_*_x", "*_get_x", "gét*", "get_?*", "get_todo"], false);
        for (name, expected) in [
            ("", "s0"),
            ("other", "s0"),
            ("get_", "s1"),
            ("get_a", "s1"),
            ("get_a_x", "s2"),
            ("get_get_x", "s2 s3"),
            ("gétaway", "s4"),
            ("gé", "s0"),
            ("get_?", "s5"),
            ("get_todo", "s6"),
            ("get_todo2", "s1"),
        ] {
            assert_eq!(found(&names, name), expected, "{name}");
        }
    }

    #[test]
    fn a_variable_of_a_uri_is_one_segment() {
        let names =
            names(&["todo://lists/{id}", "todo://lists/{id}/items/{item}", "file:///{+path}", "x:*"], true);
        for (uri, expected) in [
            ("todo://lists/7", "s0"),
            ("todo://lists/{list_id}", "s0"),
            ("todo://lists/", "nothing"),
            ("todo://lists/7/items", "nothing"),
            ("todo://lists/7/items/8", "s1"),
            ("file:///a/b", "s2"),
            ("x:anything/at all?", "s3"),
            ("todo://other", "nothing"),
        ] {
            assert_eq!(found(&names, uri), expected, "{uri}");
        }
    }

    /// What an upstream would normalise must not come in under another name's rule.
    #[test]
    fn a_uri_that_could_be_read_as_another_is_found_under_its_exact_name_only() {
        let names = names(&["todo://public/*", "todo://odd/../name"], true);
        for uri in [
            "todo://public/../secret",
            "todo://public/%2e%2e/secret",
            "todo://public/a%2Fb",
            "todo://public/a\\b",
            "todo://public/%61",
            "TODO://public/a",
            "todo://public/./a",
        ] {
            assert_eq!(found(&names, uri), "ambiguous", "{uri}");
        }
        assert_eq!(found(&names, "todo://odd/../name"), "s1");
        assert_eq!(found(&names, "todo://public/a%20b"), "s0");
        assert_eq!(found(&names, "todo://public/a..b"), "s0");
    }
}
