//! What a server says to whoever has no token, or none that is good: the first thing every client reads.

mod answers;
mod body;
mod content;
mod form;

use crate::{Exchange, Rule, Seen, authenticate::Written};

/// In the order of what is read first.
pub(super) const RULES: &[&[Rule]] = &[answers::RULES, form::RULES, content::RULES, body::RULES];

/// What was refused for having no credentials that the server knows: none, or another scheme's.
fn without_credentials(seen: &Seen) -> impl Iterator<Item = &Exchange> {
    let requests = seen.anonymous.without_credentials().into_iter().chain([&seen.anonymous.basic]);
    requests.filter(|exchange| exchange.is(401))
}

/// Everything that was refused, with its challenges as they are written.
fn challenges(seen: &Seen) -> Vec<(&Exchange, Vec<Written>)> {
    let refused =
        seen.anonymous.all().filter(|exchange| exchange.status().is_some_and(|it| it.is_client_error()));
    let written = refused.map(|exchange| (exchange, Written::all(exchange)));
    written.filter(|(_, challenges)| !challenges.is_empty()).collect()
}

/// Whether nobody needs a token: then there is nothing to say about refusals.
fn is_open(seen: &Seen) -> bool {
    seen.anonymous.initialize.status().is_some_and(|status| status.is_success())
}

const OPEN: &str = "the server answers without a token";
