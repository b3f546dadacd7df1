//! Whose metadata it is: the identifier that clients compare with the URL they dial.

use super::{NOWHERE, read};
use crate::{Level, Row, Rule, Seen, Verdict, members, near_miss::difference};
use Verdict::{Met, NotApplicable, Unmet};
use url::Url;

pub(in crate::rules) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "PRM-02",
            level: Level::Must,
            source: "RFC 9728 §2",
            asks: "The metadata has `resource`",
            why: "Clients compare it with the URL they dial, and ask for tokens for it.",
            change: "Write the URL that clients dial into `resource`.",
        },
        judge: there_is_a_resource,
    },
    Rule {
        row: Row {
            id: "PRM-03",
            level: Level::Must,
            source: "RFC 9728 §1.2; RFC 8707 §2",
            asks: "`resource` is an absolute URL without a fragment or a user in it",
            why: "An authorization server refuses any other with `invalid_target`.",
            change: "Write the URL that clients dial into `resource`, with nothing around it.",
        },
        judge: the_resource_is_a_url,
    },
    Rule {
        row: Row {
            id: "PRM-10",
            level: Level::Must,
            source: "RFC 9728 §3.3",
            asks: "`resource` is the URL that clients dial, character by character",
            why: "Clients discard the metadata otherwise; and tokens are issued for a name that the server is not dialled by.",
            change: "Publish the URL that clients dial as `resource`, take it as the tokens' audience, and register it so at the authorization server. Or let people dial the URL that is published.",
        },
        judge: the_resource_is_what_is_dialled,
    },
    Rule {
        row: Row {
            id: "PRM-09",
            level: Level::Must,
            source: "RFC 9728 §3.3",
            asks: "The metadata at the URL's own place is of the same resource as where the challenge points",
            why: "Which of them a client reads depends on the client.",
            change: "Serve one document at both places.",
        },
        judge: both_places_have_one_resource,
    },
];

fn there_is_a_resource(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, document)) = read(seen) else { return NotApplicable(NOWHERE) };
    match members::text(&document, "resource") {
        Some(resource) if !resource.is_empty() => Met(exchange),
        Some(_) => Unmet("it is empty".to_owned(), Some(exchange)),
        None => Unmet("it is not there, or no text".to_owned(), Some(exchange)),
    }
}

fn the_resource_is_a_url(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, document)) = read(seen) else { return NotApplicable(NOWHERE) };
    let Some(resource) = members::text(&document, "resource").filter(|resource| !resource.is_empty()) else {
        return NotApplicable("there is no resource in it");
    };
    match defect(resource) {
        Some(defect) => Unmet(format!("{resource:?} {defect}"), Some(exchange)),
        None => Met(exchange),
    }
}

/// What no identifier may be. Plain http in place of https is a near miss, and told as one.
fn defect(resource: &str) -> Option<&'static str> {
    let Some(url) = Url::parse(resource).ok().filter(Url::has_host) else {
        return Some("is no absolute URL");
    };
    if !matches!(url.scheme(), "https" | "http") {
        return Some("is neither https nor http");
    }
    if url.fragment().is_some() {
        return Some("has a fragment");
    }
    (!url.username().is_empty() || url.password().is_some()).then_some("has a user in it")
}

fn the_resource_is_what_is_dialled(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, document)) = read(seen) else { return NotApplicable(NOWHERE) };
    let Some(resource) = members::text(&document, "resource").filter(|resource| defect(resource).is_none())
    else {
        return NotApplicable("there is no identifier in it");
    };
    let dialled = seen.subject.as_str();
    if is_dialled(resource, dialled) {
        return Met(exchange);
    }
    let difference = difference(dialled, resource);
    Unmet(format!("`resource` is {resource:?}, and clients dial {dialled:?}: {difference}"), Some(exchange))
}

/// The slash of an empty path comes and goes with every library (G-12).
fn is_dialled(resource: &str, dialled: &str) -> bool {
    let has_no_path = dialled.matches('/').count() == 2 + usize::from(dialled.ends_with('/'));
    resource == dialled || has_no_path && resource.trim_end_matches('/') == dialled.trim_end_matches('/')
}

fn both_places_have_one_resource(seen: &Seen) -> Verdict<'_> {
    let at_path = &seen.documents.at_path;
    let (Some((read, document)), Some(other)) = (read(seen), members::document(at_path)) else {
        return NotApplicable("there are no two places to compare");
    };
    if read.sent.url == at_path.sent.url {
        return NotApplicable("the challenge points to the URL's own place");
    }
    let resource = |document| members::text(document, "resource").map(str::to_owned);
    if resource(&document) == resource(&other) {
        return Met(at_path);
    }
    Unmet(format!("it is of {:?}", resource(&other).unwrap_or_default()), Some(at_path))
}
