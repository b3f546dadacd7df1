//! What is measured, as Prometheus reads it. The attacks: words of strangers as labels, which cost memory for ever; a name
//! or a token among the numbers.

use crate::administered::{Administered, ISSUER, before, ruled, start};
use portcullis_resource_server::Policy;
use portcullis_testing::{TestKey, Upstream};
use reqwest::Method;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::time;

/// Name and labels, as they stand there, to the value.
type Samples = BTreeMap<String, f64>;

/// A strict reader of the text format: each family is declared once, before its samples; no sample stands there twice;
/// buckets ascend to their count.
fn parse(text: &str) -> Samples {
    assert!(text.ends_with('\n'));
    let (mut samples, mut families) = (Samples::new(), BTreeMap::<&str, &str>::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let (name, help) = line.strip_prefix("# HELP ").unwrap().split_once(' ').unwrap();
        assert!(!help.is_empty() && name.starts_with("portcullis_"), "{line}");
        let (typed, kind) = lines.next().unwrap().strip_prefix("# TYPE ").unwrap().split_once(' ').unwrap();
        assert_eq!(typed, name);
        assert!(["counter", "gauge", "histogram"].contains(&kind), "{kind}");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
        assert_eq!(families.insert(name, kind), None, "{name} twice");
        while let Some(sample) = lines.next_if(|line| !line.starts_with('#')) {
            let (series, value) = sample.rsplit_once(' ').unwrap();
            let (sampled, labels) = series.split_once('{').unwrap_or((series, "}"));
            let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.iter().any(|suffix| sampled.strip_prefix(name) == Some(suffix)), "{sample}");
            read_labels(labels);
            assert_eq!(samples.insert(series.to_owned(), value.parse().unwrap()), None, "{series} twice");
        }
    }
    for (series, count) in samples.iter().filter(|(series, _)| series.contains("_count{")) {
        let buckets = series.replace("_count{", "_bucket{").replace('}', ",le=\"");
        let of_this: Vec<_> =
            samples.range(buckets.clone()..).take_while(|(it, _)| it.starts_with(&buckets)).collect();
        let mut ascending: Vec<(f64, f64)> = of_this
            .iter()
            .map(|(it, value)| (it[buckets.len()..].trim_end_matches("\"}").parse().unwrap(), **value))
            .collect();
        ascending.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(ascending.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{ascending:?}");
        assert_eq!(ascending.last(), Some(&(f64::INFINITY, *count)), "{series}");
    }
    samples
}

/// `name="value",…}` with nothing left over.
fn read_labels(mut text: &str) {
    while text != "}" {
        let (name, rest) = text.split_once("=\"").unwrap();
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        let end = rest.find('"').unwrap();
        assert!(!rest[..end].contains('\\'), "no label here needs an escape: {text}");
        text = rest[end + 1..].trim_start_matches(',');
    }
}

async fn measured(gateway: &Administered) -> Samples {
    parse(&gateway.metrics().await)
}

fn of(gateway: &Administered, name: &str, more: &str) -> String {
    format!("{name}{{resource=\"{}\"{more}}}", gateway.running.url())
}

#[tokio::test]
async fn what_happens_is_counted() {
    let gateway = start(None).await;
    let page = gateway.ask(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let key = |name: &str, more: &str| of(&gateway, name, more);
    let (decisions, remembered) = ("portcullis_decisions_total", "portcullis_remembered_tokens_total");
    let first = parse(&page.text().await.unwrap());
    assert_eq!(first[&key("portcullis_verification_seconds_count", "")], 0.0);
    assert_eq!(first[&key("portcullis_key_fetches_total", ",issuer=\"issuer\"")], 0.0);
    assert!(!first.contains_key(&key("portcullis_keys_age_seconds", ",issuer=\"issuer\"")), "there are none");
    assert_eq!(first["portcullis_build_info{version=\"0.1.0\"}"], 1.0);

    for _ in 0..3 {
        assert_eq!(gateway.call(&gateway.token()).await, 200);
    }
    assert_eq!(gateway.call(&gateway.token().claim("scope", "")).await, 403);
    assert_eq!(gateway.call(&gateway.token().claim("aud", "https://elsewhere.example")).await, 401);
    assert_eq!(gateway.running.client.post(gateway.running.url()).send().await.unwrap().status(), 401);
    gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-2" })).await;
    assert_eq!(gateway.call(&gateway.token().claim("sub", "user-2")).await, 401);
    gateway.running.clock.advance(50);
    let then = measured(&gateway).await;
    for (name, more, expected) in [
        (decisions, ",reason=\"ok\"", 3.0),
        (decisions, ",reason=\"insufficient_scope\"", 1.0),
        (decisions, ",reason=\"token_audience\"", 1.0),
        (decisions, ",reason=\"token_missing\"", 1.0),
        (decisions, ",reason=\"token_revoked\"", 1.0),
        (remembered, ",result=\"hit\"", 2.0),
        (remembered, ",result=\"miss\"", 4.0),
        ("portcullis_signature_checks_total", "", 3.0),
        // Whoever has no token is not verified.
        ("portcullis_verification_seconds_count", "", 6.0),
        ("portcullis_upstream_seconds_count", "", 3.0),
        ("portcullis_key_fetches_total", ",issuer=\"issuer\"", 1.0),
        ("portcullis_keys_last_fetch_failed", ",issuer=\"issuer\"", 0.0),
        ("portcullis_keys_age_seconds", ",issuer=\"issuer\"", 50.0),
        ("portcullis_keys_last_success_timestamp_seconds", ",issuer=\"issuer\"", 1_800_000_000.0),
    ] {
        assert_eq!(then.get(&key(name, more)), Some(&expected), "{name} {more}");
    }
    assert!(then[&key("portcullis_upstream_seconds_sum", "")] > 0.0);
    assert_eq!(then["portcullis_revocations"], 1.0);
    assert!(then["portcullis_connections"] >= 1.0);
    gateway.running.clock.advance(1_000_000);
    assert_eq!(measured(&gateway).await["portcullis_revocations"], 0.0, "it has expired");
}

/// The number that was asked for, once it is `value`: what ends here ends a moment before it is over there.
async fn becomes(gateway: &Administered, name: &str, value: f64) {
    let asked = async {
        while measured(gateway).await[name] != value {
            tokio::task::yield_now().await;
        }
    };
    time::timeout(time::Duration::from_secs(20), asked)
        .await
        .unwrap_or_else(|_| panic!("{name} becomes {value}"));
}

#[tokio::test]
async fn what_goes_on_is_counted_until_it_ends() {
    let upstream = Upstream::start().await;
    let gateway = before(&upstream, None, Arc::default()).await;
    let streams = of(&gateway, "portcullis_open_streams", "");
    let quiet = measured(&gateway).await;
    assert_eq!(
        (quiet[&streams], quiet["portcullis_requests_in_flight"], quiet["portcullis_connections"]),
        (0.0, 0.0, 0.0)
    );
    let events = upstream.opens(": open\n\n").await;
    let mut stream = gateway.stream(&gateway.token()).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    let busy = measured(&gateway).await;
    assert_eq!(
        (busy[&streams], busy["portcullis_requests_in_flight"], busy["portcullis_connections"]),
        (1.0, 1.0, 1.0)
    );
    // One that is revoked, and one that leaves.
    gateway.revoked(json!({ "issuer": ISSUER, "subject": "user-1" })).await;
    assert_eq!(stream.chunk().await.unwrap(), None);
    events.closed().await;
    becomes(&gateway, &streams, 0.0).await;
    let _events = upstream.opens(": open\n\n").await;
    let other = gateway.token().claim("sub", "user-2");
    let mut stream = gateway.stream(&other).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    assert_eq!(measured(&gateway).await[&streams], 1.0);
    drop(stream);
    becomes(&gateway, &streams, 0.0).await;
    becomes(&gateway, "portcullis_requests_in_flight", 0.0).await;
}

/// RS-17: whatever strangers write, there are no more series than before, and no word of theirs.
#[tokio::test]
async fn a_thousand_strange_requests_make_no_label() {
    let gateway = start(None).await;
    let strange = async |number: usize| {
        let word = format!("strange{number}");
        let token = gateway.token().claim("sub", word.clone()).claim("client_id", word.clone());
        let token = token.claim("jti", word.clone()).claim("tenant", word.clone());
        let token = match number % 6 {
            0 => token.claim("iss", format!("https://{word}.example")),
            1 => token.claim("aud", format!("https://{word}.example")),
            2 => token.header("kid", word.clone()),
            3 => token.header("alg", word.clone()),
            4 => token.claim("scope", word.clone()),
            _ => token,
        };
        let signed = if number % 6 == 3 { format!("{word}.a.b") } else { token.sign(&TestKey::rsa()) };
        let tool = crate::fixture::CALL
            .replace("list_todos", &word)
            .replace("tools/call", ["tools/call", &word][number % 2]);
        let request = gateway.running.client.post(gateway.running.url()).bearer_auth(signed);
        let request = request.header("content-type", "application/json").header("x-request-id", &word);
        let request = if number.is_multiple_of(7) {
            request.header("host", format!("{word}.example"))
        } else {
            request
        };
        request.body(tool).send().await.unwrap();
        let at = format!("http://{}/{word}?{word}", gateway.running.address);
        gateway.running.client.get(at).send().await.unwrap();
    };
    let series = |samples: &Samples| samples.keys().cloned().collect::<BTreeSet<_>>();
    for number in 0..42 {
        strange(number).await;
    }
    let before = series(&measured(&gateway).await);
    for number in 42..1042 {
        strange(number).await;
    }
    let page = gateway.metrics().await;
    assert_eq!(series(&parse(&page)), before);
    assert!(!page.contains("strange"), "{page}");
}

/// What is let through is not counted among what was refused: nobody would look for it there.
#[tokio::test]
async fn what_is_only_observed_is_counted_apart() {
    let gateway = ruled(Policy::dangerous_observe).await;
    assert_eq!(gateway.call(&gateway.token().claim("scope", "")).await, 200);
    assert_eq!(gateway.call(&gateway.token().claim("aud", "https://elsewhere.example")).await, 401);
    let then = measured(&gateway).await;
    let observed = of(&gateway, "portcullis_observed_total", ",reason=\"insufficient_scope\"");
    assert_eq!(then[&observed], 1.0);
    for (reason, expected) in [("insufficient_scope", None), ("token_audience", Some(1.0))] {
        let name = of(&gateway, "portcullis_decisions_total", &format!(",reason=\"{reason}\""));
        assert_eq!(then.get(&name).copied(), expected, "{reason}");
    }
}
