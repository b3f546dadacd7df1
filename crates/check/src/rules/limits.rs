//! How many requests are answered, and how large ones: as far as it is noticed.

use super::with_token::{accepted, with_token};
use crate::{Accepted, Authorized, Exchange, Level, Row, Rule, Verdict};
use Verdict::{Met, NotApplicable, Unmet};

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "TM-34",
            level: Level::Practice,
            source: "RFC 6585 §4; MCP, Tools, Security Considerations",
            asks: "A 429 says when to come again",
            why: "Clients try again at once, and are refused again.",
            change: "Add Retry-After to every 429.",
        },
        judge: |seen| with_token(seen, says_when_to_come_again),
    },
    Rule {
        row: Row {
            id: "PD-07",
            level: Level::Practice,
            source: "RFC 9110 §15.5.14",
            asks: "A very large body is answered or refused, and nothing fails",
            why: "Whoever has a token can make the server fail for everybody.",
            change: "Bound what is read of a body, and answer 413 beyond it.",
        },
        judge: |seen| {
            accepted(seen, |accepted| match &accepted.thorough {
                None => NotApplicable("it is tried only with --thorough"),
                Some(thorough) => does_not_fail(&thorough.large),
            })
        },
    },
];

fn says_when_to_come_again(authorized: &Authorized) -> Verdict<'_> {
    let accepted = authorized.accepted.iter().flat_map(Accepted::all);
    let mut limited = authorized.first().chain(accepted).filter(|exchange| exchange.is(429)).peekable();
    let Some(first) = limited.peek().copied() else {
        let is_thorough = authorized.accepted.as_ref().is_some_and(|accepted| accepted.thorough.is_some());
        return NotApplicable(match is_thorough {
            true => "a hundred requests in a row were answered, and no limit was met",
            false => "no limit was met",
        });
    };
    match limited.find(|exchange| exchange.header("retry-after").is_none()) {
        Some(silent) => Unmet("a 429 without Retry-After".to_owned(), Some(silent)),
        None => Met(first),
    }
}

fn does_not_fail(large: &Exchange) -> Verdict<'_> {
    match large.status() {
        None => {
            NotApplicable("the connection was closed while the body was sent, which is one way to refuse it")
        }
        Some(status) if status.is_server_error() => {
            Unmet(format!("a body of 6 MiB was answered with {}", status.as_u16()), Some(large))
        }
        Some(_) => Met(large),
    }
}
