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
    let policies = exchange.headers().map(|headers| headers.get_all("content-security-policy").iter());
    let is_in_policy = policies.into_iter().flatten().any(|policy| {
        policy.to_str().is_ok_and(|policy| policy.to_ascii_lowercase().contains("frame-ancestors"))
    });
    if is_in_policy || exchange.header("x-frame-options").is_some() {
        return Met(exchange);
    }
    Unmet("neither `frame-ancestors` nor `X-Frame-Options` is there".to_owned(), Some(exchange))
}

fn cannot_be_read(exchange: &Exchange) -> Verdict<'_> {
    match exchange.header("access-control-allow-origin") {
        Some(origin) => Unmet(format!("pages of {origin} can read it"), Some(exchange)),
        None => Met(exchange),
    }
}
