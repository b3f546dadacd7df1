//! `AccessToken` + `Operation` → allowed, or why not. Pure.
//!
//! Every operation of every revision is decided by a rule that the operator wrote: tools, prompts, resources and tasks
//! by name, anything else by its method. A rule asks for scopes, may be for some callers only, and may have a condition
//! over claims, operation and arguments. What names nothing (`initialize`, lists, notifications) is open to every
//! caller with the scopes the resource requires, unless a rule names the method (G-22).

mod callers;
mod condition;
mod decision;
mod hierarchy;
mod names;
mod observe;
mod pattern;
mod trial;
mod uri;
mod view;

pub use callers::{CallerKind, Callers};
pub use condition::{Condition, ConditionError, ConditionFailure};
pub use decision::PolicyError;
pub use trial::{Trial, TrialError};
pub use view::View;

use crate::token::AccessToken;
use decision::Decision;
use hierarchy::Hierarchy;
use names::{Found, Names};
use portcullis_mcp::{Operation, Target};
use portcullis_oauth::{Scope, ScopeToken};
use std::str::FromStr as _;

/// What happens to an operation that no rule names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultRule {
    /// It is refused.
    #[default]
    Refuse,
    /// Any valid token with the required scopes may ask for it.
    Authenticated,
}

/// Whether lists show what lacks only a scope (G-21).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingScope {
    /// They do: nobody steps up for what they cannot see.
    #[default]
    List,
    /// They do not.
    Hide,
}

/// What one operation needs.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    scope: Scope,
    callers: Callers,
    condition: Option<Condition>,
}

impl Rule {
    /// A rule that asks for these scopes, all of them.
    pub fn new(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    /// For these callers only.
    #[must_use]
    pub fn only(mut self, callers: Callers) -> Self {
        self.callers = callers;
        self
    }

    /// Where this holds only.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }
}

impl From<Scope> for Rule {
    fn from(scope: Scope) -> Self {
        Self::new(scope)
    }
}

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruled {
    /// Tools, by name.
    Tools,
    /// Prompts, by name.
    Prompts,
    /// Resources, by URI or URI template.
    Resources,
    /// Tasks, by id.
    Tasks,
    /// Anything, by its method, beside what the method names.
    Methods,
}

/// Who may do what at one resource.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    required: Scope,
    callers: Callers,
    tools: Names,
    prompts: Names,
    resources: Names,
    tasks: Names,
    methods: Names,
    default: DefaultRule,
    hierarchy: Hierarchy,
    missing_scope: MissingScope,
    observes: bool,
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

    /// Only these callers may ask for anything at all.
    #[must_use]
    pub fn only(mut self, callers: Callers) -> Self {
        self.callers = callers;
        self
    }

    /// A rule for the tools whose name is, or matches, `pattern`; `*` stands for any characters.
    #[must_use]
    pub fn tool(self, pattern: &str, rule: impl Into<Rule>) -> Self {
        self.rule(Ruled::Tools, pattern, rule)
    }

    /// A rule for what is, or matches, `pattern`. `*` stands for any characters; in the URI of a resource `{name}` stands
    /// for those of one path segment. The most specific rule counts: the exact name, else the pattern that names most
    /// characters; patterns that name as many all count.
    #[must_use]
    pub fn rule(mut self, ruled: Ruled, pattern: &str, rule: impl Into<Rule>) -> Self {
        let names = match ruled {
            Ruled::Tools => &mut self.tools,
            Ruled::Prompts => &mut self.prompts,
            Ruled::Resources => &mut self.resources,
            Ruled::Tasks => &mut self.tasks,
            Ruled::Methods => &mut self.methods,
        };
        names.insert(pattern, ruled == Ruled::Resources, rule.into());
        self
    }

    /// Whoever has `broader` has `narrower` too, and what that implies (CH-17).
    #[must_use]
    pub fn implies(mut self, broader: &ScopeToken, narrower: &Scope) -> Self {
        self.hierarchy.insert(broader, narrower);
        self
    }

    /// What lists show.
    #[must_use]
    pub fn missing_scope(mut self, missing_scope: MissingScope) -> Self {
        self.missing_scope = missing_scope;
        self
    }

    /// What happens to what no rule names.
    #[must_use]
    pub fn otherwise(mut self, default: DefaultRule) -> Self {
        self.default = default;
        self
    }

    /// What happens to what no rule names.
    pub fn default_rule(&self) -> DefaultRule {
        self.default
    }

    /// Whether anything is named by a rule.
    pub fn has_rules(&self) -> bool {
        self.all_names().into_iter().any(|names| !names.is_empty())
    }

    /// Every scope that these operations need by their rules, whoever asks.
    pub fn needed_by(&self, operations: &[Operation]) -> Scope {
        let of = |names: &Names, name: &str, all: Scope| match names.find(name) {
            Found::Rules(rules) => rules.into_iter().fold(all, |all, rule| all.union(&rule.scope)),
            Found::Nothing | Found::Ambiguous => all,
        };
        operations.iter().fold(self.required.clone(), |all, operation| {
            let all = of(&self.methods, operation.method(), all);
            operation.targets().fold(all, |all, target| of(self.names(target), target.as_str(), all))
        })
    }

    /// What this caller lacks of `needed`, with all that its scopes imply (CH-17).
    pub fn lacking(&self, token: &AccessToken, needed: &Scope) -> Scope {
        self.hierarchy.missing(token.scope(), needed)
    }

    /// Scopes that every request needs (CH-11).
    pub fn required(&self) -> &Scope {
        &self.required
    }

    /// Every scope that a rule names, for `scopes_supported`; never `offline_access` (G-20, CH-12).
    pub fn every_scope(&self) -> Scope {
        let all = self.all_names().into_iter().flat_map(Names::rules);
        let all = all.fold(self.required.clone(), |all, rule| all.union(&rule.scope));
        match ScopeToken::from_str("offline_access") {
            Ok(offline) => all.iter().filter(|token| **token != offline).cloned().collect(),
            Err(_) => all,
        }
    }

    /// Judges everything a request asks for, all or nothing (G-17). What is missing is told at once for all of it
    /// (CH-15). A stream or the end of a session asks for nothing by name. `body` is what the operations were read from:
    /// conditions may look at their arguments.
    ///
    /// # Errors
    /// [`PolicyError`], each of which has its own answer. What no scope would change is told before missing scopes, so that
    /// nobody steps up in vain (CL-07).
    pub fn authorize(
        &self,
        token: &AccessToken,
        operations: &[Operation],
        body: &[u8],
    ) -> Result<(), PolicyError> {
        let mut decision = Decision::new(self, token, body)?;
        for (index, operation) in operations.iter().enumerate() {
            decision.judge(index, operation)?;
        }
        decision.conclude()
    }

    /// What lists show to this caller (G-21).
    pub fn view<'a>(&'a self, token: &'a AccessToken) -> View<'a> {
        View::new(self, token)
    }

    /// Whether any list can lose anything.
    pub fn can_hide(&self) -> bool {
        !self.observes
            && (self.default == DefaultRule::Refuse || self.hides_by_caller() || !self.resources.is_empty())
    }

    /// Whether what a list shows can differ by caller (G-09).
    pub fn hides_by_caller(&self) -> bool {
        let differs = |rule: &Rule| {
            !rule.callers.is_everybody()
                || rule.condition.as_ref().is_some_and(|it| !it.reads_arguments())
                || (self.missing_scope == MissingScope::Hide && !rule.scope.is_empty())
        };
        !self.observes && self.all_names().into_iter().flat_map(Names::rules).any(differs)
    }

    fn all_names(&self) -> [&Names; 5] {
        [&self.tools, &self.prompts, &self.resources, &self.tasks, &self.methods]
    }

    fn names(&self, target: &Target) -> &Names {
        match target {
            Target::Tool(_) => &self.tools,
            Target::Prompt(_) => &self.prompts,
            Target::Resource(_) => &self.resources,
            Target::Task(_) => &self.tasks,
        }
    }
}
