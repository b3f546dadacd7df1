//! With which status a request without a good token is refused.

use super::{OPEN, is_open};
use crate::{
    Exchange, Level, Row, Rule, Seen, Verdict,
    rules::endpoint::{NO_ENDPOINT, is_answer, is_endpoint},
};
use Verdict::{Met, NotApplicable, Unmet};

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "TM-01",
            level: Level::Must,
            source: "MCP 2026-07-28, Streamable HTTP",
            asks: "The endpoint takes POST",
            why: "Every message of MCP is a POST to this URL.",
            change: "Give clients the URL of the MCP endpoint itself, path included, and let POST through to it.",
        },
        judge: the_endpoint_takes_post,
    },
    Rule {
        row: Row {
            id: "RS-02",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Access Token Usage",
            asks: "No request is answered without a token, whatever its method",
            why: "Whoever finds the one that is answered needs no token at all.",
            change: "Put the check of the token before everything else on the endpoint: POST, GET and DELETE alike.",
        },
        judge: every_request_needs_a_token,
    },
    Rule {
        row: Row {
            id: "RS-15",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Error Handling",
            asks: "A request without a token is answered with 401",
            why: "401 is what makes a client sign in; anything else is an error to it.",
            change: "Answer 401 where no token was sent; 403 is for a good token that may not do this.",
        },
        judge: no_token_is_401,
    },
    Rule {
        row: Row {
            id: "RS-14",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Token Handling",
            asks: "A token that nobody signed is refused with 401",
            why: "A token that is not verified is no protection; and a client that is not told 401 keeps its expired token.",
            change: "Verify signature, issuer, audience and expiry of every token, and answer 401 where one of them fails.",
        },
        judge: a_forged_token_is_401,
    },
    Rule {
        row: Row {
            id: "RS-04",
            level: Level::Should,
            source: "RFC 9110 §11.4, RFC 6750 §2.1",
            asks: "`Authorization: Bearer` with nothing after it is refused, and breaks nothing",
            why: "A client that lost its token sends it; an error of the server tells it nothing.",
            change: "Answer 401 (or 400) where the header has no token in it.",
        },
        judge: a_scheme_alone_is_refused,
    },
    Rule {
        row: Row {
            id: "RS-05",
            level: Level::Must,
            source: "OAuth 2.1 §5.1; MCP, Access Token Usage",
            asks: "A token in the query counts as none",
            why: "URLs are logged, kept and passed on: a token in one is everybody's.",
            change: "Read the token from the Authorization header, and from nowhere else.",
        },
        judge: a_token_in_the_query_is_none,
    },
];

fn the_endpoint_takes_post(seen: &Seen) -> Verdict<'_> {
    let exchange = &seen.anonymous.initialize;
    let said = match &exchange.came {
        Err(error) => error.to_string(),
        Ok(answer) if answer.status.is_redirection() => return NotApplicable("the endpoint redirects"),
        Ok(_) if is_endpoint(seen) => return Met(exchange),
        Ok(answer) if answer.status.is_success() => {
            let media_type = exchange.media_type().unwrap_or_default();
            format!("POST was answered with {media_type}: that is no server of MCP")
        }
        Ok(answer) => format!("POST was answered with {}", answer.status),
    };
    Unmet(said, Some(exchange))
}

fn every_request_needs_a_token(seen: &Seen) -> Verdict<'_> {
    let requests = seen.anonymous.without_credentials();
    if !is_endpoint(seen) {
        return NotApplicable(NO_ENDPOINT);
    }
    let is_let_in = |exchange: &&&Exchange| {
        exchange.status().is_some_and(|status| status.is_success()) && is_answer(exchange)
    };
    match requests.iter().find(is_let_in) {
        Some(open) => {
            let status = open.status().map(|status| status.as_u16()).unwrap_or_default();
            Unmet(format!("{} was answered with {status}", open.sent.method), Some(open))
        }
        None => Met(requests[0]),
    }
}

fn no_token_is_401(seen: &Seen) -> Verdict<'_> {
    let exchange = &seen.anonymous.initialize;
    match exchange.status().map(|status| status.as_u16()) {
        Some(401) => Met(exchange),
        _ if !is_endpoint(seen) => NotApplicable(NO_ENDPOINT),
        Some(200..=299) | None => NotApplicable(OPEN),
        Some(status) => Unmet(format!("it was answered with {status}"), Some(exchange)),
    }
}

fn a_forged_token_is_401(seen: &Seen) -> Verdict<'_> {
    let exchange = &seen.anonymous.forged;
    if !seen.anonymous.initialize.is(401) {
        return NotApplicable("a request without a token is not answered with 401 either");
    }
    match exchange.status() {
        None => NotApplicable("there was no answer"),
        Some(status) if status == 401 => Met(exchange),
        Some(status) => Unmet(format!("it was answered with {}", status.as_u16()), Some(exchange)),
    }
}

fn a_scheme_alone_is_refused(seen: &Seen) -> Verdict<'_> {
    let exchange = &seen.anonymous.empty;
    if !is_endpoint(seen) {
        return NotApplicable(NO_ENDPOINT);
    }
    if is_open(seen) {
        return NotApplicable(OPEN);
    }
    match exchange.status() {
        None => NotApplicable("there was no answer"),
        Some(status) if status.is_success() || status.is_server_error() => {
            Unmet(format!("it was answered with {}", status.as_u16()), Some(exchange))
        }
        Some(_) => Met(exchange),
    }
}

fn a_token_in_the_query_is_none(seen: &Seen) -> Verdict<'_> {
    let (exchange, plain) = (&seen.anonymous.query, &seen.anonymous.initialize);
    let error =
        |exchange| super::Written::all(exchange).iter().find_map(|one| one.get("error").map(str::to_owned));
    if !is_endpoint(seen) {
        return NotApplicable(NO_ENDPOINT);
    }
    if is_open(seen) {
        return NotApplicable(OPEN);
    }
    let Some(status) = exchange.status() else { return NotApplicable("there was no answer") };
    match (error(exchange), error(plain)) {
        _ if status.is_success() => Unmet("it was let in".to_owned(), Some(exchange)),
        (Some(code), None) => Unmet(format!("error={code:?}, so it was read as a token"), Some(exchange)),
        _ => Met(exchange),
    }
}
