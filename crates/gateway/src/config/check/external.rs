//! The operator's own service that has the last word.

use crate::config::{
    external::{CheckConfig, RawCheck},
    findings::Findings,
    secret::Secrets,
};
use http::HeaderValue;
use portcullis_oauth::is_loopback;
use portcullis_resource_server::{CallerFact, CheckLimits, Sends};
use std::time::Duration;
use url::Url;

pub(crate) fn check(
    raw: RawCheck,
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Option<CheckConfig> {
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
    let authorization =
        authorization(raw.bearer_file.as_deref(), raw.bearer_env.as_deref(), secrets, at, findings);
    Some(CheckConfig {
        url: url(raw.url.as_deref(), &format!("{at}.url"), findings)?,
        limits,
        sends,
        authorization,
    })
}

/// Who calls what is nobody's business on the way, and the answer is a decision.
fn url(text: Option<&str>, path: &str, findings: &mut Findings) -> Option<Url> {
    let remedy = "write an https URL, or one on loopback such as \"http://127.0.0.1:9000/authorize\"";
    let Some(text) = text else {
        findings.missing(path, remedy);
        return None;
    };
    let is_good = |url: &Url| {
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
        let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        url.has_host() && is_safe && is_plain
    };
    let url = Url::parse(text).ok().filter(is_good);
    if url.is_none() {
        let message =
            "a check is asked over https, or over http on loopback, without user information and fragment";
        findings.wrong(path, text, message, remedy);
    }
    url
}

fn authorization(
    file: Option<&str>,
    variable: Option<&str>,
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Option<HeaderValue> {
    let (path, secret) = match (file, variable) {
        (None, None) => return None,
        (Some(_), Some(_)) => {
            let path = format!("{at}.bearer_env");
            findings.problem(&path, "stands beside bearer_file", "keep one of them");
            return None;
        }
        (Some(file), None) => {
            let path = format!("{at}.bearer_file");
            let secret = secrets.file(file, &path, findings)?;
            (path, secret)
        }
        (None, Some(variable)) => {
            let path = format!("{at}.bearer_env");
            match secrets.environment.get(variable) {
                Some(secret) => (path, secret.to_owned()),
                None => {
                    findings.wrong(
                        &path,
                        variable,
                        "is a variable that is not set",
                        "set it to the bearer token",
                    );
                    return None;
                }
            }
        }
    };
    let value = secret.trim();
    // RFC 6750 §2.1, b64token, somewhat wider: nothing that could end the header or begin another word.
    let is_one_word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
    let header = HeaderValue::try_from(format!("Bearer {value}")).ok().filter(|_| is_one_word);
    if header.is_none() {
        findings.problem(&path, "holds no bearer token", "put one word into it, without quotation marks");
    }
    header.map(|mut header| {
        header.set_sensitive(true);
        header
    })
}
