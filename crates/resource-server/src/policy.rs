//! `AccessToken` + `Operation` → allowed, or why not. Pure.
//!
//! Tools are ruled by exact name or by glob (`*`), the most specific rule first. What names nothing (`initialize`,
//! lists, notifications) is open to every caller with the scopes the resource requires (G-22).

use crate::token::AccessToken;
use portcullis_mcp::{Kind, Operation, Standing, Target};
use portcullis_oauth::{Scope, ScopeToken};
use std::{borrow::Cow, collections::HashMap, str::FromStr as _};
use wildmatch::WildMatch;

/// What happens to an operation that no rule names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultRule {
    /// It is refused.
    #[default]
    Refuse,
    /// Any valid token with the required scopes may ask for it.
    Authenticated,
}

/// Who may do what at one resource.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    required: Scope,
    exact: HashMap<Box<str>, Scope>,
    /// By what stands before their first `*`, so that of a thousand only those are tried that could match.
    globs: HashMap<Box<str>, Vec<Glob>>,
    /// In bytes.
    longest_prefix: usize,
    default: DefaultRule,
}

/// The operation is not allowed to this caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// More scopes would do: all that the operation needs, at once (CH-14, CH-15).
    InsufficientScope {
        /// What the operation needs.
        needed: Scope,
        /// What the token lacks of it, for the operator.
        missing: Scope,
    },
    /// No scope would do: nothing lists this tool, prompt or resource (G-22).
    Unlisted,
    /// The method is not MCP's, and no rule names it (TM-15).
    UnknownMethod,
}

impl Policy {
    /// Nothing required, nothing listed, the rest by `default`.
    pub fn new(default: DefaultRule) -> Self {
        Self { default, ..Self::default() }
    }

    /// Scopes that every request needs.
    #[must_use]
    pub fn require(mut self, scope: Scope) -> Self {
        self.required = self.required.union(&scope);
        self
    }

    /// A rule for the tools whose name is, or matches, `pattern`; `*` stands for any characters.
    #[must_use]
    pub fn tool(mut self, pattern: &str, scope: Scope) -> Self {
        if pattern.contains('*') {
            let prefix = pattern.split('*').next().unwrap_or_default();
            self.longest_prefix = self.longest_prefix.max(prefix.len());
            self.globs.entry(prefix.into()).or_default().push(Glob::new(pattern, scope));
        } else {
            self.exact.insert(pattern.into(), scope);
        }
        self
    }

    /// Scopes that every request needs (CH-11).
    pub fn required(&self) -> &Scope {
        &self.required
    }

    /// Every scope that a rule names, for `scopes_supported`; never `offline_access` (G-20, CH-12).
    pub fn every_scope(&self) -> Scope {
        let rules = self.exact.values().chain(self.globs.values().flatten().map(|glob| &glob.scope));
        let all = rules.fold(self.required.clone(), |all, scope| all.union(scope));
        match ScopeToken::from_str("offline_access") {
            Ok(offline) => all.iter().filter(|token| **token != offline).cloned().collect(),
            Err(_) => all,
        }
    }

    /// Whether a caller with this token may be told of `target`: some scope, if not the granted one, would let it in
    /// (G-21).
    pub fn shows(&self, _token: &AccessToken, target: &Target) -> bool {
        self.default == DefaultRule::Authenticated || self.rule(target, &mut Vec::new())
    }

    /// Whether anything is ever hidden from anybody. If not, answers pass unread.
    pub fn can_hide(&self) -> bool {
        self.default == DefaultRule::Refuse
    }

    /// Judges everything a request asks for, all or nothing (G-17). What is missing is told at once for all of it
    /// (CH-15). A stream or the end of a session asks for nothing by name.
    ///
    /// # Errors
    /// [`PolicyError`], each of which has its own answer.
    pub fn authorize(&self, granted: &Scope, operations: &[Operation]) -> Result<(), PolicyError> {
        let mut needed = vec![&self.required];
        for operation in operations {
            self.needs(operation, &mut needed)?;
        }
        if needed.iter().all(|scope| granted.is_superset_of(scope)) {
            return Ok(());
        }
        let needed = needed.into_iter().fold(Scope::default(), |all, scope| all.union(scope));
        let missing = needed.missing_from(granted);
        Err(PolicyError::InsufficientScope { needed, missing })
    }

    /// What one operation needs beside what every request needs.
    fn needs<'p>(&'p self, operation: &Operation, needed: &mut Vec<&'p Scope>) -> Result<(), PolicyError> {
        if operation.kind() == Kind::Response {
            return Ok(()); // a legacy client's answer to the server: nothing is asked for
        }
        if operation.standing() == Standing::Unknown && self.default == DefaultRule::Refuse {
            return Err(PolicyError::UnknownMethod);
        }
        for target in operation.targets() {
            let is_ruled = self.rule(target, needed);
            if !is_ruled && self.default == DefaultRule::Refuse {
                return Err(PolicyError::Unlisted);
            }
        }
        Ok(())
    }

    /// Adds what the rules ask for this target, and says whether there is one. Rules of equal weight all count.
    fn rule<'p>(&'p self, target: &Target, needed: &mut Vec<&'p Scope>) -> bool {
        let Target::Tool(name) = target else { return false };
        if let Some(scope) = self.exact.get(name) {
            needed.push(scope);
            return true;
        }
        let escaped = Glob::escape(name);
        let prefixes = (0..=name.len().min(self.longest_prefix)).filter_map(|end| name.get(..end));
        let candidates = prefixes.filter_map(|prefix| self.globs.get(prefix)).flatten();
        let matching: Vec<&Glob> = candidates.filter(|glob| glob.pattern.matches(&escaped)).collect();
        let Some(weight) = matching.iter().map(|glob| glob.weight).max() else { return false };
        needed.extend(matching.into_iter().filter(|glob| glob.weight == weight).map(|glob| &glob.scope));
        true
    }
}

/// A rule for every tool whose name matches.
#[derive(Clone, Debug)]
struct Glob {
    /// How many characters it names.
    weight: usize,
    pattern: WildMatch,
    scope: Scope,
}

impl Glob {
    fn new(pattern: &str, scope: Scope) -> Self {
        Self {
            weight: pattern.chars().filter(|c| *c != '*').count(),
            pattern: WildMatch::new(&Self::escape(pattern)),
            scope,
        }
    }

    /// `?` is a character of a name here, not a wildcard.
    fn escape(text: &str) -> Cow<'_, str> {
        if text.contains('?') { Cow::Owned(text.replace('?', "\u{0}")) } else { Cow::Borrowed(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule that names most of the tool counts, and all that name as much.
    #[test]
    fn the_most_specific_glob_rules() {
        let rules = ["*", "get_*", "get_*_x", "*_get_x", "gét*", "get_?*", "get_todo"];
        let policy =
            rules.into_iter().enumerate().fold(Policy::new(DefaultRule::Refuse), |policy, (at, rule)| {
                policy.tool(rule, Scope::parse(&format!("s{at}")).unwrap())
            });
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
            let mut needed = Vec::new();
            assert!(policy.rule(&Target::Tool(name.into()), &mut needed), "{name}");
            let needed = needed.into_iter().fold(Scope::default(), |all, scope| all.union(scope));
            assert_eq!(needed.to_string(), expected, "{name}");
        }
    }
}
