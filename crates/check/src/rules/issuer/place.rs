//! Where the metadata is, and whether it is that issuer's.

use super::{each, each_document, no_metadata};
use crate::{
    Level, Row, Rule, Seen, Verdict, issuers::AuthorizationServer, members, near_miss::difference,
    not_asked::none_answered, rules::discovery,
};
use Verdict::{Met, NotApplicable, Unmet};

pub(in crate::rules) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "AS-02",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization Server Metadata Discovery; RFC 8414 §3",
            asks: "The authorization server publishes its metadata where clients look",
            why: "Without it, clients guess the endpoints, mostly on the MCP server's own host, and give up.",
            change: "Serve RFC 8414 metadata with the well-known string between host and path; or OpenID Connect's.",
        },
        judge: |seen| each(seen, there_is_metadata),
    },
    Rule {
        row: Row {
            id: "AS-03",
            level: Level::Must,
            source: "RFC 8414 §3.1",
            asks: "The well-known string stands between host and path of the issuer",
            why: "Clients of MCP do not look for `oauth-authorization-server` at the end of the path.",
            change: "Serve the same document at `/.well-known/oauth-authorization-server` followed by the issuer's path.",
        },
        judge: |seen| each(seen, it_is_inserted),
    },
    Rule {
        row: Row {
            id: "CL-02",
            level: Level::Practice,
            source: "MCP, Authorization Server Metadata Discovery; clients that parse whatever they get",
            asks: "Where clients look for it first and it is not, the answer is 404",
            why: "Clients try each place in turn: a redirect, a page of HTML or an error of the server ends the search.",
            change: "Answer 404 at the well-known places that are not served; or serve the same document there.",
        },
        judge: |seen| each(seen, the_search_goes_on),
    },
    Rule {
        row: Row {
            id: "AS-04",
            level: Level::Must,
            source: "RFC 8414 §3.3; MCP 2026-07-28 (clients must reject it)",
            asks: "`issuer` is what the resource names, character by character",
            why: "Clients discard the metadata of another issuer; and tokens say `iss` by it.",
            change: "Write into the resource's `authorization_servers` exactly what this metadata says `issuer`.",
        },
        judge: |seen| each(seen, the_issuer_is_the_one),
    },
    Rule {
        row: Row {
            id: "AS-05",
            level: Level::Must,
            source: "RFC 8414 §3.2",
            asks: "The metadata is `application/json`, and what has no value is left out",
            why: "Clients that look at the media type do not read it otherwise; and an empty list means something else than none.",
            change: "Answer with `Content-Type: application/json`, without empty members.",
        },
        judge: |seen| each(seen, it_is_json),
    },
    Rule {
        row: Row {
            id: "PRM-22",
            level: Level::Should,
            source: "RFC 9728 §4",
            asks: "An authorization server that lists its resources lists this one",
            why: "Clients that compare the two discard what does not agree.",
            change: "Add the resource's identifier to `protected_resources`, or leave the list out.",
        },
        judge: this_resource_is_listed,
    },
];

fn there_is_metadata(issuer: &AuthorizationServer) -> Verdict<'_> {
    if issuer.places.is_empty() {
        return NotApplicable("its name is no issuer's");
    }
    if let Some((exchange, _)) = issuer.document() {
        return Met(exchange);
    }
    if issuer.appended.as_ref().is_some_and(|appended| members::document(appended).is_some()) {
        return NotApplicable("it is at another place");
    }
    if let Some(why) = none_answered(&issuer.places) {
        return NotApplicable(why);
    }
    let answers: Vec<String> =
        issuer.places.iter().map(|place| format!("{}: {}", place.sent.url, place.line())).collect();
    Unmet(answers.join("; "), issuer.places.first())
}

fn it_is_inserted(issuer: &AuthorizationServer) -> Verdict<'_> {
    match (issuer.document(), &issuer.appended) {
        (Some((exchange, _)), _) => Met(exchange),
        (None, Some(appended)) if members::document(appended).is_some() => {
            Unmet(format!("it is at {} alone", appended.sent.url), Some(appended))
        }
        (None, _) => no_metadata(issuer),
    }
}

fn the_search_goes_on(issuer: &AuthorizationServer) -> Verdict<'_> {
    match issuer.document() {
        None => no_metadata(issuer),
        Some(_) => discovery::the_search_goes_on(&issuer.places),
    }
}

fn the_issuer_is_the_one(issuer: &AuthorizationServer) -> Verdict<'_> {
    let documents = issuer.places.iter().filter_map(|place| Some((place, members::document(place)?)));
    for (exchange, document) in documents {
        let Some(said) = members::text(&document, "issuer") else {
            return Unmet("`issuer` is not there".to_owned(), Some(exchange));
        };
        if said != issuer.issuer {
            // What is published can be changed more easily than who the issuer is.
            let difference = difference(said, &issuer.issuer);
            let said =
                format!("`issuer` is {said:?}, and the resource names {:?}: {difference}", issuer.issuer);
            return Unmet(said, Some(exchange));
        }
    }
    issuer.document().map_or_else(|| no_metadata(issuer), |(exchange, _)| Met(exchange))
}

fn it_is_json(issuer: &AuthorizationServer) -> Verdict<'_> {
    let Some((exchange, document)) = issuer.document() else { return no_metadata(issuer) };
    if exchange.media_type().as_deref() != Some("application/json") {
        let media_type = exchange.media_type().unwrap_or_else(|| "absent".to_owned());
        return Unmet(format!("its media type is {media_type}"), Some(exchange));
    }
    match members::empty(&document).next() {
        Some(name) => Unmet(format!("`{name}` is empty"), Some(exchange)),
        None => Met(exchange),
    }
}

fn this_resource_is_listed(seen: &Seen) -> Verdict<'_> {
    let Some((_, resource)) = seen.documents.read() else {
        return NotApplicable("the resource has no metadata");
    };
    let says = |issuer: &AuthorizationServer| {
        issuer.document().is_some_and(|(_, document)| document.contains_key("protected_resources"))
    };
    if !seen.authorization_servers.iter().any(says) {
        return NotApplicable("no authorization server lists its resources");
    }
    each_document(seen, |_, document| {
        let listed = members::texts(document, "protected_resources");
        let is_listed =
            !document.contains_key("protected_resources") || listed.contains(&&*resource.resource);
        if is_listed { Ok(()) } else { Err(format!("{:?} is not among its resources", resource.resource)) }
    })
}
