//! What clients meet on their way to the metadata: redirects, and answers that are no answers.

use crate::{Exchange, Level, Row, Rule, Seen, Verdict, members};
use Verdict::{Met, NotApplicable, Unmet};

pub(super) const RULES: &[&[Rule]] = &[&[
    Rule {
        row: Row {
            id: "TM-01",
            level: Level::Practice,
            source: "Fetch §4.4; clients that drop the token or the body on a redirect",
            asks: "The endpoint answers by itself, without a redirect, with a slash at its end and without",
            why: "A redirected POST loses its token or its body in most clients.",
            change: "Serve the endpoint at both spellings, or answer 404 at the other; behind a proxy, turn its redirects of slashes off.",
        },
        judge: nothing_redirects,
    },
    Rule {
        row: Row {
            id: "CL-02",
            level: Level::Practice,
            source: "MCP, Authorization Server Metadata Discovery; clients that parse whatever they get",
            asks: "Where clients look and nothing is, the answer is 404, in JSON or without a body",
            why: "Clients try each place in turn: a 401, a page of HTML or an error of the server ends the search.",
            change: "Let everything under `/.well-known/` pass without a token, and answer 404 with `{\"error\": \"not_found\"}` for what is not there.",
        },
        judge: what_is_not_there_is_404,
    },
]];

fn nothing_redirects(seen: &Seen) -> Verdict<'_> {
    let asked = [Some(&seen.anonymous.initialize), seen.surroundings.twin.as_ref()];
    let redirect = |exchange: &Exchange| exchange.status().filter(|status| is_redirect(status.as_u16()));
    match asked.into_iter().flatten().find_map(|exchange| Some((exchange, redirect(exchange)?.as_u16()))) {
        Some((exchange, status)) => {
            let url = &exchange.sent.url;
            let said = match exchange.header("location") {
                Some(to) => format!("POST {url} is sent to {to}"),
                None => {
                    format!("POST {url} is answered with {status}, a redirect that does not say where to")
                }
            };
            Unmet(said, Some(exchange))
        }
        None if seen.anonymous.initialize.came.is_err() => NotApplicable("there was no answer"),
        None => Met(&seen.anonymous.initialize),
    }
}

fn what_is_not_there_is_404(seen: &Seen) -> Verdict<'_> {
    let defect = |exchange: &Exchange| {
        let status = exchange.status()?.as_u16();
        Some(match status {
            401 | 403 => format!("{status}: a token is asked for where clients look for how to get one"),
            400..=499 if !is_readable(exchange) => format!("{status} with a body that is no JSON"),
            _ => return ends_the_search(exchange),
        })
    };
    absent(&seen.surroundings.probes, defect)
}

/// Whether clients look on after each answer.
pub(super) fn the_search_goes_on(places: &[Exchange]) -> Verdict<'_> {
    absent(places, ends_the_search)
}

fn absent(places: &[Exchange], defect: impl Fn(&Exchange) -> Option<String>) -> Verdict<'_> {
    match places.iter().find_map(|exchange| Some((exchange, defect(exchange)?))) {
        Some((exchange, said)) => Unmet(format!("{} answered {said}", exchange.sent.url), Some(exchange)),
        None => match places.iter().find(|exchange| exchange.came.is_ok()) {
            Some(exchange) => Met(exchange),
            None => NotApplicable("there was no answer"),
        },
    }
}

/// Those that lead elsewhere: 300 lets choose, and 304 says that nothing is new.
fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// What is neither a document nor a plain no.
fn ends_the_search(exchange: &Exchange) -> Option<String> {
    let status = exchange.status()?.as_u16();
    match status {
        200..=299 if members::document(exchange).is_some() => None,
        200..=299 => Some(format!("{status}, and no JSON object")),
        _ if is_redirect(status) => Some(format!("a redirect ({status})")),
        400..=499 => None,
        _ => Some(status.to_string()),
    }
}

/// JSON, or nothing to read.
fn is_readable(exchange: &Exchange) -> bool {
    exchange.json().is_some() || exchange.came.as_ref().is_ok_and(|answer| answer.body.is_empty())
}
