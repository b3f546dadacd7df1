//! `AccessToken` + `Operation` → allowed, or why not. Pure.
//!
//! Tools are ruled by exact name or by glob (`*`), the most specific rule first. What names nothing (`initialize`,
//! lists, notifications) is open to every caller with the scopes the resource requires (G-22).

use portcullis_mcp::{Kind, Operation, Standing, Target};
use portcullis_oauth::{Scope, ScopeToken};
use std::{collections::HashMap, str::FromStr as _};
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
    /// Most specific first.
    globs: Vec<(usize, WildMatch, Scope)>,
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
            let literal = pattern.chars().filter(|c| *c != '*').count();
            // `?` is a character of a name here, not a wildcard.
            let matcher = WildMatch::new(&pattern.replace('?', "\u{0}"));
            self.globs.push((literal, matcher, scope));
            self.globs.sort_by_key(|(literal, _, _)| std::cmp::Reverse(*literal));
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
        let rules = self.exact.values().chain(self.globs.iter().map(|(_, _, scope)| scope));
        let all = rules.fold(self.required.clone(), |all, scope| all.union(scope));
        match ScopeToken::from_str("offline_access") {
            Ok(offline) => all.iter().filter(|token| **token != offline).cloned().collect(),
            Err(_) => all,
        }
    }

    /// Judges everything a request asks for, all or nothing (G-17). What is missing is told at once for all of it
    /// (CH-15). A stream or the end of a session asks for nothing by name.
    ///
    /// # Errors
    /// [`PolicyError`], each of which has its own answer.
    pub fn authorize(&self, granted: &Scope, operations: &[Operation]) -> Result<(), PolicyError> {
        let mut needed = self.required.clone();
        for operation in operations {
            needed = needed.union(&self.needs(operation)?);
        }
        let missing = needed.missing_from(granted);
        if missing.is_empty() { Ok(()) } else { Err(PolicyError::InsufficientScope { needed, missing }) }
    }

    /// What one operation needs beside what every request needs.
    fn needs(&self, operation: &Operation) -> Result<Scope, PolicyError> {
        if operation.kind() == Kind::Response {
            return Ok(Scope::default()); // a legacy client's answer to the server: nothing is asked for
        }
        if operation.standing() == Standing::Unknown && self.default == DefaultRule::Refuse {
            return Err(PolicyError::UnknownMethod);
        }
        let mut needed = Scope::default();
        for target in operation.targets() {
            match (self.rule(target), self.default) {
                (Some(scope), _) => needed = needed.union(&scope),
                (None, DefaultRule::Authenticated) => {}
                (None, DefaultRule::Refuse) => return Err(PolicyError::Unlisted),
            }
        }
        Ok(needed)
    }

    /// What the rules ask for this target. Rules of equal weight all count.
    fn rule(&self, target: &Target) -> Option<Scope> {
        let Target::Tool(name) = target else { return None };
        if let Some(scope) = self.exact.get(name) {
            return Some(scope.clone());
        }
        let mut matching =
            self.globs.iter().filter(|(_, pattern, _)| pattern.matches(&name.replace('?', "\u{0}")));
        let (weight, _, first) = matching.next()?;
        Some(
            matching
                .take_while(|(other, _, _)| other == weight)
                .fold(first.clone(), |all, (_, _, scope)| all.union(scope)),
        )
    }
}
