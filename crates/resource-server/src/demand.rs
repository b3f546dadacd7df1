//! A scope that turned out to be needed only while the request was handled: the same refusal, later.

use crate::{
    audit::AuditEvent, line::Line, permit::Permit, policy::PolicyError, refusal::Refusal, token::AccessToken,
};
use portcullis_oauth::Scope;

impl Line {
    /// What the caller of this permit lacks of `needed`; nothing, if it may go on.
    pub fn lacking(&self, token: &AccessToken, needed: &Scope) -> Scope {
        self.policy.lacking(token, needed)
    }

    /// Takes a permit back, because whoever handled the request found that it needs these scopes too: an event of its own
    /// in the audit, and the challenge with which the client steps up (CH-13..CH-16). It names what the rules need, too, so
    /// that a token for these scopes alone is not refused at the door.
    pub fn demand(&self, permit: &Permit, needed: &Scope) -> Refusal {
        let token = permit.token();
        let needed = self.policy.needed_by(permit.operations()).union(needed);
        let missing = self.policy.lacking(token, &needed);
        let error = PolicyError::InsufficientScope { needed, missing };
        let reason = self.step_up.refuse(token, error, self.clock.monotonic());
        let refusal = Refusal::from(reason).by(token).of(permit.asked());
        self.tell(refusal.decision());
        let issuers = self.verifier.issuers();
        self.audit.record(&AuditEvent::refused(self.resource.as_str(), self.clock.now(), &refusal, issuers));
        refusal
    }
}
