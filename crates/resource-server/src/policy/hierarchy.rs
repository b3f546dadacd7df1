//! Which scope stands for which others, as the operator declared it (CH-17).

use portcullis_oauth::{Scope, ScopeToken};
use std::collections::HashMap;

/// From each scope to all that imply it, through any number of steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Hierarchy {
    declared: Vec<(ScopeToken, Scope)>,
    broader: HashMap<ScopeToken, Scope>,
}

impl Hierarchy {
    pub(super) fn insert(&mut self, broader: &ScopeToken, narrower: &Scope) {
        self.declared.push((broader.clone(), narrower.clone()));
        self.broader.clear();
        for (broader, _) in &self.declared {
            for token in self.reached_from(broader).iter() {
                self.broader.entry(token.clone()).or_default().insert(broader.clone());
            }
        }
    }

    /// Everything `broader` stands for. Declarations may go in circles.
    fn reached_from(&self, broader: &ScopeToken) -> Scope {
        let (mut reached, mut open) = (Scope::default(), vec![broader]);
        while let Some(next) = open.pop() {
            for (_, narrower) in self.declared.iter().filter(|(from, _)| from == next) {
                for token in narrower.iter().filter(|token| !reached.contains(token)).collect::<Vec<_>>() {
                    open.push(token);
                }
                reached = reached.union(narrower);
            }
        }
        reached
    }

    /// Whether `granted` is all that is needed.
    pub(super) fn suffices(&self, granted: &Scope, needed: &Scope) -> bool {
        granted.is_superset_of(needed) || needed.iter().all(|token| self.has(granted, token))
    }

    /// What is needed and neither granted nor implied.
    pub(super) fn missing(&self, granted: &Scope, needed: &Scope) -> Scope {
        needed.iter().filter(|token| !self.has(granted, token)).cloned().collect()
    }

    fn has(&self, granted: &Scope, token: &ScopeToken) -> bool {
        granted.contains(token)
            || self.broader.get(token).is_some_and(|all| all.iter().any(|broader| granted.contains(broader)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CH-17
    #[test]
    fn a_broader_scope_stands_for_all_below_it_and_for_nothing_above() {
        let mut hierarchy = Hierarchy::default();
        for (broader, narrower) in
            [("admin", "write"), ("write", "read list"), ("a", "b"), ("b", "a"), ("other", "read")]
        {
            hierarchy.insert(&broader.parse().unwrap(), &Scope::parse(narrower).unwrap());
        }
        for (granted, needed, missing) in [
            ("admin", "read write list admin", ""),
            ("write", "read list", ""),
            ("write", "admin read", "admin"),
            ("other", "read list", "list"),
            ("a", "b", ""),
            ("b", "a", ""),
            ("read", "write", "write"),
            ("", "read", "read"),
            ("admin", "unheard", "unheard"),
        ] {
            let (granted, needed) = (Scope::parse(granted).unwrap(), Scope::parse(needed).unwrap());
            assert_eq!(hierarchy.missing(&granted, &needed).to_string(), missing, "{granted} → {needed}");
            assert_eq!(hierarchy.suffices(&granted, &needed), missing.is_empty());
        }
    }
}
