//! The token itself, in the forms it may have: it is let in, and if not, the token is asked why.

use super::with_token::{OPEN, accepts, all, guarded, is_open, with_token};
use crate::{
    Accepted, Authorized, Exchange, Level, Row, Rule, Seen, Verdict,
    anonymous::challenge,
    date::date,
    quoted,
    token::{Expected, is_for, near_misses},
};
use Verdict::{Met, NotApplicable, Unmet};
use portcullis_oauth::{ErrorCode, NumericDate, ProtectedResourceMetadata};

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "RS-03",
            level: Level::Must,
            source: "RFC 6750 §2.1; OAuth 2.1 §5.1.1",
            asks: "A good token in the Authorization header is accepted",
            why: "The client signed in, has its token, and is told to sign in again.",
            change: "Change what this finding says is wrong with the token; where it names nothing, the server's own log knows why it was refused.",
        },
        judge: |seen| with_token(seen, |authorized| is_let_in(seen, authorized)),
    },
    Rule {
        row: Row {
            id: "RS-04",
            level: Level::Must,
            source: "OAuth 2.1 §5.1.1; RFC 9110 §11.1",
            asks: "The scheme is Bearer in upper and lower case",
            why: "Clients that write `bearer` are refused, with a token that is good.",
            change: "Compare the scheme without regard to case.",
        },
        judge: |seen| {
            guarded(seen, |accepted| {
                let forms = &accepted.forms;
                all([
                    accepts(&forms.lower_case, "`bearer` in lower case"),
                    accepts(&forms.upper_case, "`BEARER` in upper case"),
                ])
            })
        },
    },
    Rule {
        row: Row {
            id: "RS-04",
            level: Level::Must,
            source: "RFC 6750 §2.1; RFC 9110 §11.4",
            asks: "One space or more may stand between the scheme and the token",
            why: "A client or proxy that writes two spaces is refused, with a token that is good.",
            change: "Skip every space after the scheme, not one.",
        },
        judge: |seen| {
            guarded(seen, |accepted| accepts(&accepted.forms.spaces, "two spaces after the scheme"))
        },
    },
    Rule {
        row: Row {
            id: "RS-15",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Error Handling",
            asks: "No request with a good token is answered with 401, GET and DELETE neither",
            why: "Clients throw the whole sign-in away on any 401: VS Code does, when the stream or the session's end gets one.",
            change: "Check tokens alike for every method, and answer what is not offered with 405.",
        },
        judge: |seen| guarded(seen, is_good_for_every_method),
    },
    Rule {
        row: Row {
            id: "RS-09",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Token Handling; RFC 8707 §2",
            asks: "A token that is accepted says whom it is for, and it is not the client",
            why: "A token that was given to any other server, or to a client to know its user, opens this one.",
            change: "Check `aud`: the server's own identifier must be in it.",
        },
        judge: |seen| with_token(seen, |authorized| is_for_somebody(seen, authorized)),
    },
    Rule {
        row: Row {
            id: "JW-05",
            level: Level::Must,
            source: "RFC 9068 §4; RFC 7519 §4.1.4",
            asks: "A token whose time is over, or has not come, is refused",
            why: "A stolen token is good for ever.",
            change: "Check `exp` and `nbf`, with a leeway of a minute at most.",
        },
        judge: |seen| with_token(seen, |authorized| is_of_this_time(seen, authorized)),
    },
    Rule {
        row: Row {
            id: "RS-05",
            level: Level::Must,
            source: "OAuth 2.1 §5.1; MCP 2026-07-28, Authorization, Token Requirements",
            asks: "What a query says beside a token in the header is ignored",
            why: "Whoever makes somebody follow a link with another token in it changes who they are.",
            change: "Read the token from the Authorization header alone; never look into the query.",
        },
        judge: |seen| guarded(seen, |accepted| is_not_read_from_the_query(&accepted.forms.header_and_query)),
    },
    Rule {
        row: Row {
            id: "RS-21",
            level: Level::Must,
            source: "RFC 9700 §2.3; MCP 2026-07-28, Authorization, Access Token Usage",
            asks: "A connection is not let in because of the requests before",
            why: "Behind a proxy, connections are shared: one user's token lets in another's request.",
            change: "Check the token of every request; keep nothing of it with the connection.",
        },
        judge: |seen| guarded(seen, |accepted| is_refused_without(&accepted.forms.without)),
    },
];

fn is_let_in<'a>(seen: &'a Seen, authorized: &'a Authorized) -> Verdict<'a> {
    if let Some(first) = authorized.first().find(|exchange| exchange.is_success()) {
        return Met(first);
    }
    let is_about_the_token = |exchange: &&Exchange| exchange.is(401) || exchange.is(403);
    let refused = authorized.first().find(is_about_the_token).or_else(|| authorized.first().next());
    let Some(refused) = refused else { return NotApplicable("nothing was asked with the token") };
    let Some(status) = refused.status().map(|status| status.as_u16()) else {
        return NotApplicable("no answer came");
    };
    if !matches!(status, 401 | 403) && seen.anonymous.initialize.is(status) {
        return NotApplicable("without a token the answer is the same, so it is not the token");
    }
    let said = match status {
        401 => refusal(seen, authorized, refused),
        403 => denial(authorized, refused),
        300..=399 => format!(
            "the URL leads elsewhere ({}), and clients send no token after a redirect: dial that URL, or answer here",
            refused.header("location").map(quoted).unwrap_or_default()
        ),
        404 | 405 => {
            format!("{status}: with a token there is no MCP endpoint at this URL; is the path right?")
        }
        500..=599 => format!(
            "{status}: the server fails where it should verify the token; can it reach its issuer's keys?"
        ),
        _ => format!("{status}, to every first request that clients make"),
    };
    Unmet(said, Some(refused))
}

fn refusal(seen: &Seen, authorized: &Authorized, refused: &Exchange) -> String {
    let published = seen.documents.read().map(|(_, document)| document);
    let (resource, issuers) = match &published {
        Some(ProtectedResourceMetadata { resource, authorization_servers, .. }) => {
            (resource.as_str(), authorization_servers.as_slice())
        }
        None => (seen.subject.as_str(), &[][..]),
    };
    let now = now(refused);
    let misses = near_misses(&authorized.token, &Expected { resource, issuers, now });
    if misses.is_empty() {
        return "the token was refused with 401, and nothing that can be read in it says why: it is for this server, its \
                issuer is one that the metadata names, and its time is not over; does the server know its key?"
            .to_owned();
    }
    format!("the token was refused with 401. {}", misses.join(" "))
}

/// By the server's own clock.
fn now(exchange: &Exchange) -> Option<NumericDate> {
    u64::try_from(date(exchange)?).ok().map(NumericDate)
}

/// CH-13: what is missing, as far as both sides say it.
fn denial(authorized: &Authorized, refused: &Exchange) -> String {
    let asked = challenge(refused).filter(|it| it.error_code() == Some(ErrorCode::InsufficientScope));
    let Some(asked) = asked else {
        return "403 to every first request: the token is known and its bearer is not allowed, or something before the server \
                (a proxy, a check of Host) refuses it"
            .to_owned();
    };
    let has = match &authorized.token {
        Ok(token) if token.claims.scopes.is_empty() => "; the token has none".to_owned(),
        Ok(token) => format!("; the token has {}", quoted(&token.claims.scopes.join(" "))),
        Err(_) => String::new(),
    };
    let needs = quoted(&asked.scopes().to_string());
    format!("403: the token lacks scopes: {needs} are asked for{has}. Sign in again with them.")
}

/// Interop: a client that gets 401 signs in again, whatever it had asked for.
fn is_good_for_every_method(accepted: &Accepted) -> Verdict<'_> {
    let legacy = accepted.legacy.iter().map(|legacy| &legacy.get);
    let removed = accepted.modern.iter().filter_map(|modern| modern.removed.as_ref()).flatten();
    let ended = accepted.ended.iter().map(|ended| &ended.exchange);
    let mut asked = legacy.chain(removed).chain(ended);
    let refused = asked.clone().find(|exchange| exchange.is(401));
    match (refused, asked.next()) {
        (Some(refused), _) => Unmet(format!("{} was answered with 401", refused.sent.method), Some(refused)),
        (None, Some(first)) => Met(first),
        (None, None) => NotApplicable("neither GET nor DELETE was asked"),
    }
}

/// RS-09, RS-10, JW-14: what an accepted token says of its audience.
fn is_for_somebody<'a>(seen: &'a Seen, authorized: &'a Authorized) -> Verdict<'a> {
    if is_open(seen) {
        return NotApplicable(OPEN);
    }
    if !authorized.is_accepted() {
        return NotApplicable("the token that was given is not accepted");
    }
    let Ok(token) = &authorized.token else {
        return NotApplicable(
            "nothing can be read in the token: whom it is for, its issuer tells the server",
        );
    };
    let Some(first) = authorized.first().find(|exchange| exchange.is_success()) else {
        return NotApplicable("the token that was given is not accepted");
    };
    let claims = &token.claims;
    let is_the_client = |audience: &String| claims.client_id.as_ref() == Some(audience);
    if claims.aud.is_empty() {
        return Unmet("a token without an audience was accepted".to_owned(), Some(first));
    }
    if let Some(mark) = claims.id_token_mark {
        return Unmet(format!("an ID token was accepted (it has `{mark}`)"), Some(first));
    }
    if claims.aud.iter().all(is_the_client) {
        return Unmet(
            "a token was accepted whose only audience is the client it was issued to".to_owned(),
            Some(first),
        );
    }
    let published = seen.documents.read().map(|(_, document)| document.resource);
    let ours = published.as_deref().unwrap_or(seen.subject.as_str());
    match is_for(claims, ours) {
        true => Met(first),
        false => NotApplicable(
            "the token's audience is a name that the issuer gives; only the server knows whether it is its own",
        ),
    }
}

/// RFC 9068 §4: a leeway of a few minutes at most.
fn is_of_this_time<'a>(seen: &Seen, authorized: &'a Authorized) -> Verdict<'a> {
    const LEEWAY: u64 = 300;
    if is_open(seen) {
        return NotApplicable(OPEN);
    }
    let Ok(token) = &authorized.token else {
        return NotApplicable("nothing can be read in the token");
    };
    let exchange = authorized.first().find(|exchange| exchange.is_success());
    let Some(exchange) = exchange.or_else(|| authorized.first().find(|exchange| exchange.is(401))) else {
        return NotApplicable("the token was neither accepted nor refused");
    };
    let Some(now) = now(exchange) else {
        return NotApplicable("the server does not say what time it is");
    };
    let is_over = token.claims.exp.is_some_and(|exp| exp.plus(LEEWAY) < now);
    let is_to_come = token.claims.nbf.is_some_and(|nbf| nbf > now.plus(LEEWAY));
    if !is_over && !is_to_come {
        return NotApplicable("the token's time is now; with --other-token expired=TOKEN it is looked at");
    }
    match (exchange.is_success(), is_over) {
        (false, _) => Met(exchange),
        (true, true) => Unmet("a token was accepted whose `exp` is over".to_owned(), Some(exchange)),
        (true, false) => Unmet("a token was accepted whose `nbf` has not come".to_owned(), Some(exchange)),
    }
}

/// RFC 6750 §2 would have 400 for two methods in one request; OAuth 2.1 §5.1 has the query ignored. Either is safe (G-03).
fn is_not_read_from_the_query(exchange: &Exchange) -> Verdict<'_> {
    if exchange.is(400) {
        return Met(exchange);
    }
    accepts(exchange, "a token in the header, with another in the query,")
}

fn is_refused_without(without: &Exchange) -> Verdict<'_> {
    match without.is_success() {
        true => Unmet("after requests with a token, one without was answered".to_owned(), Some(without)),
        false => Met(without),
    }
}
