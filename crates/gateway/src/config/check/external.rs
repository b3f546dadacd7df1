//! The operator's own service that has the last word.

use super::urls;
use crate::config::{
    external::{CheckConfig, RawCheck},
    findings::Findings,
    secret::{Secrets, Source},
};
use http::HeaderValue;
use portcullis_resource_server::{CallerFact, CheckLimits, Sends};
use std::time::Duration;

pub(crate) fn check(
    raw: RawCheck,
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Option<CheckConfig> {
    let authorization = authorization(&raw, secrets, at, findings);
    let defaults = CheckLimits::default();
    let limits = CheckLimits {
        time: raw.timeout_ms.map_or(defaults.time, Duration::from_millis),
        in_flight: raw.max_in_flight.and_then(|it| usize::try_from(it).ok()).unwrap_or(defaults.in_flight),
        cache: raw.cache_seconds_max.map_or(defaults.cache, Duration::from_secs),
    };
    for (index, name) in raw.claims.iter().enumerate().filter(|(_, name)| name.is_empty()) {
        findings.wrong(&format!("{at}.claims[{index}]"), name, "is the name of no claim", "write its name");
    }
    let sends = Sends {
        facts: raw
            .sends
            .map_or(Sends::default().facts, |facts| facts.into_iter().map(CallerFact::from).collect()),
        claims: raw.claims,
        arguments: raw.arguments.unwrap_or(false),
    };
    Some(CheckConfig {
        url: urls::check(raw.url.as_deref(), &format!("{at}.url"), findings)?,
        limits,
        sends,
        authorization,
    })
}

fn authorization(
    raw: &RawCheck,
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Option<HeaderValue> {
    let sources =
        [Source::File("bearer_file", &raw.bearer_file), Source::Variable("bearer_env", &raw.bearer_env)];
    let remedy = "put one word into it, without quotation marks";
    let secret = secrets.one_of(&sources, at, remedy, findings)?;
    // RFC 6750 §2.1, b64token, somewhat wider: nothing that could end the header or begin another word.
    let is_one_word = secret.text.bytes().all(|byte| byte.is_ascii_graphic());
    let header = HeaderValue::try_from(format!("Bearer {}", secret.text)).ok().filter(|_| is_one_word);
    if header.is_none() {
        findings.problem(&format!("{at}.{}", secret.key), "holds no bearer token", remedy);
    }
    header.map(|mut header| {
        header.set_sensitive(true);
        header
    })
}
