//! 2026-07-28: which revisions there are, and how client and server come to one.

use super::{
    modern::NOT_SPOKEN,
    with_token::{answers, modern, sent, with_token},
};
use crate::{Authorized, Exchange, Level, Row, Rule, Verdict, mcp};
use Verdict::{Met, NotApplicable, Unmet};
use serde_json::Value;

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "TM-29",
            level: Level::Must,
            source: "MCP 2026-07-28, server/discover",
            asks: "`server/discover` is answered with the revisions and the capabilities of the server",
            why: "Clients of 2026-07-28 begin with it, and take a server without it for one of the revisions before.",
            change: "Answer `server/discover` with `supportedVersions` and `capabilities`.",
        },
        judge: |seen| with_token(seen, discovers),
    },
    Rule {
        row: Row {
            id: "TM-13",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP, Protocol Version Header",
            asks: "Where MCP-Protocol-Version and `_meta` differ, the answer is 400 with -32020",
            why: "What routes by the header and what reads the body do different things.",
            change: "Compare the header with `_meta` before anything else is done.",
        },
        judge: |seen| {
            modern(seen, |modern| {
                answers(
                    &modern.version_mismatch,
                    "a revision in `_meta` other than in the header",
                    400,
                    -32020,
                )
            })
        },
    },
    Rule {
        row: Row {
            id: "TM-16",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP, Protocol Version Header",
            asks: "Without MCP-Protocol-Version, a server that speaks no revision before answers 400 with -32020",
            why: "What routes by the header takes the request for one of another revision.",
            change: "Refuse requests without the header.",
        },
        judge: |seen| {
            modern(seen, |modern| {
                let otherwise = "the server speaks revisions before, where there is no such header";
                sent(modern.version_missing.as_ref(), otherwise, |exchange| {
                    answers(exchange, "a request without MCP-Protocol-Version", 400, -32020)
                })
            })
        },
    },
    Rule {
        row: Row {
            id: "TM-14",
            level: Level::Must,
            source: "MCP 2026-07-28, Versioning; Streamable HTTP, Protocol Version Header",
            asks: "An unknown revision is answered with 400 and -32022, and with the revisions there are",
            why: "A newer client cannot find the revision that both speak.",
            change: "Answer with `data: { supported: [...], requested: \"...\" }`.",
        },
        judge: |seen| modern(seen, |modern| names_the_revisions(&modern.version_unknown)),
    },
    Rule {
        row: Row {
            id: "TM-31",
            level: Level::Should,
            source: "MCP 2026-07-28, Versioning",
            asks: "Where no revision before is spoken, the error to `initialize` names the revisions there are",
            why: "An older client cannot tell its user what is wrong.",
            change: "Answer `initialize` with -32022 and `data.supported`.",
        },
        judge: |seen| with_token(seen, names_the_revisions_to_initialize),
    },
];

fn discovers(seen: &Authorized) -> Verdict<'_> {
    if !seen.is_modern() {
        return NotApplicable(NOT_SPOKEN);
    }
    let Some(result) = seen.discover.result() else {
        return Unmet("lists are answered, and `server/discover` is not".to_owned(), Some(&seen.discover));
    };
    let missing = if !result["supportedVersions"].is_array() {
        "`supportedVersions`"
    } else if !result["capabilities"].is_object() {
        "`capabilities`"
    } else {
        return Met(&seen.discover);
    };
    Unmet(format!("the result has no {missing}"), Some(&seen.discover))
}

fn names_the_revisions(exchange: &Exchange) -> Verdict<'_> {
    let judged = answers(exchange, "an unknown revision", 400, -32022);
    let Met(_) = judged else { return judged };
    let data = exchange.json().map(|json| json["error"]["data"].clone()).unwrap_or_default();
    match (data["supported"].is_array(), data["requested"].is_string()) {
        (true, true) => Met(exchange),
        (false, _) => Unmet("the error has no `data.supported`".to_owned(), Some(exchange)),
        (true, false) => Unmet("the error has no `data.requested`".to_owned(), Some(exchange)),
    }
}

fn names_the_revisions_to_initialize(seen: &Authorized) -> Verdict<'_> {
    if !seen.is_modern() {
        return NotApplicable(NOT_SPOKEN);
    }
    if seen.latest().is_some() {
        return NotApplicable("the server speaks revisions before, which have it");
    }
    let Some(handshake) = seen.handshakes.first() else { return NotApplicable("it was not asked") };
    let json = handshake.exchange.json().unwrap_or_default();
    let names = |value: &Value| value.to_string().contains(mcp::MODERN);
    match names(&json["error"]) {
        true => Met(&handshake.exchange),
        false => Unmet("the error names no revision".to_owned(), Some(&handshake.exchange)),
    }
}
