//! What is measured, against which floor, and with which aim.

use crate::{
    calls::{self, ISSUER, body, configuration, token, with},
    load::{self, Make, Run},
    machine,
    peers::Peer,
    table::{Row, Sample, print},
};
use bytes::Bytes;
use http::StatusCode;
use portcullis_testing::TestKey;
use std::sync::Arc;

/// More than this of the machine in other hands, and ratios are not printed.
const BUSY: f64 = 0.05;
/// What the bodies of the large case have inside.
const LARGE: usize = 64 * 1024;

/// One case: where to, with which requests, and what counts as an answer.
struct Case<'a> {
    row: Row,
    peer: &'a Peer,
    make: Make,
    expected: StatusCode,
}

/// Measures every case `rounds` times, in turns.
pub async fn run(gateway: &str, rounds: usize, requests: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let key = TestKey::rsa();
    let keys = calls::keys(&key).await;
    let upstream = Peer::role(&["upstream", "json"])?;
    let events = Peer::role(&["upstream", "events"])?;
    let at = |peer: &Peer| format!("http://{}/mcp", peer.address);
    let proxy = Peer::role(&["proxy", &at(&upstream)])?;
    let events_proxy = Peer::role(&["proxy", &at(&events)])?;
    let rules = |many: usize| {
        let more = (0..many).map(|number| format!("\"tool_{number}_*\" = [\"scope:{number}\"]\n"));
        format!("greet_user = [\"todo:read\"]\n{}", more.collect::<String>())
    };
    let protect = |to: &Peer, rules: &str| {
        Peer::gateway(gateway, folder.path(), &configuration(&at(to), &keys.url(), rules))
    };
    let one = protect(&upstream, &rules(0))?;
    let many = protect(&upstream, &rules(1000))?;
    let streaming = protect(&events, &rules(0))?;
    let haproxy = Peer::haproxy(folder.path(), &haproxy_configuration(folder.path(), &key, &upstream)?)?;

    let audience = |peer: &Peer| format!("http://{}/mcp", peer.address);
    let mint = |audience: &str, number: usize| token(audience, number).sign(&key);
    eprintln!("minting {} tokens", rounds * requests * if haproxy.is_some() { 2 } else { 1 });
    let distinct = |peer: &Peer| -> Vec<String> {
        (0..rounds * requests).map(|number| mint(&audience(peer), number + 1)).collect()
    };
    let small = body(16);
    let (ok, unauthorized) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
    let case = |name, floor, aim, peer, make, expected| Case {
        row: Row { name, floor, aim, samples: Vec::new() },
        peer,
        make,
        expected,
    };
    let repeated = |peer: &Peer, body: &Bytes| with(peer, vec![mint(&audience(peer), 0)], body.clone());
    let forged = |peer: &Peer| {
        let mut text = mint(&audience(peer), 0);
        let last = if text.ends_with('A') { 'Q' } else { 'A' };
        text.pop();
        text.push(last);
        // A change in the last character alone may leave the signature's bytes; one further in does not.
        let place = text.len() - 100;
        let other = if &text[place..=place] == "A" { "B" } else { "A" };
        text.replace_range(place..=place, other);
        text
    };
    let floor = Some("a proxy that checks nothing");
    let mut cases = vec![
        case("the server alone", None, None, &upstream, with(&upstream, vec![], small.clone()), ok),
        case("a proxy that checks nothing", None, None, &proxy, with(&proxy, vec![], small.clone()), ok),
        case("one token, repeated", floor, Some(1.25), &one, repeated(&one, &small), ok),
        case("every token seen once", floor, Some(2.2), &one, with(&one, distinct(&one), small.clone()), ok),
        case("no token", floor, Some(1.0), &one, with(&one, vec![], small.clone()), unauthorized),
        case(
            "a forged signature",
            floor,
            Some(2.2),
            &one,
            with(&one, vec![forged(&one)], small.clone()),
            unauthorized,
        ),
        case("1,000 rules with globs", floor, None, &many, repeated(&many, &small), ok),
        case("64 KiB through the proxy", None, None, &proxy, with(&proxy, vec![], body(LARGE)), ok),
        case("64 KiB", Some("64 KiB through the proxy"), None, &one, repeated(&one, &body(LARGE)), ok),
        case(
            "events through the proxy",
            None,
            None,
            &events_proxy,
            with(&events_proxy, vec![], small.clone()),
            ok,
        ),
        case("events", Some("events through the proxy"), None, &streaming, repeated(&streaming, &small), ok),
    ];
    if let Some(haproxy) = &haproxy {
        cases.extend([
            case("HAProxy, one token", floor, None, haproxy, repeated(haproxy, &small), ok),
            case(
                "HAProxy, every token once",
                floor,
                None,
                haproxy,
                with(haproxy, distinct(haproxy), small.clone()),
                ok,
            ),
            case(
                "HAProxy, no token",
                floor,
                None,
                haproxy,
                with(haproxy, vec![], small.clone()),
                unauthorized,
            ),
            case(
                "HAProxy, forged",
                floor,
                None,
                haproxy,
                with(haproxy, vec![forged(haproxy)], small.clone()),
                unauthorized,
            ),
        ]);
    } else {
        eprintln!("there is no HAProxy here: that peer is left out");
    }
    let mut busiest = machine::busy().await?;
    for round in 0..rounds {
        for case in &mut cases {
            let begin = machine::cpu_seconds(case.peer.id())?;
            // A round sends its own share of the numbered requests.
            let make = case.make.clone();
            let numbered: Make = Arc::new(move |number| make(round * requests + number));
            let run = load::run(case.peer.address, numbered, requests, case.expected).await;
            let run = run.map_err(|error| error.context(case.row.name))?;
            let cpu = machine::cpu_seconds(case.peer.id())? - begin;
            case.row.samples.push(sample(&run, cpu, requests));
        }
        busiest = busiest.max(machine::busy().await?);
        eprintln!("round {} of {rounds}", round + 1);
    }
    let rows: Vec<Row> = cases.into_iter().map(|case| case.row).collect();
    let out = std::io::stdout();
    let was_ours = busiest <= BUSY;
    let memory = machine::memory(one.id())?.resident;
    write(out, &rows, was_ours, busiest, memory, requests)?;
    std::fs::write("latest.json", serde_json::to_vec_pretty(&rows)?)?;
    Ok(())
}

fn write(
    mut out: impl std::io::Write,
    rows: &[Row],
    was_ours: bool,
    busiest: f64,
    memory: f64,
    requests: usize,
) -> anyhow::Result<()> {
    writeln!(out, "{}", machine::description())?;
    writeln!(
        out,
        "{requests} requests a case and round, 16 connections; others used {:.0} % of the machine",
        busiest * 100.0
    )?;
    if !was_ours {
        writeln!(out, "That is too much to compare: no ratios.")?;
    }
    writeln!(out, "The gateway held {:.1} MiB in the end.\n", memory)?;
    Ok(out.write_all(print(rows, was_ours).as_bytes())?)
}

fn sample(run: &Run, cpu: f64, requests: usize) -> Sample {
    let at = |part: f64| run.latencies[(run.latencies.len() as f64 * part) as usize].as_secs_f64() * 1e3;
    let count = requests as f64;
    Sample { cpu: cpu / count * 1e6, rate: count / run.time.as_secs_f64(), p50: at(0.5), p99: at(0.99) }
}

/// HAProxy's own checks: algorithm, issuer, audience, expiry, signature.
fn haproxy_configuration(folder: &std::path::Path, key: &TestKey, upstream: &Peer) -> anyhow::Result<String> {
    let pem = folder.join("key.pem");
    std::fs::write(&pem, crate::pem::public_key(&key.jwk("key-1"))?)?;
    Ok(format!(
        r#"
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend mcp
    bind {{address}}
    http-request deny deny_status 401 unless {{ http_auth_bearer -m found }}
    http-request set-var(txn.bearer) http_auth_bearer
    http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')
    http-request set-var(txn.iss) http_auth_bearer,jwt_payload_query('$.iss')
    http-request set-var(txn.aud) http_auth_bearer,jwt_payload_query('$.aud')
    http-request set-var(txn.exp) http_auth_bearer,jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str RS256 }}
    http-request deny deny_status 401 unless {{ var(txn.iss) -m str {ISSUER} }}
    http-request deny deny_status 401 unless {{ var(txn.aud) -m str http://{{address}}/mcp }}
    http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) lt 0 }}
    http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,"{pem}") 1 }}
    default_backend server
backend server
    server one {upstream}
"#,
        pem = pem.display(),
        upstream = upstream.address,
    ))
}
