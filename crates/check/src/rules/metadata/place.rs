//! Where the metadata is, and how it is answered.

use super::{NOWHERE, read};
use crate::{
    Exchange, Level, Row, Rule, Seen, Verdict, members,
    not_asked::{PRIVATE, is_private},
};
use Verdict::{Met, NotApplicable, Unmet};
use http::StatusCode;

pub(in crate::rules) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "PRM-05",
            level: Level::Must,
            source: "MCP 2026-07-28, Protected Resource Metadata Discovery",
            asks: "The metadata is where the challenge points, at the URL's own well-known path, or at the root",
            why: "Without it a client does not learn who issues tokens, and cannot sign in.",
            change: "Serve a JSON object at `/.well-known/oauth-protected-resource` followed by the endpoint's path, without a token.",
        },
        judge: there_is_metadata,
    },
    Rule {
        row: Row {
            id: "PRM-04",
            level: Level::Should,
            source: "RFC 9728 §3.1",
            asks: "The metadata is at the URL's own well-known path",
            why: "Some clients ask there first, and some nowhere else.",
            change: "Serve it at `/.well-known/oauth-protected-resource` followed by the endpoint's path, as well.",
        },
        judge: it_is_at_the_path,
    },
    Rule {
        row: Row {
            id: "PRM-05",
            level: Level::Should,
            source: "RFC 9728 §3.1",
            asks: "Where no resource is, there is no metadata of another",
            why: "A client that mistyped a path is sent to sign in to something else, and is refused only at the end.",
            change: "Answer 404 under `/.well-known/oauth-protected-resource/` for paths that are no endpoint.",
        },
        judge: nothing_is_where_no_resource_is,
    },
    Rule {
        row: Row {
            id: "PRM-06",
            level: Level::Must,
            source: "RFC 9728 §3.2",
            asks: "The metadata is `application/json`",
            why: "Clients that look at the media type do not read it otherwise.",
            change: "Answer with `Content-Type: application/json`.",
        },
        judge: it_is_json,
    },
    Rule {
        row: Row {
            id: "PRM-06",
            level: Level::Practice,
            source: "RFC 9728 §3.1; RFC 9110 §15.5.6",
            asks: "The metadata is read with GET, and other methods are told so",
            why: "A place that takes every method is probably not the metadata's own, but a catch-all.",
            change: "Answer 405 with `Allow: GET` to POST.",
        },
        judge: it_is_read_with_get,
    },
    Rule {
        row: Row {
            id: "PRM-21",
            level: Level::Should,
            source: "RFC 9728 §7.10",
            asks: "The metadata says how long it may be kept",
            why: "Without that, clients keep it for as long as they like, or ask before every request.",
            change: "Send `Cache-Control: max-age=…`; some minutes are usual.",
        },
        judge: it_may_be_kept,
    },
];

fn there_is_metadata(seen: &Seen) -> Verdict<'_> {
    match read(seen) {
        Some((exchange, _)) => Met(exchange),
        None if seen.documents.named.as_ref().is_some_and(is_private) => NotApplicable(PRIVATE),
        None => {
            let at_path = &seen.documents.at_path;
            let said = if at_path.is(401) {
                "a token is asked for where clients look for how to get one".to_owned()
            } else {
                format!("at none of the places; the URL's own answered {}", told(at_path))
            };
            Unmet(said, Some(at_path))
        }
    }
}

fn it_is_at_the_path(seen: &Seen) -> Verdict<'_> {
    let (documents, at_path) = (&seen.documents, &seen.documents.at_path);
    if members::document(at_path).is_some() {
        return Met(at_path);
    }
    let is_where_the_challenge_points =
        documents.named.as_ref().is_some_and(|named| named.sent.url == at_path.sent.url);
    match read(seen) {
        None => NotApplicable(NOWHERE),
        Some(_) if is_where_the_challenge_points => NotApplicable("the challenge points there"),
        Some((found, _)) => {
            let said = format!("it is at {}; the URL's own place answered {}", found.sent.url, told(at_path));
            Unmet(said, Some(at_path))
        }
    }
}

fn nothing_is_where_no_resource_is(seen: &Seen) -> Verdict<'_> {
    let nobody = &seen.surroundings.nobody;
    match members::document(nobody) {
        Some(document) => {
            let resource = members::text(&document, "resource").unwrap_or_default();
            Unmet(format!("there is metadata of {resource:?}"), Some(nobody))
        }
        None if nobody.came.is_err() => NotApplicable("there was no answer"),
        None => Met(nobody),
    }
}

fn it_is_json(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, _)) = read(seen) else { return NotApplicable(NOWHERE) };
    match exchange.media_type().as_deref() {
        Some("application/json") => Met(exchange),
        Some(other) => Unmet(format!("its media type is {other:?}"), Some(exchange)),
        None => Unmet("it has no media type".to_owned(), Some(exchange)),
    }
}

fn it_is_read_with_get(seen: &Seen) -> Verdict<'_> {
    let posted = &seen.documents.posted;
    if members::document(&seen.documents.at_path).is_none() {
        return NotApplicable("the metadata is not there");
    }
    let Some(status) = posted.status() else { return NotApplicable("there was no answer") };
    if status == StatusCode::METHOD_NOT_ALLOWED && posted.header("allow").is_none() {
        return Unmet("405 without `Allow`".to_owned(), Some(posted));
    }
    if status.is_client_error() {
        return Met(posted);
    }
    Unmet(format!("POST was answered with {}", status.as_u16()), Some(posted))
}

fn it_may_be_kept(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, _)) = read(seen) else { return NotApplicable(NOWHERE) };
    if exchange.headers().is_some_and(|headers| headers.contains_key("cache-control")) {
        return Met(exchange);
    }
    Unmet("there is no `Cache-Control`".to_owned(), Some(exchange))
}

/// The status, and what it is that is not a document.
fn told(exchange: &Exchange) -> String {
    match &exchange.came {
        Err(error) => error.to_string(),
        Ok(answer) if answer.status == 200 => {
            format!(
                "200 with {}, and no JSON object",
                exchange.media_type().unwrap_or_else(|| "no media type".into())
            )
        }
        Ok(answer) => answer.status.as_u16().to_string(),
    }
}
