//! Whether there is anything to judge: where no MCP is spoken, only that is told.

use crate::{Exchange, Seen};

pub(super) const NO_ENDPOINT: &str = "no MCP is spoken at this URL";

/// Whether MCP is spoken at the URL, as far as can be seen without a token.
pub(super) fn is_endpoint(seen: &Seen) -> bool {
    let initialize = &seen.anonymous.initialize;
    match initialize.status().map(|status| status.as_u16()) {
        None | Some(300..=399 | 404 | 405 | 500..) => false,
        Some(200..=299) => is_answer(initialize),
        Some(_) => true,
    }
}

/// Whether what is at the URL is for people: whatever is sent there is answered, with a token and without.
pub(super) fn is_website(seen: &Seen) -> bool {
    let initialize = &seen.anonymous.initialize;
    initialize.is_success() && !is_answer(initialize)
}

/// Whether it may be a server of MCP that answered; a page for people is none.
pub(super) fn is_answer(exchange: &Exchange) -> bool {
    matches!(exchange.media_type().as_deref(), None | Some("application/json" | "text/event-stream"))
}
