//! What the authorization endpoint tells a browser that brings a client nobody knows.

use super::each;
use crate::{
    Exchange, Level, Row, Rule, Verdict,
    issuers::{AuthorizationServer, NOWHERE},
};
use Verdict::{Met, NotApplicable, Unmet};

pub(in crate::rules) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "AS-17",
            level: Level::Must,
            source: "OAuth 2.1 §4.1.2.1",
            asks: "Nobody is sent on to the redirect URI of a client that is not known",
            why: "Whoever makes such a link has an open redirector under the authorization server's name.",
            change: "Show an error page where client or redirect URI are not known; redirect errors of known clients only.",
        },
        judge: |seen| each(seen, |issuer| stranger(issuer, is_not_redirected)),
    },
    Rule {
        row: Row {
            id: "AS-21",
            level: Level::Must,
            source: "OAuth 2.1 §7.10; RFC 9700 §4.16",
            asks: "No page of the sign-in can be framed",
            why: "A page that frames it makes its visitor click on what they do not see.",
            change: "Send `Content-Security-Policy: frame-ancestors 'none'` and `X-Frame-Options: DENY`, on error pages too.",
        },
        judge: |seen| each(seen, |issuer| stranger(issuer, cannot_be_framed)),
    },
    Rule {
        row: Row {
            id: "AS-22",
            level: Level::Must,
            source: "RFC 9700 §2.6",
            asks: "The authorization endpoint cannot be read by pages (no CORS)",
            why: "It is for a person in front of it; a page that reads it acts in their place.",
            change: "Leave `Access-Control-Allow-Origin` out at the authorization endpoint; metadata, keys and tokens may have it.",
        },
        judge: |seen| each(seen, |issuer| stranger(issuer, cannot_be_read)),
    },
];

fn stranger(issuer: &AuthorizationServer, judge: fn(&Exchange) -> Verdict<'_>) -> Verdict<'_> {
    match &issuer.stranger {
        Some(exchange) if exchange.came.is_ok() => judge(exchange),
        Some(_) | None => NotApplicable("the authorization endpoint could not be asked"),
    }
}

fn is_not_redirected(exchange: &Exchange) -> Verdict<'_> {
    match exchange.header("location") {
        Some(to) if to.starts_with(NOWHERE) => {
            Unmet("the browser was sent on to it".to_owned(), Some(exchange))
        }
        Some(_) | None => Met(exchange),
    }
}

fn cannot_be_framed(exchange: &Exchange) -> Verdict<'_> {
    if exchange.media_type().as_deref() != Some("text/html") {
        return NotApplicable("it is no page");
    }
    // Where a policy says who may frame, browsers do not read X-Frame-Options at all.
    let ancestors: Vec<String> = values(exchange, "content-security-policy").filter_map(ancestors).collect();
    if !ancestors.is_empty() {
        let judged = ancestors.iter().any(|sources| !is_anybody(sources));
        let said = format!("`frame-ancestors {}` lets every page frame it", ancestors[0]);
        return if judged { Met(exchange) } else { Unmet(said, Some(exchange)) };
    }
    let options: Vec<String> = values(exchange, "x-frame-options").map(str::to_ascii_uppercase).collect();
    if options.iter().any(|option| matches!(&**option, "DENY" | "SAMEORIGIN")) {
        return Met(exchange);
    }
    let said = match options.first() {
        None => "neither `frame-ancestors` nor `X-Frame-Options` is there".to_owned(),
        Some(option) => format!("`X-Frame-Options: {option}` lets every page frame it"),
    };
    Unmet(said, Some(exchange))
}

/// What is in the list of a header, all its lines together.
fn values<'a>(exchange: &'a Exchange, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = exchange.headers().map(|headers| headers.get_all(name).iter());
    let texts = lines.into_iter().flatten().filter_map(|line| line.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(str::trim).filter(|value| !value.is_empty())
}

/// Who may frame, by one policy; of a directive that is there twice, the first counts.
fn ancestors(policy: &str) -> Option<String> {
    policy.split(';').find_map(|directive| {
        let mut words = directive.split_ascii_whitespace();
        let is_it = words.next()?.eq_ignore_ascii_case("frame-ancestors");
        is_it.then(|| words.collect::<Vec<_>>().join(" "))
    })
}

/// Whether one of the sources is every host: `*`, with a scheme or a port or without, or a bare scheme. No source is nobody.
fn is_anybody(sources: &str) -> bool {
    sources.split(' ').any(|source| {
        let host = source.split_once("://").map_or(source, |(_, host)| host);
        host.split(['/', ':']).next() == Some("*") || source.ends_with(':')
    })
}

fn cannot_be_read(exchange: &Exchange) -> Verdict<'_> {
    match exchange.header("access-control-allow-origin") {
        Some(origin) => Unmet(format!("pages of {origin} can read it"), Some(exchange)),
        None => Met(exchange),
    }
}
