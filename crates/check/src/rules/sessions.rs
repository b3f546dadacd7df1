//! Sessions of the revisions that have them: never a substitute for a token, and nobody else's.

use super::with_token::{
    OPEN, STANDS_FOR_A_TOKEN, accepted, all, came, is_open, legacy, sent, stands_for_a_token, with_token,
};
use crate::{Authorized, Exchange, Level, Other, OtherLook, Row, Rule, Secret, Seen, Verdict};
use Verdict::{Met, NotApplicable, Unmet};

const NO_SESSIONS: &str = "the server gives no session ids";
/// 128 bits in base64url; a UUID has more.
const LONG_ENOUGH: usize = 22;

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "TL-14",
            level: Level::Must,
            source: "MCP 2025-11-25, Security Best Practices, Session Hijacking",
            asks: "A session id does not stand for a token",
            why: "Whoever reads a session id in a log is that user.",
            change: "Check the token of every request, in a session too.",
        },
        judge: |seen| {
            legacy(seen, |legacy| {
                sent(legacy.without_token.as_ref(), NO_SESSIONS, |exchange| needs_a_token(seen, exchange))
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-15",
            level: Level::Should,
            source: "MCP 2025-11-25, Security Best Practices, Session Hijacking",
            asks: "A session is refused to another user, however good their token",
            why: "Whoever learns another's session id hears what the server tells them, and speaks in their name.",
            change: "Bind the id to the user of the token (issuer and subject) that opened the session; answer others with 404.",
        },
        judge: |seen| {
            accepted(seen, |accepted| match stands_for_a_token(accepted) {
                true => NotApplicable(STANDS_FOR_A_TOKEN),
                false => is_nobody_elses(&accepted.others),
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-10",
            level: Level::Must,
            source: "MCP 2025-11-25, Streamable HTTP, Session Management",
            asks: "A session id is visible ASCII",
            why: "Proxies and clients drop the header, or refuse the answer.",
            change: "Write ids of the characters 0x21 to 0x7E, such as UUIDs.",
        },
        judge: |seen| with_token(seen, |authorized| each_session(authorized, is_visible)),
    },
    Rule {
        row: Row {
            id: "TL-10",
            level: Level::Should,
            source: "MCP 2025-11-25, Streamable HTTP, Session Management",
            asks: "A session id is unique, and too long to be guessed",
            why: "Whoever guesses an id is in somebody's session.",
            change: "Make ids of 128 random bits or more, such as random UUIDs.",
        },
        judge: |seen| with_token(seen, |authorized| each_session(authorized, is_secret)),
    },
    Rule {
        row: Row {
            id: "TL-11",
            level: Level::Should,
            source: "MCP 2025-11-25, Streamable HTTP, Session Management",
            asks: "A request that lacks its session id is answered with 400, or does not need it",
            why: "On 404 and others a client begins anew, again and again.",
            change: "Answer 400 where a session id is needed and missing.",
        },
        judge: |seen| {
            legacy(seen, |legacy| {
                sent(legacy.without_session.as_ref(), NO_SESSIONS, |exchange| {
                    is_success_or(exchange, 400, "a request without its session id")
                })
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-12",
            level: Level::Must,
            source: "MCP 2025-11-25, Streamable HTTP, Session Management",
            asks: "A session that there is not is answered with 404",
            why: "404 is what tells a client to begin anew: after a restart of the server, it is stuck.",
            change: "Answer requests with an unknown session id with 404.",
        },
        judge: |seen| {
            legacy(seen, |legacy| {
                sent(legacy.session_unknown.as_ref(), NO_SESSIONS, |exchange| {
                    is_success_or(exchange, 404, "an unknown session")
                })
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-12",
            level: Level::Must,
            source: "MCP 2025-11-25, Streamable HTTP, Session Management",
            asks: "A session that was ended is answered with 404",
            why: "Whoever signed off is still signed on.",
            change: "Forget a session when it is ended, and answer its id with 404.",
        },
        judge: |seen| {
            accepted(seen, |accepted| {
                let Some(thorough) = &accepted.thorough else {
                    return NotApplicable("it is tried only with --thorough");
                };
                sent(thorough.after_end.as_ref(), "no session could be ended", is_gone)
            })
        },
    },
    Rule {
        row: Row {
            id: "TL-13",
            level: Level::Should,
            source: "MCP 2025-11-25, Streamable HTTP, Session Management",
            asks: "DELETE ends a session, or is answered with 405",
            why: "Sessions that nobody needs stay open.",
            change: "Answer DELETE with 200 or 204, or with 405 where sessions are not ended by clients.",
        },
        judge: |seen| {
            accepted(seen, |accepted| match accepted.ended.is_empty() {
                true => NotApplicable(NO_SESSIONS),
                false => all(accepted.ended.iter().map(|ended| is_ended(&ended.exchange))),
            })
        },
    },
];

fn needs_a_token<'a>(seen: &'a Seen, exchange: &'a Exchange) -> Verdict<'a> {
    if is_open(seen) {
        return NotApplicable(OPEN);
    }
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status == 401 => Met(exchange),
        Ok(_) if !seen.anonymous.initialize.is(401) => {
            NotApplicable("a request without a token is not answered with 401 either")
        }
        Ok(status) => Unmet(
            format!("a session id without a token was answered with {}", status.as_u16()),
            Some(exchange),
        ),
    }
}

fn is_nobody_elses(others: &[OtherLook]) -> Verdict<'_> {
    let mut others = others.iter().filter(|look| look.other == Other::User).peekable();
    if others.peek().is_none() {
        return NotApplicable(
            "no other user's token was given; with --other-token user=TOKEN it is looked at",
        );
    }
    let looks: Vec<&OtherLook> = others.collect();
    let is_good = |look: &OtherLook| look.requests.iter().any(Exchange::is_success);
    if !looks.iter().any(|look| is_good(look)) {
        return NotApplicable("the other user's token is not accepted at all");
    }
    let in_session = looks.into_iter().filter_map(|look| look.in_session.as_ref());
    let judged = in_session.map(|exchange| match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status.is_success() => {
            Unmet("another user's token was let into the session".to_owned(), Some(exchange))
        }
        Ok(_) => Met(exchange),
    });
    let judged: Vec<_> = judged.collect();
    if judged.is_empty() { NotApplicable(NO_SESSIONS) } else { all(judged) }
}

/// What is wrong with an id; the ids that were given before it are known.
type Wrong = fn(id: &Secret, before: &[&Secret]) -> Option<String>;

fn each_session(authorized: &Authorized, wrong: Wrong) -> Verdict<'_> {
    let opened = authorized.handshakes.iter();
    let opened = opened.filter_map(|handshake| Some((&handshake.exchange, handshake.session.as_ref()?)));
    let (exchanges, ids): (Vec<&Exchange>, Vec<&Secret>) = opened.unzip();
    if ids.is_empty() {
        return NotApplicable(NO_SESSIONS);
    }
    let judged =
        exchanges.into_iter().enumerate().map(|(index, exchange)| match wrong(ids[index], &ids[..index]) {
            Some(said) => Unmet(said, Some(exchange)),
            None => Met(exchange),
        });
    all(judged.collect::<Vec<_>>())
}

fn is_visible(id: &Secret, _: &[&Secret]) -> Option<String> {
    let is_visible = id.expose().bytes().all(|byte| byte.is_ascii_graphic());
    (!is_visible).then(|| "a session id with a blank in it".to_owned())
}

fn is_secret(id: &Secret, before: &[&Secret]) -> Option<String> {
    let length = id.expose().len();
    if before.iter().any(|before| before.expose() == id.expose()) {
        Some("two handshakes got the same session id".to_owned())
    } else if length < LONG_ENOUGH {
        Some(format!("a session id of {length} characters"))
    } else {
        None
    }
}

/// Where sessions are not kept, an id does not matter: that is a server's own affair.
fn is_success_or<'a>(exchange: &'a Exchange, expected: u16, what: &str) -> Verdict<'a> {
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status == expected || status.is_success() => Met(exchange),
        Ok(status) => {
            Unmet(format!("{what} was answered with {}, not {expected}", status.as_u16()), Some(exchange))
        }
    }
}

fn is_gone(exchange: &Exchange) -> Verdict<'_> {
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status == 404 => Met(exchange),
        Ok(status) => {
            Unmet(format!("a session that was ended was answered with {}", status.as_u16()), Some(exchange))
        }
    }
}

fn is_ended(exchange: &Exchange) -> Verdict<'_> {
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status.is_success() || status == 405 => Met(exchange),
        Ok(status) if status == 401 => NotApplicable("it was answered with 401, which is worse"),
        Ok(status) => Unmet(format!("DELETE was answered with {}", status.as_u16()), Some(exchange)),
    }
}
