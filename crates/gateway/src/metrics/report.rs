//! Everything that is measured, as one page.

use super::page::{Family, Page};
use crate::{answers::Answers as _, gateway::Gateway, route::Route};
use portcullis_oauth::NumericDate;
use portcullis_resource_server::KeySourceStatus;

/// The page, as of `now`.
pub(crate) fn report(gateway: &Gateway, revocations: usize, now: NumericDate) -> String {
    let mut page = Page::default();
    let routes = gateway.routes();
    page.family("portcullis_build_info", "gauge", "The version that runs.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    decisions(&mut page, routes);
    latencies(&mut page, routes);
    memory(&mut page, routes);
    keys(&mut page, routes, now);
    let streams = page.family("portcullis_open_streams", "gauge", "Open-ended answers that go on.");
    each(streams, routes, |route| route.metrics.streams.value());
    let traffic = gateway.traffic();
    page.family("portcullis_connections", "gauge", "Connections of clients.")
        .sample(&[], traffic.connections.value());
    page.family("portcullis_requests_in_flight", "gauge", "Requests whose answer has not ended.")
        .sample(&[], traffic.requests.value());
    page.family("portcullis_revocations", "gauge", "Revocations in effect.").sample(&[], revocations);
    page.text()
}

fn decisions(page: &mut Page, routes: &[Route]) {
    let mut family =
        page.family("portcullis_decisions_total", "counter", "Requests decided, by reason; ok was admitted.");
    for route in routes {
        for (reason, count) in route.metrics.decisions.read() {
            family.sample(&[("resource", name(route)), ("reason", reason)], count);
        }
    }
    let help = "Requests let through that would have been refused, by reason: the policy only observes.";
    let mut family = page.family("portcullis_observed_total", "counter", help);
    for route in routes {
        for (reason, count) in route.metrics.observed.read() {
            family.sample(&[("resource", name(route)), ("reason", reason)], count);
        }
    }
}

fn latencies(page: &mut Page, routes: &[Route]) {
    let help = "Time to verify a token, or to refuse it; a wait for keys counts.";
    let mut family = page.family("portcullis_verification_seconds", "histogram", help);
    for route in routes {
        family.histogram(&[("resource", name(route))], &route.metrics.verification.read());
    }
    let help = "Time until the upstream's headers, or until it was given up.";
    let mut family = page.family("portcullis_upstream_seconds", "histogram", help);
    for route in routes {
        family.histogram(&[("resource", name(route))], &route.metrics.upstream.read());
    }
}

fn memory(page: &mut Page, routes: &[Route]) {
    let help = "Tokens that were known from before (hit), and those that had to be verified anew (miss).";
    let mut family = page.family("portcullis_remembered_tokens_total", "counter", help);
    for route in routes {
        let (hits, misses) = route.resource.line().verifier.remembered();
        family.sample(&[("resource", name(route)), ("result", "hit")], hits);
        family.sample(&[("resource", name(route)), ("result", "miss")], misses);
    }
    let checks = page.family("portcullis_signature_checks_total", "counter", "Signatures checked.");
    each(checks, routes, |route| route.resource.line().verifier.signature_checks());
}

fn keys(page: &mut Page, routes: &[Route], now: NumericDate) {
    let help = "Fetches of an issuer's keys begun, good or bad.";
    let fetches = page.family("portcullis_key_fetches_total", "counter", help);
    each_issuer(fetches, routes, |status| Some(status.attempts));
    let failed = page.family("portcullis_keys_last_fetch_failed", "gauge", "Whether the last fetch failed.");
    each_issuer(failed, routes, |status| Some(u64::from(status.last_failed)));
    let age =
        page.family("portcullis_keys_age_seconds", "gauge", "Age of the keys in use; none without keys.");
    each_issuer(age, routes, |status| Some(status.age?.as_secs()));
    let help = "When the keys in use were fetched, in seconds since 1970.";
    let success = page.family("portcullis_keys_last_success_timestamp_seconds", "gauge", help);
    each_issuer(success, routes, |status| Some(now.minus(status.age?.as_secs()).0));
}

fn each(mut family: Family<'_>, routes: &[Route], value: impl Fn(&Route) -> u64) {
    for route in routes {
        family.sample(&[("resource", name(route))], value(route));
    }
}

fn each_issuer(mut family: Family<'_>, routes: &[Route], value: impl Fn(&KeySourceStatus) -> Option<u64>) {
    for route in routes {
        for issuer in route.resource.line().verifier.issuers() {
            if let Some(value) = issuer.proof.keys().and_then(|keys| value(&keys.status())) {
                family.sample(&[("resource", name(route)), ("issuer", &issuer.name)], value);
            }
        }
    }
}

fn name(route: &Route) -> &str {
    route.resource.line().resource.as_str()
}
