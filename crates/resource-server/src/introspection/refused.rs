//! Tokens that were refused a moment ago: in a memory of its own, so that garbage cannot push good tokens out of theirs.

use crate::{cache::TokenHash, verify_error::TokenError};
use quick_cache::sync::Cache;
use std::time::Duration;

/// Long enough that a client which tries again and again asks nobody, short enough for a server whose own replicas learn of a
/// new token late.
const REMEMBERED: Duration = Duration::from_secs(5);
/// Half a megabyte at most, with the texts below.
const MAX_TOKENS: usize = 1024;
/// A reason that quotes more than this is not kept.
const MAX_REASON_BYTES: usize = 512;

pub(crate) struct RefusedTokens(Cache<TokenHash, (TokenError, Duration)>);

impl RefusedTokens {
    pub(crate) fn new() -> Self {
        Self(Cache::new(MAX_TOKENS))
    }

    /// Why it was refused, if that is not long ago.
    pub(crate) fn get(&self, token: &TokenHash, now: Duration) -> Option<TokenError> {
        let (error, at) = self.0.get(token)?;
        (now.saturating_sub(at) < REMEMBERED).then_some(error)
    }

    pub(crate) fn insert(&self, token: TokenHash, error: &TokenError, asked_at: Duration) {
        if error.to_string().len() <= MAX_REASON_BYTES {
            self.0.insert(token, (error.clone(), asked_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_remembered_shortly_and_within_bounds() {
        let refused = RefusedTokens::new();
        let at = Duration::from_secs(100);
        refused.insert([1; 32], &TokenError::Inactive, at);
        assert_eq!(refused.get(&[1; 32], at + REMEMBERED / 2), Some(TokenError::Inactive));
        assert_eq!(refused.get(&[1; 32], at + REMEMBERED), None);
        refused.insert([2; 32], &TokenError::Audience { found: vec!["x".repeat(600)] }, at);
        assert_eq!(refused.get(&[2; 32], at), None, "too long to keep");
        for number in 0..10_000_u32 {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            refused.insert(hash, &TokenError::Inactive, at);
        }
        assert!(refused.0.len() <= MAX_TOKENS, "{}", refused.0.len());
    }
}
