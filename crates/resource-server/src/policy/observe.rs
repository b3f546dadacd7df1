//! A policy that is tried out on real requests: what it would refuse goes on, and is recorded.

use super::Policy;
use crate::refusal::Reason;
use std::sync::Arc;

impl Policy {
    /// From now on refuses nothing: whatever the policy, or a check after it, would refuse is let through, and the audit
    /// says `observed` and why. Tokens are verified all the same. For the days in which rules are written, and no longer.
    #[must_use]
    pub fn dangerous_observe(mut self) -> Self {
        self.observes = true;
        self
    }

    /// Whether it refuses nothing.
    pub fn is_observing(&self) -> bool {
        self.observes
    }

    /// A no becomes a note where the policy only observes.
    pub(crate) fn enforce<T: Default, N: Into<Reason>>(
        &self,
        decision: Result<T, N>,
    ) -> Result<(T, Option<Arc<Reason>>), Reason> {
        match decision {
            Ok(yes) => Ok((yes, None)),
            Err(no) if self.observes => Ok((T::default(), Some(Arc::new(no.into())))),
            Err(no) => Err(no.into()),
        }
    }
}
