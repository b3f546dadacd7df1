//! Keys that verify tokens, and the time that they are good for.

use super::{each, no_metadata};
use crate::{
    Exchange, Level, Row, Rule, Seen, Verdict, date::date, issuers::AuthorizationServer, not_asked::not_asked,
};
use Verdict::{Met, NotApplicable, Unmet};
use portcullis_oauth::{Jwk, Jwks};
use std::collections::BTreeSet;

/// Servers allow for half of it, or twice it. In seconds.
const MAX_DIFFERENCE: u64 = 60;

pub(in crate::rules) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "JW-10",
            level: Level::Should,
            source: "RFC 9068 §4; RFC 7517 §5",
            asks: "The keys that `jwks_uri` names are there, and at least one can verify a token",
            why: "A server that cannot have the keys accepts no token at all.",
            change: "Serve a key set of public RSA, EC or Ed25519 keys at `jwks_uri`, to anybody.",
        },
        judge: |seen| each(seen, keys_can_be_had),
    },
    Rule {
        row: Row {
            id: "KS-01",
            level: Level::Must,
            source: "RFC 7517 §9.2",
            asks: "No private and no symmetric key is published",
            why: "Whoever reads it can sign tokens of this issuer.",
            change: "Take the key out of use now, make another, and publish only its public members (`n`, `e`; `x`, `y`).",
        },
        judge: |seen| each(seen, keys_are_public),
    },
    Rule {
        row: Row {
            id: "KS-02",
            level: Level::Practice,
            source: "RFC 7517 §4.5",
            asks: "Every key has a name (`kid`), of its own",
            why: "Tokens name their key by it; with two keys of one name, or none, half the tokens are refused while keys change.",
            change: "Give every key its own `kid`, and name it in each token's header.",
        },
        judge: |seen| each(seen, keys_have_names),
    },
    Rule {
        row: Row {
            id: "KS-03",
            level: Level::Practice,
            source: "RFC 7519 §4.1.4, §4.1.5: a leeway of a few minutes at most",
            asks: "The clocks of issuer and server agree to a minute",
            why: "New tokens are not valid yet, or expire early, and clients sign in over and over.",
            change: "Let both machines keep their time by NTP.",
        },
        judge: clocks_agree,
    },
];

/// The answer, and the set in it.
fn keys(issuer: &AuthorizationServer) -> Result<(&Exchange, Jwks), Verdict<'_>> {
    if issuer.document().is_none() {
        return Err(no_metadata(issuer));
    }
    let exchange =
        issuer.keys.as_ref().ok_or(NotApplicable("it publishes no keys: its tokens are asked about"))?;
    if let Some(why) = not_asked(exchange) {
        return Err(NotApplicable(why));
    }
    let answer = exchange.came.as_ref().ok().filter(|answer| answer.status == 200);
    let Some(answer) = answer else { return Err(Unmet(exchange.line(), Some(exchange))) };
    match Jwks::parse(&answer.body) {
        Ok(keys) => Ok((exchange, keys)),
        Err(error) => Err(Unmet(error.to_string(), Some(exchange))),
    }
}

/// What the first rule has told is not told again.
fn readable(issuer: &AuthorizationServer) -> Result<(&Exchange, Jwks), Verdict<'_>> {
    keys(issuer).map_err(|_| NotApplicable("the keys cannot be had"))
}

fn keys_can_be_had(issuer: &AuthorizationServer) -> Verdict<'_> {
    let (exchange, keys) = match keys(issuer) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    if keys.keys.iter().any(is_usable) {
        return Met(exchange);
    }
    let is_leaked = keys.keys.iter().any(|key| key.has_private_part);
    if is_leaked {
        return NotApplicable("what is published is private");
    }
    let said = if keys.keys.is_empty() { "the set is empty" } else { "none of them verifies a signature" };
    Unmet(said.to_owned(), Some(exchange))
}

/// Whole, public, and for signatures.
fn is_usable(key: &Jwk) -> bool {
    let is_for_signatures = key.use_.as_deref().is_none_or(|use_| use_ == "sig");
    is_for_signatures && !key.has_private_part && key.thumbprint_input().is_some()
}

fn keys_are_public(issuer: &AuthorizationServer) -> Verdict<'_> {
    let (exchange, keys) = match readable(issuer) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    match keys.keys.iter().find(|key| key.has_private_part) {
        Some(key) => {
            let kind = if key.kty == "oct" { "symmetric" } else { "private" };
            Unmet(
                format!("the key {:?} is {kind}", key.kid.as_deref().unwrap_or("without a name")),
                Some(exchange),
            )
        }
        None => Met(exchange),
    }
}

fn keys_have_names(issuer: &AuthorizationServer) -> Verdict<'_> {
    let (exchange, keys) = match readable(issuer) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let names: Vec<&str> = keys.keys.iter().filter_map(|key| key.kid.as_deref()).collect();
    if names.len() < keys.keys.len() {
        return Unmet("a key has no `kid`".to_owned(), Some(exchange));
    }
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        return Unmet("two keys have the same `kid`".to_owned(), Some(exchange));
    }
    Met(exchange)
}

/// By what was answered one right after the other.
fn clocks_agree(seen: &Seen) -> Verdict<'_> {
    let here = date(&seen.documents.at_path);
    each(seen, |issuer| {
        let there = issuer.places.first().and_then(|place| Some((place, date(place)?)));
        let (Some(here), Some((exchange, there))) = (here, there) else {
            return NotApplicable("one of them does not say what time it is");
        };
        let difference = there.abs_diff(here);
        if difference <= MAX_DIFFERENCE {
            return Met(exchange);
        }
        let which = if there > here { "ahead of" } else { "behind" };
        Unmet(format!("the issuer's clock is {difference} s {which} the server's"), Some(exchange))
    })
}
