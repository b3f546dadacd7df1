//! 2026-07-28: the headers that repeat what the body says. What routes by them and what reads the body must do the same.

use super::with_token::{all, answers, came, modern};
use crate::{Level, Routing, Row, Rule, Verdict};
use Verdict::{Met, NotApplicable, Unmet};

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "TM-17",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP, Standard Headers",
            asks: "Without Mcp-Method, or without Mcp-Name where a tool is called, the answer is 400 with -32020",
            why: "What limits or allows by the header lets pass what has none.",
            change: "Refuse requests that lack these headers.",
        },
        judge: |seen| {
            modern(seen, |modern| {
                let routing = &modern.routing;
                let method = answers(&routing.method_missing, "a request without Mcp-Method", 400, -32020);
                let name = || answers(&routing.name_missing, "a tool's call without Mcp-Name", 400, -32020);
                all([method, if has_tools(routing) { name() } else { NO_TOOLS }])
            })
        },
    },
    Rule {
        row: Row {
            id: "TM-18",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP, Server Validation",
            asks: "Where Mcp-Method or Mcp-Name and the body differ, the answer is 400 with -32020",
            why: "The header says a harmless tool, the body calls another: what checks the header lets it pass.",
            change: "Compare both headers with the body, and refuse where they differ.",
        },
        judge: |seen| {
            modern(seen, |modern| {
                let routing = &modern.routing;
                let method = answers(&routing.method_mismatch, "another method in Mcp-Method", 400, -32020);
                let name = || answers(&routing.name_mismatch, "another name in Mcp-Name", 400, -32020);
                all([method, if has_tools(routing) { name() } else { NO_TOOLS }])
            })
        },
    },
    Rule {
        row: Row {
            id: "TM-21",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP, Case Sensitivity",
            asks: "The values of these headers are compared with regard to case",
            why: "What checks the header knows a method by its spelling, and lets another spelling pass.",
            change: "Compare the values byte for byte.",
        },
        judge: |seen| {
            modern(seen, |modern| {
                answers(&modern.routing.method_case, "Mcp-Method in upper case", 400, -32020)
            })
        },
    },
    Rule {
        row: Row {
            id: "TM-22",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP, Value Encoding",
            asks: "Mcp-Name may be in base64, and is refused where it is not decodable",
            why: "Names that are no ASCII cannot be called; or a name that nobody can read passes.",
            change: "Decode `=?base64?…?=` before comparing, and answer 400 with -32020 where that fails.",
        },
        judge: |seen| modern(seen, |modern| is_decoded(&modern.routing)),
    },
];

const NO_TOOLS: Verdict<'static> = NotApplicable("the server has no tools to be called");

fn has_tools(routing: &Routing) -> bool {
    !(routing.name.is(404) || routing.name.code() == Some(-32601))
}

/// The tool does not exist, which is said alike however its name is written.
fn is_decoded(routing: &Routing) -> Verdict<'_> {
    if !has_tools(routing) {
        return NO_TOOLS;
    }
    let encoded = &routing.name_encoded;
    let is_alike = match came(encoded) {
        Err(verdict) => return verdict,
        Ok(status) => Some(status) == routing.name.status() && encoded.code() == routing.name.code(),
    };
    let decoded = match is_alike {
        true => Met(encoded),
        false => {
            Unmet("a name in base64 is not answered as the same name in plain text".to_owned(), Some(encoded))
        }
    };
    all([decoded, answers(&routing.name_garbled, "what is no base64 in Mcp-Name", 400, -32020)])
}
