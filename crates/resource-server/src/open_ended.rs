//! How long an answer without an end may go on: as long as a request with the same token would be let in without asking anybody.

use crate::{line::Line, token::AccessToken};
use std::time::Duration;

impl Line {
    /// How long an open-ended answer under `token` may go on, but for its grace: until the token expires (G-07), and where its
    /// issuer was asked, for as long as the answer is believed (IN-05). Whoever opens it again is asked about again.
    pub fn time_left(&self, token: &AccessToken) -> Duration {
        let left = Duration::from_secs(token.expires_at().0.saturating_sub(self.clock.now().0));
        let believed = |until: Duration| until.saturating_sub(self.clock.monotonic());
        token.believed_until.map_or(left, |until| left.min(believed(until)))
    }
}
