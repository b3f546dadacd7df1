//! What only another token shows: one for another server, one whose time is over, one that lacks scopes.

use super::with_token::{all, came, guarded, stands_for_a_token};
use crate::{
    Exchange, Level, Other, OtherLook, Row, Rule, Seen, UnverifiedToken, Verdict, anonymous::challenge,
};
use Verdict::{Met, NotApplicable, Unmet};
use portcullis_oauth::{ErrorCode, ScopeToken};

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "RS-09",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Token Handling; RFC 8707 §2",
            asks: "A token for another server is refused with 401",
            why: "Any server that somebody's token was sent to can use it here.",
            change: "Check that the server's own identifier is in the token's `aud`.",
        },
        judge: |seen| {
            let otherwise = "no such token was given; with --other-token audience=TOKEN it is looked at";
            refused(seen, Other::Audience, otherwise)
        },
    },
    Rule {
        row: Row {
            id: "RS-16",
            level: Level::Must,
            source: "RFC 9068 §4; RFC 8725 §3.8",
            asks: "A token of another issuer is refused with 401",
            why: "Whoever runs any authorization server can write tokens for this one.",
            change: "Compare `iss` with the configured issuers, and take keys from that issuer alone.",
        },
        judge: |seen| {
            let otherwise = "no such token was given; with --other-token issuer=TOKEN it is looked at";
            refused(seen, Other::Issuer, otherwise)
        },
    },
    Rule {
        row: Row {
            id: "JW-05",
            level: Level::Must,
            source: "RFC 9068 §4; RFC 7519 §4.1.4",
            asks: "An expired token is refused with 401",
            why: "A stolen token is good for ever.",
            change: "Check `exp`, with a leeway of a minute at most.",
        },
        judge: |seen| {
            let otherwise = "no such token was given; with --other-token expired=TOKEN it is looked at";
            refused(seen, Other::Expired, otherwise)
        },
    },
    Rule {
        row: Row {
            id: "RS-14",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Token Handling",
            asks: "A revoked token is refused with 401",
            why: "Whoever was locked out is still let in.",
            change: "Ask the issuer (introspection), follow its revocations, or let tokens live for minutes only.",
        },
        judge: |seen| {
            let otherwise = "no such token was given; with --other-token revoked=TOKEN it is looked at";
            refused(seen, Other::Revoked, otherwise)
        },
    },
    Rule {
        row: Row {
            id: "JW-14",
            level: Level::Must,
            source: "RFC 8725 §3.12; RFC 9068 §4",
            asks: "A token of another kind, such as an ID token, is refused with 401",
            why: "ID tokens are shown around: every client of the issuer has one.",
            change: "Ask for the typ `at+jwt`, or refuse what has `nonce`, `at_hash`, or the client as its audience.",
        },
        judge: |seen| {
            let otherwise = "no such token was given; with --other-token kind=TOKEN it is looked at";
            refused(seen, Other::Kind, otherwise)
        },
    },
    Rule {
        row: Row {
            id: "RS-15",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Error Handling",
            asks: "A token that lacks scopes is answered with 403 and not with 401",
            why: "On 401 a client gets the same token again, and is refused again, for ever.",
            change: "Answer 403 with `error=\"insufficient_scope\"` where the token is good and its scopes do not suffice.",
        },
        judge: |seen| lacking(seen, is_not_401),
    },
    Rule {
        row: Row {
            id: "CH-13",
            level: Level::Should,
            source: "MCP 2026-07-28, Authorization, Runtime Insufficient Scope",
            asks: "The 403 for missing scopes has a challenge with insufficient_scope, the scopes, and the metadata",
            why: "Clients that can ask for more are not told what to ask for.",
            change: "Answer `403` with `WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"…\", resource_metadata=\"…\"`.",
        },
        judge: |seen| lacking(seen, |_, look| all(denied(look).map(says_what_is_missing))),
    },
    Rule {
        row: Row {
            id: "CH-15",
            level: Level::Should,
            source: "MCP 2026-07-28, Authorization, Scope Challenge Handling",
            asks: "The 403 for missing scopes names a scope that the token lacks",
            why: "A client asks for scopes that it has, and is refused again.",
            change: "Name every scope that the operation needs in one challenge.",
        },
        judge: |seen| lacking(seen, names_what_is_missing),
    },
];

const NO_SCOPE: &str = "no such token was given; with --other-token scope=TOKEN it is looked at";
const NOT_DENIED: &str = "that token may do everything that is harmless, and nothing else is tried";

/// 401 to every request with such a token.
fn refused<'a>(seen: &'a Seen, other: Other, otherwise: &'static str) -> Verdict<'a> {
    guarded(seen, |accepted| {
        let mut looks = accepted.others.iter().filter(|look| look.other == other).peekable();
        if looks.peek().is_none() {
            return NotApplicable(otherwise);
        }
        let decides = !stands_for_a_token(accepted);
        let in_session = move |look: &'a OtherLook| look.in_session.iter().filter(move |_| decides);
        let requests = looks.flat_map(|look| look.requests.iter().chain(in_session(look)));
        all(requests.map(|exchange| match came(exchange) {
            Err(verdict) => verdict,
            Ok(status) if status == 401 => Met(exchange),
            Ok(status) => {
                Unmet(format!("{} was answered with {}", other.shown(), status.as_u16()), Some(exchange))
            }
        }))
    })
}

/// With each token that lacks scopes.
fn lacking<'a>(seen: &'a Seen, judge: fn(&'a Seen, &'a OtherLook) -> Verdict<'a>) -> Verdict<'a> {
    guarded(seen, |accepted| {
        let mut looks = accepted.others.iter().filter(|look| look.other == Other::Scope).peekable();
        if looks.peek().is_none() {
            return NotApplicable(NO_SCOPE);
        }
        let is_denied = |look: &&OtherLook| !look.requests.iter().all(Exchange::is_success);
        let mut denied = looks.filter(is_denied).peekable();
        match denied.peek() {
            None => NotApplicable(NOT_DENIED),
            Some(_) => all(denied.map(|look| judge(seen, look))),
        }
    })
}

fn is_not_401<'a>(_: &'a Seen, look: &'a OtherLook) -> Verdict<'a> {
    all(look.requests.iter().map(|exchange| match exchange.is(401) {
        true => Unmet("a token that lacks scopes was answered with 401".to_owned(), Some(exchange)),
        false => Met(exchange),
    }))
}

fn denied(look: &OtherLook) -> impl Iterator<Item = &Exchange> {
    look.requests.iter().filter(|exchange| exchange.is(403))
}

fn says_what_is_missing(exchange: &Exchange) -> Verdict<'_> {
    let Some(challenge) = challenge(exchange) else {
        return Unmet("a 403 without a challenge".to_owned(), Some(exchange));
    };
    let said = if challenge.error_code() != Some(ErrorCode::InsufficientScope) {
        "a 403 without `error=\"insufficient_scope\"`"
    } else if challenge.scopes().is_empty() {
        "insufficient_scope without the scopes that are needed"
    } else if challenge.metadata_url().is_none() {
        "insufficient_scope without `resource_metadata`"
    } else {
        return Met(exchange);
    };
    Unmet(said.to_owned(), Some(exchange))
}

fn names_what_is_missing<'a>(seen: &'a Seen, look: &'a OtherLook) -> Verdict<'a> {
    let given = seen.subject.other_tokens.get(look.index);
    let Some(Ok(token)) = given.map(|given| UnverifiedToken::read(&given.token)) else {
        return NotApplicable("nothing can be read in that token");
    };
    let asked = denied(look).filter_map(|exchange| Some((exchange, challenge(exchange)?)));
    let has = |scope: &ScopeToken| token.claims.scopes.iter().any(|has| has == scope.as_str());
    let judged =
        asked.filter(|(_, challenge)| !challenge.scopes().is_empty()).map(|(exchange, challenge)| {
            match challenge.scopes().iter().all(has) {
                true => {
                    let scopes = challenge.scopes();
                    Unmet(format!("scope=\"{scopes}\" is asked for, and the token has that"), Some(exchange))
                }
                false => Met(exchange),
            }
        });
    all(judged.collect::<Vec<_>>())
}
