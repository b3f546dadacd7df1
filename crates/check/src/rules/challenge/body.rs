//! The bodies of refusals: MCP does not say what is in them, but what is not (G-06).

use crate::{Accepted, Authorized, Level, Row, Rule, Seen, Verdict};
use Verdict::{Met, NotApplicable, Unmet};
use std::ops::RangeInclusive;

/// The specification's own (MCP 2026-07-28, Error Codes).
const RESERVED: RangeInclusive<i64> = -32099..=-32020;
/// What SDKs used before.
const OLD: RangeInclusive<i64> = -32019..=-32000;

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "CH-18",
            level: Level::Must,
            source: "MCP 2026-07-28, Error Codes",
            asks: "A refusal's body has no JSON-RPC code that means something else (-32020 to -32099)",
            why: "A client takes -32020 for headers that disagree, and mends what is not broken.",
            change: "Answer 401 and 403 with `{\"error\": …}` as OAuth does, or without a body.",
        },
        judge: |seen| no_code(seen, RESERVED),
    },
    Rule {
        row: Row {
            id: "CH-18",
            level: Level::Should,
            source: "MCP 2026-07-28, Error Codes",
            asks: "A refusal's body has no JSON-RPC code of the older SDKs (-32000 to -32019)",
            why: "Such a code means something else in each SDK.",
            change: "Answer 401 and 403 with `{\"error\": …}` as OAuth does, or without a body.",
        },
        judge: |seen| no_code(seen, OLD),
    },
];

fn no_code(seen: &Seen, codes: RangeInclusive<i64>) -> Verdict<'_> {
    let accepted = seen.authorized.iter().flat_map(|authorized| &authorized.accepted).flat_map(Accepted::all);
    let asked =
        seen.anonymous.all().chain(seen.authorized.iter().flat_map(Authorized::first)).chain(accepted);
    let mut refused = asked.filter(|exchange| exchange.is(401) || exchange.is(403)).peekable();
    let Some(first) = refused.peek().copied() else { return NotApplicable("nothing was refused") };
    match refused.find_map(|exchange| Some((exchange, exchange.code().filter(|code| codes.contains(code))?)))
    {
        Some((exchange, code)) => Unmet(format!("the body has the code {code}"), Some(exchange)),
        None => Met(first),
    }
}
