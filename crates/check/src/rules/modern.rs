//! 2026-07-28: every request for itself.

use super::with_token::{accepts, all, answers, came, modern, refuses, with_token};
use crate::{Authorized, Exchange, Level, Row, Rule, Verdict};
use Verdict::{Met, NotApplicable, Unmet};
use serde_json::Value;

pub(super) const NOT_SPOKEN: &str = "the server does not speak 2026-07-28";

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "TM-35",
            level: Level::Must,
            source: "MCP 2026-07-28, Caching",
            asks: "`server/discover` and lists say how long and by whom they may be kept",
            why: "A client that keeps what is one user's shows it to the next; one that keeps nothing asks all the time.",
            change: "Add `ttlMs` (0 or more) and `cacheScope` (`private` where it depends on the caller) to these results.",
        },
        judge: |seen| with_token(seen, says_how_to_cache),
    },
    Rule {
        row: Row {
            id: "TM-07",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP, Sending Messages",
            asks: "A request is answered with application/json or text/event-stream",
            why: "Clients read nothing else, whatever is in it.",
            change: "Write the Content-Type of what is sent.",
        },
        judge: |seen| with_token(seen, has_a_media_type),
    },
    Rule {
        row: Row {
            id: "TM-08",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP, Sending Messages",
            asks: "A notification that is accepted is answered with 202 and no body",
            why: "Clients wait for the body, or take what is in it for an answer.",
            change: "Answer 202 without a body where a notification is accepted, and with an error status where it is not.",
        },
        judge: |seen| modern(seen, |modern| is_accepted_in_silence(&modern.notification)),
    },
    Rule {
        row: Row {
            id: "TM-05",
            level: Level::Should,
            source: "MCP 2026-07-28, Streamable HTTP, Sending Messages",
            asks: "Several messages at once are refused",
            why: "What checks one message lets the others pass.",
            change: "Answer a body that is an array with 400.",
        },
        judge: |seen| modern(seen, |modern| refuses(&modern.array, "an array of messages")),
    },
    Rule {
        row: Row {
            id: "TM-05",
            level: Level::Should,
            source: "MCP 2026-07-28, Streamable HTTP, Sending Messages",
            asks: "A response that nobody asked for is refused",
            why: "There are no requests from servers to clients any more: whoever sends one is confused, or wants to confuse.",
            change: "Answer a body that is a response with 400.",
        },
        judge: |seen| modern(seen, |modern| refuses(&modern.response, "a response that nobody asked for")),
    },
    Rule {
        row: Row {
            id: "TM-15",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP",
            asks: "An unknown method is answered with 404 and -32601",
            why: "Clients tell by it what a server does not have from what it cannot do now.",
            change: "Answer 404 with the JSON-RPC error in the body.",
        },
        judge: |seen| {
            modern(seen, |modern| answers(&modern.method_unknown, "a method that nobody has", 404, -32601))
        },
    },
    Rule {
        row: Row {
            id: "TM-26",
            level: Level::Must,
            source: "MCP 2026-07-28, Base Protocol, Per-Request Fields",
            asks: "Without the client's capabilities in `_meta`, the answer is 400 with -32602",
            why: "A server that assumes them asks for what the client cannot do.",
            change: "Refuse a request whose `_meta` lacks io.modelcontextprotocol/clientCapabilities.",
        },
        judge: |seen| {
            modern(seen, |modern| {
                answers(&modern.capabilities_missing, "a request without capabilities", 400, -32602)
            })
        },
    },
    Rule {
        row: Row {
            id: "TM-30",
            level: Level::Should,
            source: "MCP 2026-07-28, Streamable HTTP, Earlier Revisions",
            asks: "A session id is ignored, and none is given",
            why: "Requests stand for themselves: a client that is given a session sends it to the wrong replica.",
            change: "Neither read nor write Mcp-Session-Id in 2026-07-28.",
        },
        judge: |seen| modern(seen, |modern| knows_no_session(&modern.with_session)),
    },
    Rule {
        row: Row {
            id: "TM-30",
            level: Level::Should,
            source: "MCP 2026-07-28, Streamable HTTP, Earlier Revisions; RFC 9110 §15.5.6",
            asks: "Where no revision before is spoken, GET and DELETE are answered with 405 and Allow",
            why: "A client that looks for a stream or a session's end waits, or signs in again.",
            change: "Answer 405 with `Allow: POST`, after the token was checked.",
        },
        judge: |seen| {
            modern(seen, |modern| match &modern.removed {
                None => NotApplicable("the server speaks revisions before, which have both"),
                Some(removed) => all(removed.iter().map(is_not_allowed)),
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-20",
            level: Level::Practice,
            source: "MCP 2026-07-28, Streamable HTTP, Backward Compatibility",
            asks: "Every 400, 404 and 405 to a POST has a JSON-RPC error in its body",
            why: "Without one, clients take the server for one of the revisions before, and begin anew with `initialize`.",
            change: "Write a JSON-RPC error into the body of what is refused before it reaches the server, too.",
        },
        judge: |seen| modern(seen, |modern| all(modern.posts().filter_map(explains_itself))),
    },
];

fn says_how_to_cache(seen: &Authorized) -> Verdict<'_> {
    if !seen.is_modern() {
        return NotApplicable(NOT_SPOKEN);
    }
    let results = [&seen.discover, &seen.list].into_iter().filter_map(|it| Some((it, it.result()?)));
    let judged = results.map(|(exchange, result)| {
        let has_life = result["ttlMs"].as_f64().is_some_and(|life| life >= 0.0);
        let has_scope =
            matches!(&result["cacheScope"], Value::String(scope) if scope == "private" || scope == "public");
        match (has_life, has_scope) {
            (true, true) => Met(exchange),
            (false, _) => Unmet("no `ttlMs` of 0 or more".to_owned(), Some(exchange)),
            (true, false) => {
                Unmet("no `cacheScope` that is `private` or `public`".to_owned(), Some(exchange))
            }
        }
    });
    all(judged.collect::<Vec<_>>())
}

/// Of every revision.
fn has_a_media_type(seen: &Authorized) -> Verdict<'_> {
    let answered = seen.first().filter(|exchange| exchange.is(200));
    all(answered.map(|exchange| match exchange.media_type().as_deref() {
        Some("application/json" | "text/event-stream") => Met(exchange),
        Some(other) => Unmet(format!("the answer is {}", crate::quoted(other)), Some(exchange)),
        None => Unmet("the answer does not say what it is".to_owned(), Some(exchange)),
    }))
}

/// TM-08, TL-05: a refusal is in order too.
pub(super) fn is_accepted_in_silence(exchange: &Exchange) -> Verdict<'_> {
    let status = match came(exchange) {
        Err(verdict) => return verdict,
        Ok(status) => status,
    };
    let body = exchange.came.as_ref().map(|answer| answer.body.len()).unwrap_or_default();
    match status.as_u16() {
        202 if body == 0 => Met(exchange),
        202 => Unmet(format!("202 with a body of {body} bytes"), Some(exchange)),
        200..=299 => Unmet(format!("a notification was answered with {}", status.as_u16()), Some(exchange)),
        _ => NotApplicable("the notification was not accepted, which may be"),
    }
}

fn knows_no_session(exchange: &Exchange) -> Verdict<'_> {
    if exchange.headers().is_some_and(|headers| headers.contains_key("mcp-session-id")) {
        return Unmet("the answer has a session id".to_owned(), Some(exchange));
    }
    accepts(exchange, "a request with a session id")
}

fn is_not_allowed(exchange: &Exchange) -> Verdict<'_> {
    let method = &exchange.sent.method;
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status == 401 => NotApplicable("it was answered with 401, which is worse"),
        Ok(status) if status != 405 => {
            Unmet(format!("{method} was answered with {}", status.as_u16()), Some(exchange))
        }
        Ok(_) if exchange.header("allow").is_none() => {
            Unmet(format!("{method} was answered with 405 without Allow"), Some(exchange))
        }
        Ok(_) => Met(exchange),
    }
}

/// G-05; nothing where there is nothing to explain.
fn explains_itself(exchange: &Exchange) -> Option<Verdict<'_>> {
    let status = exchange.status()?.as_u16();
    matches!(status, 400 | 404 | 405).then(|| match exchange.code() {
        Some(_) => Met(exchange),
        None => Unmet(format!("{status} without a JSON-RPC error"), Some(exchange)),
    })
}
