//! What is in the metadata.

use super::{NOWHERE, read};
use crate::{Exchange, Level, Row, Rule, Seen, Verdict, anonymous::challenge, members, token::object};
use Verdict::{Met, NotApplicable, Unmet};
use portcullis_oauth::{AuthScheme, Issuer};
use serde_json::{Map, Value};

pub(in crate::rules) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "PRM-01",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization Server Location",
            asks: "`authorization_servers` names at least one issuer",
            why: "A client has nowhere to go for a token.",
            change: "Write the issuer's identifier into `authorization_servers`, exactly as its own metadata says `issuer`.",
        },
        judge: |seen| each(seen, authorization_servers),
    },
    Rule {
        row: Row {
            id: "RS-18",
            level: Level::Must,
            source: "OAuth 2.1 §1.5; RFC 8414 §2",
            asks: "Every authorization server is an https URL without query or fragment",
            why: "Clients build the URL of its metadata from it, and sign in over it.",
            change: "Write the issuer as its own metadata says it: https, no query, no fragment.",
        },
        judge: |seen| each(seen, issuers_are_https),
    },
    Rule {
        row: Row {
            id: "PRM-07",
            level: Level::Must,
            source: "RFC 9728 §3.2",
            asks: "Members without a value are left out",
            why: "Some clients ask for no scope at all where `scopes_supported` is empty, and for a reasonable one where it is absent.",
            change: "Leave empty lists, empty texts and null out of the document.",
        },
        judge: |seen| each(seen, nothing_is_empty),
    },
    Rule {
        row: Row {
            id: "PRM-12",
            level: Level::Should,
            source: "RFC 9728 §2; MCP, Scope Selection Strategy",
            asks: "`scopes_supported` is there, where the server asks for scopes",
            why: "Clients that do not read the challenge's scopes ask for these.",
            change: "Write the scopes that a first sign-in needs into `scopes_supported`.",
        },
        judge: scopes_are_published,
    },
    Rule {
        row: Row {
            id: "PRM-13",
            level: Level::Should,
            source: "RFC 9728 §2; MCP, Token Requirements",
            asks: "`bearer_methods_supported` is `[\"header\"]`, or absent",
            why: "MCP clients send tokens in the header, and must not send them in a URL.",
            change: "Write `\"bearer_methods_supported\": [\"header\"]`.",
        },
        judge: |seen| each(seen, tokens_come_in_the_header),
    },
    Rule {
        row: Row {
            id: "PRM-14",
            level: Level::Must,
            source: "RFC 9728 §2",
            asks: "The resource's own keys, if it has any, are at an https URL",
            why: "Whoever is between can put other keys there.",
            change: "Write an https URL into `jwks_uri`; or leave it out: a resource needs no keys to verify tokens.",
        },
        judge: |seen| each(seen, keys_are_https),
    },
    Rule {
        row: Row {
            id: "PRM-15",
            level: Level::Must,
            source: "RFC 9728 §2",
            asks: "`none` is no algorithm that the resource signs or takes proofs with",
            why: "Whatever is signed with `none` was made by anybody.",
            change: "Take `none` out of `resource_signing_alg_values_supported` and `dpop_signing_alg_values_supported`.",
        },
        judge: |seen| each(seen, none_is_no_algorithm),
    },
    Rule {
        row: Row {
            id: "PRM-16",
            level: Level::Must,
            source: "RFC 9728 §2; RFC 9449 §7.1",
            asks: "Where tokens must be bound to keys, the challenge asks for proofs",
            why: "A client learns from the scheme of the challenge how to send its token.",
            change: "Send a `DPoP` challenge with `algs`; or leave `dpop_bound_access_tokens_required` out.",
        },
        judge: bound_tokens_are_asked_for,
    },
    Rule {
        row: Row {
            id: "PRM-18",
            level: Level::Must,
            source: "RFC 9728 §2.2",
            asks: "`signed_metadata`, if there is any, is a signed JWT with `iss`",
            why: "Clients that read it take its values before all others.",
            change: "Sign it, and say in it who did; or leave it out.",
        },
        judge: |seen| each(seen, signed_metadata_is_signed),
    },
];

/// What is wrong with a document, if anything is; nothing where the rule says nothing of it.
enum Said {
    Fine,
    Silent(&'static str),
    Wrong(String),
}
use Said::{Fine, Silent, Wrong};

fn each(seen: &Seen, judge: fn(&Seen, &Map<String, Value>) -> Said) -> Verdict<'_> {
    let Some((exchange, document)) = read(seen) else { return NotApplicable(NOWHERE) };
    match judge(seen, &document) {
        Fine => Met(exchange),
        Silent(reason) => NotApplicable(reason),
        Wrong(said) => Unmet(said, Some(exchange)),
    }
}

fn authorization_servers(_: &Seen, document: &Map<String, Value>) -> Said {
    if members::texts(document, "authorization_servers").is_empty() {
        let is_there = document.contains_key("authorization_servers");
        return Wrong(
            if is_there { "it is empty, or no list of texts" } else { "it is not there" }.to_owned(),
        );
    }
    Fine
}

fn issuers_are_https(_: &Seen, document: &Map<String, Value>) -> Said {
    let issuers = members::texts(document, "authorization_servers");
    let wrong = issuers.iter().find_map(|issuer| Some((issuer, Issuer::parse(issuer).err()?)));
    match wrong {
        Some((issuer, error)) => Wrong(format!("{issuer:?}: {error}")),
        None if issuers.is_empty() => Silent("there is no authorization server"),
        None => Fine,
    }
}

fn nothing_is_empty(_: &Seen, document: &Map<String, Value>) -> Said {
    // Told already, for what they are.
    let is_other = |name: &&str| !["authorization_servers", "resource"].contains(name);
    match members::empty(document).find(is_other) {
        Some(name) => Wrong(format!("`{name}` is empty")),
        None => Fine,
    }
}

fn scopes_are_published(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, document)) = read(seen) else { return NotApplicable(NOWHERE) };
    if !members::texts(&document, "scopes_supported").is_empty() {
        return Met(exchange);
    }
    if document.contains_key("scopes_supported") {
        return NotApplicable("it is there, and empty");
    }
    let asked =
        seen.anonymous.challenge().map(|challenge| challenge.scopes().to_string()).unwrap_or_default();
    if asked.is_empty() {
        return NotApplicable("the server names no scopes at all");
    }
    Unmet(format!("it is absent, and the challenge asks for {asked:?}"), Some(exchange))
}

fn tokens_come_in_the_header(_: &Seen, document: &Map<String, Value>) -> Said {
    let methods = members::texts(document, "bearer_methods_supported");
    if methods.is_empty() {
        return Silent("it is absent");
    }
    if methods == ["header"] { Fine } else { Wrong(format!("it is {}", methods.join(", "))) }
}

fn keys_are_https(seen: &Seen, document: &Map<String, Value>) -> Said {
    let Some(url) = document.get("jwks_uri") else { return Silent("it publishes no keys") };
    let url = url.as_str().unwrap_or_default();
    let is_own = seen.subject.url().scheme() == "http" && url.starts_with("http://");
    if url.starts_with("https://") || is_own { Fine } else { Wrong(format!("`jwks_uri` is {url:?}")) }
}

fn none_is_no_algorithm(_: &Seen, document: &Map<String, Value>) -> Said {
    const LISTS: [&str; 2] = ["resource_signing_alg_values_supported", "dpop_signing_alg_values_supported"];
    let has_none = |name: &&str| {
        members::texts(document, name).iter().any(|algorithm| algorithm.eq_ignore_ascii_case("none"))
    };
    match LISTS.into_iter().find(has_none) {
        Some(name) => Wrong(format!("`none` is in `{name}`")),
        None if LISTS.iter().all(|name| !document.contains_key(*name)) => Silent("it names no algorithms"),
        None => Fine,
    }
}

fn bound_tokens_are_asked_for(seen: &Seen) -> Verdict<'_> {
    let Some((exchange, document)) = read(seen) else { return NotApplicable(NOWHERE) };
    match document.get("dpop_bound_access_tokens_required") {
        None | Some(Value::Bool(false)) => NotApplicable("tokens need not be bound"),
        Some(Value::Bool(true)) => {
            let initialize: &Exchange = &seen.anonymous.initialize;
            let asks = crate::authenticate::Written::all(initialize);
            if asks.iter().any(|one| one.known_scheme() == Some(AuthScheme::Dpop)) {
                return Met(initialize);
            }
            match challenge(initialize) {
                None => NotApplicable("there is no challenge that a client could read"),
                Some(_) => Unmet("the challenge is for Bearer alone".to_owned(), Some(initialize)),
            }
        }
        Some(other) => {
            Unmet(format!("`dpop_bound_access_tokens_required` is {other}, and no boolean"), Some(exchange))
        }
    }
}

fn signed_metadata_is_signed(_: &Seen, document: &Map<String, Value>) -> Said {
    let Some(signed) = document.get("signed_metadata") else { return Silent("there is none") };
    let parts: Vec<&str> = signed.as_str().unwrap_or_default().split('.').collect();
    let [header, claims, signature] = parts[..] else { return Wrong("it is no JWT".to_owned()) };
    let (Some(header), Some(claims)) = (object(header), object(claims)) else {
        return Wrong("it is no JWT".to_owned());
    };
    let algorithm = members::text(&header, "alg").unwrap_or_default();
    if algorithm.is_empty() || algorithm.eq_ignore_ascii_case("none") || signature.is_empty() {
        return Wrong("it is not signed".to_owned());
    }
    if members::text(&claims, "iss").is_none() {
        return Wrong("it does not say who signed it (`iss`)".to_owned());
    }
    if claims.contains_key("signed_metadata") {
        return Wrong("it has `signed_metadata` in it again".to_owned());
    }
    Fine
}
