//! What one caller sees in lists: everything that some further scope would unlock, and what arguments decide about (G-21).

use super::{DefaultRule, MissingScope, Policy, Rule, condition::Facts, names::Found};
use crate::token::AccessToken;
use portcullis_mcp::Target;

/// One caller's view of one list: what its conditions look at is made once for all elements.
pub struct View<'a> {
    policy: &'a Policy,
    facts: Facts<'a>,
    /// Decided for all elements, whatever they are.
    decided: Option<bool>,
}

impl<'a> View<'a> {
    pub(super) fn new(policy: &'a Policy, token: &'a AccessToken) -> Self {
        let decided = if policy.observes {
            Some(true)
        } else if policy.callers.include(token) {
            None
        } else {
            Some(false)
        };
        Self { policy, facts: Facts::new(token, b""), decided }
    }

    /// Whether what would be asked for by `target` is denied by nothing but a scope or an argument.
    pub fn shows(&mut self, target: &Target) -> bool {
        self.decided.unwrap_or_else(|| self.judges(target))
    }

    fn judges(&mut self, target: &Target) -> bool {
        let policy = self.policy;
        let rules = match policy.names(target).find(target.as_str()) {
            Found::Rules(rules) => rules,
            Found::Nothing => return policy.default == DefaultRule::Authenticated,
            Found::Ambiguous => return false,
        };
        let method = match target {
            Target::Tool(_) => "tools/call",
            Target::Prompt(_) => "prompts/get",
            Target::Resource(_) => "resources/read",
            Target::Task(_) => "tasks/get",
        };
        let of_method = match policy.methods.find(method) {
            Found::Rules(rules) => rules,
            Found::Nothing | Found::Ambiguous => Vec::new(),
        };
        rules.into_iter().chain(of_method).all(|rule| self.passes(rule, method, target))
    }

    fn passes(&mut self, rule: &Rule, method: &str, target: &Target) -> bool {
        let (policy, token) = (self.policy, self.facts.token());
        let condition = rule.condition.as_ref().filter(|condition| !condition.reads_arguments());
        rule.callers.include(token)
            && condition.is_none_or(|condition| {
                condition.holds(&mut self.facts.of(0, method, Some(target.as_str()))) == Ok(true)
            })
            && (policy.missing_scope == MissingScope::List
                || policy.hierarchy.suffices(token.scope(), &rule.scope))
    }
}
