//! `bench/run memory`: what the gateway remembers of tokens is bounded, however many it sees.
//!
//! Every token is another one of another caller and is seen once. It is made when its request is, so that the load holds
//! none of them.

use crate::{
    calls::{self, body, call, configuration, token},
    load::{self, Make},
    machine,
    peers::Peer,
};
use anyhow::{bail, ensure};
use http::StatusCode;
use http_body_util::Full;
use portcullis_testing::TestKey;
use std::{io::Write as _, sync::Arc, time::Instant};

/// MiB that the gateway may hold in the end.
const AIM: f64 = 96.0;
/// Where memory is read on the way, beside the end.
const READINGS: [usize; 3] = [10_000, 100_000, 1_000_000];

/// Sends `tokens` distinct tokens of this algorithm through one gateway.
pub async fn run(gateway: &str, tokens: usize, algorithm: &str) -> anyhow::Result<()> {
    let key = match algorithm {
        "RS256" => TestKey::rsa(),
        "ES256" => TestKey::p256(),
        _ => bail!("tokens are RS256 or ES256"),
    };
    let folder = tempfile::tempdir()?;
    let keys = calls::keys(&key).await;
    let upstream = Peer::role(&["upstream", "json"])?;
    let rules = "greet_user = [\"todo:read\"]\n";
    let to = format!("http://{}/mcp", upstream.address);
    let gateway = Peer::gateway(gateway, folder.path(), &configuration(&to, &keys.url(), rules))?;

    let mut out = std::io::stdout();
    writeln!(out, "{}\n", machine::description())?;
    writeln!(out, "| distinct {algorithm} tokens | resident MiB | peak MiB | gateway CPU µs a token |")?;
    writeln!(out, "|---|---|---|---|")?;
    let start = machine::memory(gateway.id())?;
    writeln!(out, "| 0 | {:.1} | {:.1} | |", start.resident, start.peak)?;

    let sent = each_once(&gateway, key, algorithm);
    let readings = READINGS.into_iter().filter(|reading| *reading < tokens).chain([tokens]);
    let (mut done, begin) = (0, Instant::now());
    for reading in readings {
        let (sent, before) = (sent.clone(), machine::cpu_seconds(gateway.id())?);
        let numbered: Make = Arc::new(move |number| sent(done + number));
        load::run(gateway.address, numbered, reading - done, StatusCode::OK).await?;
        let cpu = (machine::cpu_seconds(gateway.id())? - before) / (reading - done) as f64 * 1e6;
        let now = machine::memory(gateway.id())?;
        writeln!(out, "| {reading} | {:.1} | {:.1} | {cpu:.0} |", now.resident, now.peak)?;
        done = reading;
    }
    let end = machine::memory(gateway.id())?;
    eprintln!("{tokens} tokens in {} s", begin.elapsed().as_secs());
    ensure!(end.resident <= AIM, "the gateway holds {:.1} MiB; the aim is {AIM}", end.resident);
    Ok(())
}

/// A call with a token nobody saw before, of a caller nobody saw before.
fn each_once(gateway: &Peer, key: TestKey, algorithm: &str) -> Make {
    let (host, body) = (gateway.address.to_string(), body(16));
    let (audience, algorithm) = (format!("http://{host}/mcp"), algorithm.to_owned());
    Arc::new(move |number| {
        let token = token(&audience, number).claim("sub", format!("caller-{number}"));
        let token = token.header("alg", algorithm.as_str()).sign(&key);
        let request = call("/mcp", Some(&token)).header("host", &host);
        request.body(Full::new(body.clone())).expect("a valid request")
    })
}
