//! Tokens that are called back before they expire: asked on every request, for remembered tokens too, and never
//! remembered itself. RFC 6750 §3.1 counts a revoked token as `invalid_token`.
//!
//! Who knows what is revoked is not said here. The gateway keeps a list; a feed that replicas share is another
//! implementation of the same trait.

use crate::{
    line::Line,
    refusal::{Reason, Refusal},
    token::AccessToken,
    verify_error::{TokenError, VerifyError},
};
use std::{
    future::{Future, pending},
    pin::Pin,
    sync::Arc,
};

/// What is revoked, now.
pub trait Revocations: Send + Sync + 'static {
    /// Whether `token` is revoked. Every request waits for the answer: it comes from memory, and waits for no I/O.
    fn revokes(&self, token: &AccessToken) -> Option<Revoked>;

    /// Ends once `token` is revoked, which may be at once. An open-ended stream ends with it; where nobody would tell,
    /// as by default, the stream lives as long as its token.
    fn until_revoked(self: Arc<Self>, token: Arc<AccessToken>) -> UntilRevoked {
        drop(token);
        Box::pin(pending())
    }
}

/// See [`Revocations::until_revoked`].
pub type UntilRevoked = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The token is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// By which entry, for the operator.
    pub entry: String,
}

impl Line {
    /// Refuses a token that is good in itself and was revoked.
    pub(crate) fn refuse_revoked(&self, token: &Arc<AccessToken>) -> Result<(), Refusal> {
        let Some(revoked) = self.revocations.as_ref().and_then(|all| all.revokes(token)) else {
            return Ok(());
        };
        let error = TokenError::Revoked { entry: revoked.entry };
        Err(Refusal::from(Reason::Verify(VerifyError::Token(error))).by(token))
    }

    /// What an open-ended answer under `token` must not outlive, if anything is ever revoked here.
    pub fn until_revoked(&self, token: &Arc<AccessToken>) -> Option<UntilRevoked> {
        self.revocations.clone().map(|all| all.until_revoked(token.clone()))
    }
}
