//! What a server says to whoever has no token: the first thing every client reads.

use crate::{Exchange, Level, Row, Rule, Seen, Verdict, anonymous::challenge};
use Verdict::{Met, NotApplicable, Unmet};

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "RS-02",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Access Token Usage",
            asks: "No request is answered without a token, whatever its method",
            why: "Whoever finds the one that is answers needs no token at all.",
            change: "Put the check of the token before everything else on the endpoint: POST, GET and DELETE alike.",
        },
        judge: every_request_needs_a_token,
    },
    Rule {
        row: Row {
            id: "CH-01",
            level: Level::Must,
            source: "RFC 6750 §3; RFC 9110 §15.5.2",
            asks: "Every 401 has a WWW-Authenticate header",
            why: "Clients take a 401 without a challenge for a dead end, and never begin to sign in.",
            change: "Answer 401 with `WWW-Authenticate: Bearer resource_metadata=\"…\"`.",
        },
        judge: every_401_has_a_challenge,
    },
    Rule {
        row: Row {
            id: "CH-05",
            level: Level::Should,
            source: "RFC 6750 §3.1",
            asks: "A 401 to a request without credentials has no error code",
            why: "`invalid_token` tells a client that its token is bad; it had none, and may throw away a good one.",
            change: "Leave `error` and `error_description` out of the challenge where no token was sent.",
        },
        judge: no_error_without_credentials,
    },
];

fn every_request_needs_a_token(seen: &Seen) -> Verdict<'_> {
    let requests = seen.anonymous.without_credentials();
    match requests.iter().find(|exchange| exchange.status().is_some_and(|status| status.is_success())) {
        Some(open) => {
            let status = open.status().map(|status| status.as_u16()).unwrap_or_default();
            Unmet(format!("{} was answered with {status}", open.sent.method), Some(open))
        }
        None => Met(requests[0]),
    }
}

fn every_401_has_a_challenge(seen: &Seen) -> Verdict<'_> {
    let mut refused = refused(seen).peekable();
    let Some(first) = refused.peek().copied() else {
        return NotApplicable("no request was answered with 401");
    };
    match refused.find(|exchange| exchange.headers().is_some_and(|it| !it.contains_key("www-authenticate"))) {
        Some(bare) => Unmet("a 401 without a challenge".to_owned(), Some(bare)),
        None => Met(first),
    }
}

fn no_error_without_credentials(seen: &Seen) -> Verdict<'_> {
    let challenges = refused(seen).filter_map(|exchange| Some((exchange, challenge(exchange)?)));
    let mut challenges = challenges.peekable();
    let Some((first, _)) = challenges.peek().cloned() else {
        return NotApplicable("no request was answered with a challenge");
    };
    match challenges.find_map(|(exchange, challenge)| Some((exchange, challenge.error_code()?))) {
        Some((exchange, code)) => Unmet(format!("error=\"{code}\", though nothing was sent"), Some(exchange)),
        None => Met(first),
    }
}

/// What was refused for having no credentials.
fn refused(seen: &Seen) -> impl Iterator<Item = &Exchange> {
    seen.anonymous.without_credentials().into_iter().filter(|exchange| exchange.is(401))
}
