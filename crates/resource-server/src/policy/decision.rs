//! One request judged by a policy: operation after operation, and what they need together.

use super::{ConditionFailure, DefaultRule, Policy, Rule, condition::Facts, names::Found};
use crate::token::AccessToken;
use portcullis_mcp::{Kind, Operation, Standing, Target};
use portcullis_oauth::Scope;

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
    /// The rule is for other callers.
    Caller,
    /// The rule's condition does not hold.
    Condition,
    /// The rule's condition could not be judged, which is a no.
    ConditionFailed(ConditionFailure),
}

/// What is being judged, and what was found to be needed so far.
pub(super) struct Decision<'a> {
    policy: &'a Policy,
    facts: Facts<'a>,
    needed: Vec<&'a Scope>,
}

impl<'a> Decision<'a> {
    pub(super) fn new(
        policy: &'a Policy,
        token: &'a AccessToken,
        body: &'a [u8],
    ) -> Result<Self, PolicyError> {
        if !policy.callers.include(token) {
            return Err(PolicyError::Caller);
        }
        Ok(Self { policy, facts: Facts::new(token, body), needed: vec![&policy.required] })
    }

    /// One operation, the `index`th of its request.
    pub(super) fn judge(&mut self, index: usize, operation: &Operation) -> Result<(), PolicyError> {
        if operation.kind() == Kind::Response {
            return Ok(()); // a legacy client's answer to the server: nothing is asked for
        }
        let policy = self.policy;
        let listed = match policy.methods.find(operation.method()) {
            Found::Nothing | Found::Ambiguous => false,
            Found::Rules(rules) => {
                self.all(index, operation, None, rules)?;
                true
            }
        };
        if operation.standing() == Standing::Unknown && !listed && policy.default == DefaultRule::Refuse {
            return Err(PolicyError::UnknownMethod);
        }
        for target in operation.targets() {
            match policy.names(target).find(target.as_str()) {
                Found::Rules(rules) => self.all(index, operation, Some(target), rules)?,
                Found::Nothing if policy.default == DefaultRule::Authenticated => {}
                Found::Nothing | Found::Ambiguous => return Err(PolicyError::Unlisted),
            }
        }
        Ok(())
    }

    fn all(
        &mut self,
        index: usize,
        operation: &Operation,
        target: Option<&Target>,
        rules: Vec<&'a Rule>,
    ) -> Result<(), PolicyError> {
        for rule in rules {
            if !rule.callers.include(self.facts.token()) {
                return Err(PolicyError::Caller);
            }
            if let Some(condition) = &rule.condition {
                let name = target.map(Target::as_str);
                match condition.holds(&mut self.facts.of(index, operation.method(), name)) {
                    Ok(true) => {}
                    Ok(false) => return Err(PolicyError::Condition),
                    Err(failure) => return Err(PolicyError::ConditionFailed(failure)),
                }
            }
            self.needed.push(&rule.scope);
        }
        Ok(())
    }

    /// Nothing was denied: are the scopes there?
    pub(super) fn conclude(self) -> Result<(), PolicyError> {
        let (granted, hierarchy) = (self.facts.token().scope(), &self.policy.hierarchy);
        if self.needed.iter().all(|scope| hierarchy.suffices(granted, scope)) {
            return Ok(());
        }
        let needed = self.needed.into_iter().fold(Scope::default(), |all, scope| all.union(scope));
        let missing = hierarchy.missing(granted, &needed);
        Err(PolicyError::InsufficientScope { needed, missing })
    }
}
