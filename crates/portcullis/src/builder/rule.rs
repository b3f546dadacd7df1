//! Rules as they are written in code: `["todo:read"]`, a [`Scope`], or a whole [`Rule`].

use portcullis_oauth::{Scope, ScopeError};
use portcullis_resource_server::Rule;

/// What an operation needs, as people write it.
pub trait IntoRule {
    /// The rule.
    ///
    /// # Errors
    /// A text in it is no scope.
    fn into_rule(self) -> Result<Rule, ScopeError>;
}

impl IntoRule for Rule {
    fn into_rule(self) -> Result<Rule, ScopeError> {
        Ok(self)
    }
}

impl IntoRule for Scope {
    fn into_rule(self) -> Result<Rule, ScopeError> {
        Ok(self.into())
    }
}

impl<const N: usize> IntoRule for [&str; N] {
    fn into_rule(self) -> Result<Rule, ScopeError> {
        scope(&self).map(Rule::from)
    }
}

impl IntoRule for &[&str] {
    fn into_rule(self) -> Result<Rule, ScopeError> {
        scope(self).map(Rule::from)
    }
}

impl IntoRule for Vec<String> {
    fn into_rule(self) -> Result<Rule, ScopeError> {
        scope(&self).map(Rule::from)
    }
}

/// Each text is one scope; none of them is empty.
pub(super) fn scope<S: AsRef<str>>(texts: &[S]) -> Result<Scope, ScopeError> {
    texts.iter().map(|text| text.as_ref().parse()).collect()
}
