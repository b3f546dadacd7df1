//! How the challenge is written: a client reads it with a simple parser, or not at all.

use super::{OPEN, challenges, is_open};
use crate::{Level, Row, Rule, Seen, Verdict};
use Verdict::{Met, NotApplicable, Unmet};

/// RFC 6750 §3
const ONCE: [&str; 6] = ["realm", "scope", "error", "error_description", "error_uri", "resource_metadata"];

pub(super) const RULES: &[Rule] = &[
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
            id: "CH-02",
            level: Level::Must,
            source: "RFC 6750 §3",
            asks: "A Bearer challenge has at least one parameter",
            why: "Clients look for parameters after the scheme; the SDK for TypeScript ignores a challenge without any.",
            change: "Write `Bearer resource_metadata=\"…\"` in place of `Bearer`.",
        },
        judge: a_challenge_has_a_parameter,
    },
    Rule {
        row: Row {
            id: "CH-03",
            level: Level::Must,
            source: "RFC 6750 §3",
            asks: "No parameter of a challenge occurs twice",
            why: "Some clients read the first, some the last, some refuse both.",
            change: "Write each parameter once; see whether a proxy adds a challenge to the server's own.",
        },
        judge: no_parameter_is_repeated,
    },
    Rule {
        row: Row {
            id: "CH-04",
            level: Level::Must,
            source: "RFC 6750 §3",
            asks: "A challenge is visible ASCII, without quotes or backslashes within its values",
            why: "Parsers end the value at the first quote, and some drop the whole header.",
            change: "Keep texts from requests and other languages out of the header; the body has room for them.",
        },
        judge: values_are_plain,
    },
    Rule {
        row: Row {
            id: "CL-10",
            level: Level::Practice,
            source: "SDK for TypeScript, parsing of WWW-Authenticate",
            asks: "The Bearer (or DPoP) challenge is first, and its values are quoted",
            why: "Simple parsers look at the beginning of the header, and for quotes around values.",
            change: "Put the Bearer challenge before all others, and write every value in double quotes.",
        },
        judge: simple_parsers_read_it,
    },
];

fn every_401_has_a_challenge(seen: &Seen) -> Verdict<'_> {
    let mut refused = seen.anonymous.all().filter(|exchange| exchange.is(401)).peekable();
    let Some(first) = refused.peek().copied() else {
        return NotApplicable(if is_open(seen) { OPEN } else { "no request was answered with 401" });
    };
    match refused.find(|exchange| exchange.headers().is_some_and(|it| !it.contains_key("www-authenticate"))) {
        Some(bare) => Unmet("a 401 without a challenge".to_owned(), Some(bare)),
        None => Met(first),
    }
}

fn a_challenge_has_a_parameter(seen: &Seen) -> Verdict<'_> {
    let challenges = challenges(seen);
    let known = challenges.iter().flat_map(|(exchange, all)| all.iter().map(move |one| (*exchange, one)));
    let mut known = known.filter(|(_, one)| one.known_scheme().is_some()).peekable();
    let Some((first, _)) = known.peek().copied() else {
        return NotApplicable("there is no Bearer challenge");
    };
    match known.find(|(_, one)| one.parameters.is_empty()) {
        Some((bare, one)) => Unmet(format!("{:?} stands alone", one.scheme), Some(bare)),
        None => Met(first),
    }
}

fn no_parameter_is_repeated(seen: &Seen) -> Verdict<'_> {
    let challenges = challenges(seen);
    for (exchange, all) in &challenges {
        for one in all {
            let count = |name: &str| one.parameters.iter().filter(|parameter| parameter.name == name).count();
            if let Some(name) = ONCE.into_iter().find(|name| count(name) > 1) {
                return Unmet(format!("{name} is there {} times", count(name)), Some(exchange));
            }
        }
    }
    challenges.first().map_or(NotApplicable("there is no challenge"), |(exchange, _)| Met(exchange))
}

fn values_are_plain(seen: &Seen) -> Verdict<'_> {
    let challenges = challenges(seen);
    let is_plain = |text: &str| text.chars().all(|c| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~'));
    for (exchange, all) in &challenges {
        for parameter in all.iter().flat_map(|one| &one.parameters) {
            if ONCE.contains(&&*parameter.name) && !is_plain(&parameter.value) {
                return Unmet(format!("{} is {:?}", parameter.name, parameter.value), Some(exchange));
            }
        }
    }
    challenges.first().map_or(NotApplicable("there is no challenge"), |(exchange, _)| Met(exchange))
}

fn simple_parsers_read_it(seen: &Seen) -> Verdict<'_> {
    let challenges = challenges(seen);
    for (exchange, all) in &challenges {
        let Some(first) = all.first().filter(|one| one.known_scheme().is_some()) else {
            let scheme = all.first().map(|one| one.scheme.clone()).unwrap_or_default();
            return Unmet(format!("the first challenge is {scheme:?}"), Some(exchange));
        };
        if let Some(parameter) = first.parameters.iter().find(|parameter| !parameter.is_quoted) {
            return Unmet(format!("{} is not quoted", parameter.name), Some(exchange));
        }
    }
    challenges.first().map_or(NotApplicable("there is no challenge"), |(exchange, _)| Met(exchange))
}
