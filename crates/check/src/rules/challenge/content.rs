//! What the challenge says: what went wrong, which scopes would do, and where to read on.

use super::without_credentials;
use crate::{
    Exchange, Level, Row, Rule, Seen, Verdict,
    anonymous::challenge,
    authenticate::Written,
    members,
    near_miss::difference,
    not_asked::{PRIVATE, is_private},
};
use Verdict::{Met, NotApplicable, Unmet};
use portcullis_oauth::AuthScheme;

pub(super) const RULES: &[Rule] = &[
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
    Rule {
        row: Row {
            id: "CH-06",
            level: Level::Should,
            source: "RFC 6750 §3",
            asks: "A 401 to a bad token has an error code",
            why: "Without one a client cannot tell a bad token from a missing one, and may send the same again.",
            change: "Write `error=\"invalid_token\"` into the challenge where a token was sent and is not good.",
        },
        judge: a_bad_token_has_an_error,
    },
    Rule {
        row: Row {
            id: "CH-07",
            level: Level::Should,
            source: "RFC 6750 §3.1",
            asks: "The error code fits the status: 401 is `invalid_token`",
            why: "Clients act on the code: another one does not make them sign in again.",
            change: "Send `invalid_token` with 401, `insufficient_scope` with 403, `invalid_request` with 400.",
        },
        judge: the_code_fits_the_status,
    },
    Rule {
        row: Row {
            id: "CH-09",
            level: Level::Should,
            source: "RFC 9728 §5.1; MCP 2025-06-18, Authorization Server Location (MUST)",
            asks: "The challenge points to the metadata, by `resource_metadata`",
            why: "Clients of 2025-06-18, and some of today, look nowhere else.",
            change: "Write `resource_metadata=\"<the metadata's URL>\"` into the challenge.",
        },
        judge: the_challenge_points_to_the_metadata,
    },
    Rule {
        row: Row {
            id: "CH-09",
            level: Level::Must,
            source: "RFC 9728 §5.1",
            asks: "Where the challenge points, the metadata is",
            why: "A client that is sent there reads no further, and tells its user that the server cannot be reached.",
            change: "Serve the metadata at that URL, without a token; or point to where it is. Behind a proxy, build the URL from the public one.",
        },
        judge: the_metadata_is_where_the_challenge_points,
    },
    Rule {
        row: Row {
            id: "CH-11",
            level: Level::Should,
            source: "MCP 2025-11-25, Scope Selection Strategy",
            asks: "A 401 names the scopes to ask for",
            why: "Without them a client asks for every scope there is, or for none.",
            change: "Write `scope=\"…\"` into the challenge: what a first sign-in should ask for.",
        },
        judge: a_401_names_scopes,
    },
    Rule {
        row: Row {
            id: "CH-12",
            level: Level::Should,
            source: "MCP 2026-07-28, Refresh Tokens",
            asks: "The server never asks for `offline_access`",
            why: "It is for the client to ask for refresh tokens; an issuer without that scope refuses the whole request.",
            change: "Take `offline_access` out of the challenge and out of `scopes_supported`.",
        },
        judge: offline_access_is_not_asked_for,
    },
    Rule {
        row: Row {
            id: "CH-10",
            level: Level::Practice,
            source: "RFC 9728 §5.1",
            asks: "Of several challenges, each points to the metadata",
            why: "A client reads the challenge of the scheme that it knows, and no other.",
            change: "Write `resource_metadata` into every challenge: Bearer's and DPoP's.",
        },
        judge: every_scheme_points_to_the_metadata,
    },
    Rule {
        row: Row {
            id: "CH-19",
            level: Level::Should,
            source: "RFC 9449 §7.2",
            asks: "Of several challenges, only that of the scheme that was used has an error",
            why: "A client of the other scheme would take the error for its own.",
            change: "Leave `error` out of the challenges of other schemes.",
        },
        judge: only_the_used_scheme_has_an_error,
    },
];

/// Parsed: what no client can read has been told.
fn readable(seen: &Seen) -> Option<(&Exchange, portcullis_oauth::Challenge)> {
    without_credentials(seen).find_map(|exchange| Some((exchange, challenge(exchange)?)))
}

const UNREADABLE: &str = "there is no challenge that a client could read";

fn no_error_without_credentials(seen: &Seen) -> Verdict<'_> {
    for exchange in without_credentials(seen) {
        for challenge in Written::all(exchange) {
            if let Some(code) = challenge.get("error").or_else(|| challenge.get("error_description")) {
                return Unmet(format!("error={code:?}, though nothing was sent"), Some(exchange));
            }
        }
    }
    readable(seen).map_or(NotApplicable(UNREADABLE), |(exchange, _)| Met(exchange))
}

/// The challenge to a token that nobody signed.
fn forged(seen: &Seen) -> Option<(&Exchange, Vec<Written>)> {
    let exchange = &seen.anonymous.forged;
    let is_readable = exchange.is(401) && challenge(exchange).is_some();
    is_readable.then(|| (exchange, Written::all(exchange)))
}

/// Of the scheme that was used.
fn error(written: &[Written]) -> Option<&str> {
    written.iter().find(|one| one.known_scheme() == Some(AuthScheme::Bearer))?.get("error")
}

fn a_bad_token_has_an_error(seen: &Seen) -> Verdict<'_> {
    match forged(seen) {
        None => {
            NotApplicable("a bad token was not answered with 401 and a challenge that a client could read")
        }
        Some((exchange, written)) if error(&written).is_some() => Met(exchange),
        Some((exchange, _)) => Unmet("a bad token, and no error".to_owned(), Some(exchange)),
    }
}

fn the_code_fits_the_status(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, written)) = forged(seen) else { return NotApplicable(UNREADABLE) };
    match error(&written) {
        None => NotApplicable("there is no error code"),
        Some("invalid_token") => Met(exchange),
        Some(code) => Unmet(format!("401 with error={code:?}"), Some(exchange)),
    }
}

fn the_challenge_points_to_the_metadata(seen: &Seen) -> Verdict<'_> {
    let mut refused =
        without_credentials(seen).chain([&seen.anonymous.forged]).filter(|exchange| exchange.is(401));
    let unpointed = refused.find_map(|exchange| {
        let challenge = challenge(exchange)?;
        challenge.metadata_url().is_none().then_some(exchange)
    });
    match (unpointed, readable(seen)) {
        (Some(exchange), _) => Unmet("the challenge has no `resource_metadata`".to_owned(), Some(exchange)),
        (None, Some((exchange, _))) => Met(exchange),
        (None, None) => NotApplicable(UNREADABLE),
    }
}

fn every_scheme_points_to_the_metadata(seen: &Seen) -> Verdict<'_> {
    let exchange = &seen.anonymous.initialize;
    let all = Written::all(exchange);
    let mut known = all.iter().filter(|challenge| challenge.known_scheme().is_some());
    let points = |challenge: &&Written| challenge.get("resource_metadata").is_some();
    if !exchange.is(401) || known.clone().count() < 2 {
        return NotApplicable("there are no other schemes");
    }
    if !known.clone().any(|challenge| points(&challenge)) {
        return NotApplicable("none of them points to it");
    }
    match known.find(|challenge| !points(challenge)) {
        Some(other) => Unmet(format!("{} does not", other.scheme), Some(exchange)),
        None => Met(exchange),
    }
}

fn the_metadata_is_where_the_challenge_points(seen: &Seen) -> Verdict<'_> {
    let written = readable(seen)
        .and_then(|(exchange, challenge)| Some((exchange, challenge.metadata_url()?.to_owned())));
    if seen.documents.named.as_ref().is_some_and(is_private) {
        return NotApplicable(PRIVATE);
    }
    match (&seen.documents.named, written) {
        (None, None) => NotApplicable("the challenge does not point anywhere"),
        (None, Some((exchange, written))) => Unmet(format!("{written:?} is no URL"), Some(exchange)),
        (Some(named), _) if members::document(named).is_some() => Met(named),
        (Some(_), _) if seen.documents.read().is_none() => NotApplicable("there is no metadata anywhere"),
        (Some(named), _) => {
            let difference = difference(seen.documents.at_path.sent.url.as_str(), named.sent.url.as_str());
            Unmet(format!("{}; where it is looked for otherwise, {difference}", named.line()), Some(named))
        }
    }
}

fn a_401_names_scopes(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, challenge)) = readable(seen) else { return NotApplicable(UNREADABLE) };
    if !challenge.scopes().is_empty() {
        return Met(exchange);
    }
    match seen.documents.read() {
        Some((_, document)) if !document.scopes_supported.is_empty() => {
            let scopes = document.scopes_supported.join(" ");
            Unmet(format!("no scope in the challenge; the metadata names {scopes:?}"), Some(exchange))
        }
        _ => NotApplicable("the server names no scopes at all"),
    }
}

fn offline_access_is_not_asked_for(seen: &Seen) -> Verdict<'_> {
    const SCOPE: &str = "offline_access";
    let asks = |exchange: &&Exchange| {
        let scopes = Written::all(exchange)
            .iter()
            .filter_map(|one| one.get("scope").map(str::to_owned))
            .collect::<Vec<_>>();
        scopes.iter().any(|scopes| scopes.split(' ').any(|scope| scope == SCOPE))
    };
    if let Some(exchange) = seen.anonymous.all().find(asks) {
        return Unmet("it is in the challenge".to_owned(), Some(exchange));
    }
    match seen.documents.read() {
        Some((exchange, document)) if document.scopes_supported.iter().any(|scope| scope == SCOPE) => {
            Unmet("it is in `scopes_supported`".to_owned(), Some(exchange))
        }
        Some((exchange, _)) => Met(exchange),
        None => readable(seen).map_or(NotApplicable(UNREADABLE), |(exchange, _)| Met(exchange)),
    }
}

fn only_the_used_scheme_has_an_error(seen: &Seen) -> Verdict<'_> {
    let (exchange, all) = (&seen.anonymous.forged, Written::all(&seen.anonymous.forged));
    if !exchange.is(401) || all.len() < 2 {
        return NotApplicable("there are no other schemes");
    }
    let other =
        all.iter().find(|one| one.known_scheme() != Some(AuthScheme::Bearer) && one.get("error").is_some());
    match other {
        Some(other) => Unmet(format!("{} has an error too", other.scheme), Some(exchange)),
        None => Met(exchange),
    }
}
