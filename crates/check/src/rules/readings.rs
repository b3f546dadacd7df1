//! Bodies that two parsers may read differently. No text of MCP asks for most of this; a proxy, a policy or a log in front of the
//! server is what it is for.

use super::with_token::{came, good, has_no_result, refuses};
use crate::{Exchange, Level, Row, Rule, Verdict};
use Verdict::{Met, Unmet};

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "PD-01",
            level: Level::Should,
            source: "JSON-RPC 2.0 §5.1",
            asks: "A body that is no JSON is answered with the code -32700",
            why: "Clients take another answer for a failure of the server, and try again.",
            change: "Answer 400 with a JSON-RPC error of the code -32700.",
        },
        judge: |seen| good(seen, |accepted| is_a_parse_error(&accepted.readings.broken)),
    },
    Rule {
        row: Row {
            id: "TM-05",
            level: Level::Should,
            source: "MCP, Streamable HTTP, Sending Messages; RFC 8259 §2",
            asks: "What follows the message in a body is not dropped",
            why: "What is in front reads two messages and the server one, or the other way round.",
            change: "Read the body to its end, and refuse what has more than one value.",
        },
        judge: |seen| {
            good(seen, |accepted| {
                has_no_result(&accepted.readings.trailing, "a message with another after it")
            })
        },
    },
    Rule {
        row: Row {
            id: "PD-02",
            level: Level::Should,
            source: "JSON-RPC 2.0 §2: member names are case-sensitive",
            asks: "`METHOD` is not `method`",
            why: "What is in front knows the members by their names, and this server by others too.",
            change: "Compare the names of members byte for byte.",
        },
        judge: |seen| {
            good(seen, |accepted| {
                has_no_result(&accepted.readings.other_case, "`METHOD` in place of `method`")
            })
        },
    },
    Rule {
        row: Row {
            id: "PD-03",
            level: Level::Practice,
            source: "RFC 8259 §4; RFC 7493 §2.3",
            asks: "A message that has a member twice is refused",
            why: "Some parsers take the first and some the last: what is in front allows one tool, and the server calls another.",
            change: "Refuse a message in which a member is there twice.",
        },
        judge: |seen| {
            good(seen, |accepted| {
                has_no_result(&accepted.readings.duplicate, "a message that has `method` twice")
            })
        },
    },
    Rule {
        row: Row {
            id: "PD-04",
            level: Level::Should,
            source: "RFC 8259 §8.1, §11",
            asks: "JSON is UTF-8, whatever its media type says",
            why: "What is in front reads harmless UTF-8, and the server another message in UTF-7.",
            change: "Ignore the charset of application/json, or refuse any but UTF-8 with 415.",
        },
        judge: |seen| good(seen, |accepted| has_no_result(&accepted.readings.utf7, "a message in UTF-7")),
    },
    Rule {
        row: Row {
            id: "PD-05",
            level: Level::Should,
            source: "RFC 9110 §8.4, §15.5.16",
            asks: "A body that is not compressed as its header says is refused",
            why: "What is in front cannot read the body and lets it pass, and the server reads it.",
            change: "Decode what Content-Encoding says, or answer 415.",
        },
        judge: |seen| {
            good(seen, |accepted| {
                refuses(&accepted.readings.encoded, "a body that says gzip and is not compressed")
            })
        },
    },
    Rule {
        row: Row {
            id: "PD-06",
            level: Level::Practice,
            source: "MCP, Streamable HTTP, Sending Messages; Fetch §2.2.2",
            asks: "A body that says it is plain text is refused",
            why: "Any page may send text/plain without asking first; application/json it may not.",
            change: "Answer 415 to any media type but application/json.",
        },
        judge: |seen| good(seen, |accepted| has_no_result(&accepted.readings.text, "a body of text/plain")),
    },
];

/// The status is for another rule; JSON-RPC has the code.
fn is_a_parse_error(exchange: &Exchange) -> Verdict<'_> {
    match (came(exchange), exchange.code()) {
        (Err(verdict), _) => verdict,
        (Ok(_), Some(-32700)) => Met(exchange),
        (Ok(status), Some(code)) => {
            Unmet(format!("half a message was answered with {} and {code}", status.as_u16()), Some(exchange))
        }
        (Ok(status), None) => {
            let status = status.as_u16();
            Unmet(format!("half a message was answered with {status} and no JSON-RPC error"), Some(exchange))
        }
    }
}
