//! The revisions with a handshake, but for their sessions.

use super::{
    modern::is_accepted_in_silence,
    with_token::{accepts, all, came, legacy, refuses, sent, with_token},
};
use crate::{Exchange, Level, Row, Rule, Verdict};
use Verdict::{Met, NotApplicable, Unmet};

const NO_BATCHES: &str = "the server does not speak 2025-03-26";

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "TL-02",
            level: Level::Must,
            source: "MCP 2025-11-25, Streamable HTTP, Listening for Messages",
            asks: "GET is answered with an event stream or with 405",
            why: "Clients open the stream after each handshake, and give up on an answer that they do not know.",
            change: "Answer GET with text/event-stream, or with 405 where there is no such stream.",
        },
        judge: |seen| legacy(seen, |legacy| is_a_stream(&legacy.get)),
    },
    Rule {
        row: Row {
            id: "TL-03",
            level: Level::Must,
            source: "MCP 2025-03-26, Base Protocol, Batching",
            asks: "In 2025-03-26, several messages at once are accepted",
            why: "A client of that revision sends them, and gets no answer.",
            change: "Accept arrays in 2025-03-26, or agree on a later revision in the handshake.",
        },
        judge: |seen| {
            legacy(seen, |legacy| {
                sent(legacy.batch.as_ref(), NO_BATCHES, |it| accepts(it, "an array of two requests"))
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-03",
            level: Level::Should,
            source: "MCP 2025-03-26, Lifecycle, Initialization",
            asks: "In 2025-03-26, `initialize` among other messages is refused",
            why: "What comes after it is done before there is an agreement on how.",
            change: "Refuse an array that has `initialize` in it.",
        },
        judge: |seen| {
            legacy(seen, |legacy| {
                let batch = legacy.batch_with_initialize.as_ref();
                sent(batch, NO_BATCHES, |it| has_no_answer(it, "`initialize` among other messages"))
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-04",
            level: Level::Should,
            source: "MCP 2025-06-18, Streamable HTTP, Sending Messages; 2025-11-25 alike",
            asks: "Since 2025-06-18, several messages at once are refused",
            why: "What checks one message lets the others pass.",
            change: "Answer a body that is an array with 400.",
        },
        judge: |seen| {
            legacy(seen, |legacy| {
                let otherwise = "the server speaks no revision since 2025-06-18";
                sent(legacy.array.as_ref(), otherwise, |it| refuses(it, "an array of two requests"))
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-05",
            level: Level::Must,
            source: "MCP 2025-11-25, Streamable HTTP, Sending Messages",
            asks: "A notification that is accepted is answered with 202 and no body",
            why: "Clients wait for the body, or take what is in it for an answer.",
            change: "Answer 202 without a body where a notification is accepted, and with an error status where it is not.",
        },
        judge: |seen| {
            with_token(seen, |authorized| {
                let handshakes = authorized.handshakes.iter();
                all(handshakes
                    .filter_map(|handshake| Some(is_accepted_in_silence(handshake.initialized.as_ref()?))))
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-16",
            level: Level::Must,
            source: "MCP 2025-06-18, Streamable HTTP, Protocol Version Header; 2025-11-25 alike",
            asks: "An unknown revision in MCP-Protocol-Version is answered with 400",
            why: "Client and server speak different revisions, and neither knows.",
            change: "Compare the header with the revisions that are spoken.",
        },
        judge: |seen| {
            legacy(seen, |legacy| {
                let otherwise = "the server speaks no revision that has the header";
                sent(legacy.version_unknown.as_ref(), otherwise, |it| is_400(it, "an unknown revision"))
            })
        },
    },
];

fn is_a_stream(get: &Exchange) -> Verdict<'_> {
    match came(get) {
        Err(verdict) => verdict,
        Ok(status) if status == 405 => Met(get),
        Ok(status) if status == 401 => NotApplicable("it was answered with 401, which is worse"),
        Ok(status) if status == 200 && get.media_type().as_deref() == Some("text/event-stream") => Met(get),
        Ok(status) if status == 200 => {
            Unmet("GET was answered with 200 and no event stream".to_owned(), Some(get))
        }
        Ok(status) => Unmet(format!("GET was answered with {}", status.as_u16()), Some(get)),
    }
}

fn is_400<'a>(exchange: &'a Exchange, what: &str) -> Verdict<'a> {
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status == 400 => Met(exchange),
        Ok(status) => Unmet(format!("{what} was answered with {}", status.as_u16()), Some(exchange)),
    }
}

/// In a batch, an error stands beside the answers to the others.
fn has_no_answer<'a>(exchange: &'a Exchange, what: &str) -> Verdict<'a> {
    let is_agreement = |answer: &serde_json::Value| !answer["result"]["protocolVersion"].is_null();
    let answers = exchange.json().unwrap_or_default();
    let agrees =
        answers.as_array().map_or_else(|| is_agreement(&answers), |answers| answers.iter().any(is_agreement));
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status.is_success() && agrees => {
            Unmet(format!("{what} was answered with an agreement"), Some(exchange))
        }
        Ok(_) => Met(exchange),
    }
}
