//! `bench/run streams`: as many open event streams as a gateway is to carry, and readers that stop.
//!
//! The same streams run without the gateway too: what delays events there is the machine, not the gateway. The gateway has
//! the first core; clients and upstream share the second.

use crate::{
    calls::{self, configuration},
    clients::{Protocol, Streams, Target, ask},
    events::Heard,
    machine,
    peers::Peer,
    slow::{self, Slow},
};
use anyhow::ensure;
use portcullis_testing::TestKey;
use std::{path::Path, time::Duration};
use tokio::time::Instant;

/// Milliseconds that 99 of 100 events may be later through the gateway than without it, readers that stop or not. An event
/// that is kept back comes with the next one, a second later.
const LATER: f64 = 100.0;
/// More than this part of the time waiting for its core, and the gateway is not judged by delays.
const BUSY: f64 = 0.02;
/// MiB of the gateway's memory that a reader who stopped may take.
const SLOW_READER: f64 = 0.5;
/// Of a hundred clients, so many stop.
const SLOW_SHARE: usize = 1;
/// Over HTTP/1.1 a stream takes two of the gateway's descriptors, of which this many are kept for all else.
const DESCRIPTORS: usize = 2000;

/// One run of all streams.
struct Row {
    name: &'static str,
    protocol: Protocol,
    streams: usize,
    heard: Heard,
    gateway: Option<Cost>,
    slow: Vec<Slow>,
}

/// What the gateway used.
struct Cost {
    /// KiB of memory.
    per_stream: f64,
    /// Part of a core.
    cpu: f64,
    /// Part of the time in which it could have run, and others did.
    waited: f64,
}

/// Holds `streams` streams open for so many seconds, in each way.
pub async fn run(gateway: &str, streams: usize, seconds: usize) -> anyhow::Result<()> {
    ensure!(streams > 0 && seconds >= 10, "a stream at least, and ten seconds");
    let folder = tempfile::tempdir()?;
    let bench = Bench { gateway, folder: folder.path(), key: TestKey::p256(), seconds };
    let http1 = streams.min((machine::descriptors()?.saturating_sub(DESCRIPTORS)) / 2);
    let (one, two) = (Protocol::Http1, Protocol::Http2);
    let rows = [
        bench.run("no gateway", two, streams, false, false).await?,
        bench.run("the gateway", two, streams, true, false).await?,
        bench.run("the gateway, and readers that stop", two, streams, true, true).await?,
        bench.run("no gateway", one, http1, false, false).await?,
        bench.run("the gateway", one, http1, true, false).await?,
    ];
    write(std::io::stdout(), &rows, seconds)?;
    let failures = failures(&rows);
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

struct Bench<'a> {
    gateway: &'a str,
    folder: &'a Path,
    key: TestKey,
    seconds: usize,
}

impl Bench<'_> {
    async fn run(
        &self,
        name: &'static str,
        protocol: Protocol,
        streams: usize,
        through: bool,
        slow: bool,
    ) -> anyhow::Result<Row> {
        eprintln!("{streams} streams, {}: {name}", protocol.name());
        let fountain = Peer::beside(&["fountain"])?;
        let keys = calls::keys(&self.key).await;
        let to = format!("http://{}/mcp", fountain.address);
        let rules = "greet_user = [\"todo:read\"]\n[resource.forward]\nsubject_header = \"x-caller\"\n\
                     [limits]\nmax_connections = 12000\n";
        let configuration = configuration(&to, &keys.url(), rules);
        let gateway =
            through.then(|| Peer::gateway(self.gateway, self.folder, &configuration)).transpose()?;
        let memory = |gateway: &Peer| machine::memory(gateway.id()).map(|it| it.resident);
        let before = gateway.as_ref().map(memory).transpose()?;
        let target = match &gateway {
            Some(gateway) => Target { address: gateway.address, key: Some(self.key.clone()) },
            None => Target { address: fountain.address, key: None },
        };
        // The last event is for the time after the last look.
        let opened = Streams::open(&target, protocol, streams, self.seconds + 2).await?;

        ask(fountain.address, "/go").await?;
        let (begin, time) = (Instant::now(), Duration::from_secs(self.seconds as u64));
        let mut reading = tokio::spawn(opened.read());
        let cpu = |gateway: &Peer| {
            anyhow::Ok((machine::cpu_seconds(gateway.id())?, machine::waited_seconds(gateway.id())?))
        };
        let cpu_before = gateway.as_ref().map(cpu).transpose()?;
        let watching = async {
            // Streams stay as they are; what stands still now is what they take.
            tokio::time::sleep_until(begin + time.mul_f64(0.08)).await;
            let open = gateway.as_ref().map(memory).transpose()?;
            let slow = match &gateway {
                Some(gateway) if slow => {
                    let readers = (streams * SLOW_SHARE).div_ceil(300);
                    slow::run(gateway, &fountain, &target, readers, begin, time).await?
                }
                _ => Vec::new(),
            };
            tokio::time::sleep_until(begin + time.mul_f64(0.92)).await;
            let used = gateway.as_ref().map(cpu).transpose()?;
            anyhow::Ok((open, used, begin.elapsed(), slow))
        };
        let (open, used, elapsed, slow) = tokio::select! {
            watched = watching => watched?,
            early = &mut reading => {
                early??;
                anyhow::bail!("the streams ended too early")
            }
        };
        let cost = before.zip(open).zip(cpu_before.zip(used)).map(|((before, open), (start, end))| Cost {
            per_stream: (open - before) * 1024.0 / streams as f64,
            cpu: (end.0 - start.0) / elapsed.as_secs_f64(),
            waited: (end.1 - start.1) / elapsed.as_secs_f64(),
        });
        let heard = reading.await??;
        Ok(Row { name, protocol, streams, heard, gateway: cost, slow })
    }
}

fn failures(rows: &[Row]) -> Vec<String> {
    let mut failures = Vec::new();
    let was_ours = waited(rows) <= BUSY;
    for row in rows {
        let what = format!("{}, {}", row.name, row.protocol.name());
        if !row.heard.is_good() {
            failures.push(format!("{what}: events were lost, reordered or another's"));
        }
        let floor = rows.iter().find(|floor| floor.protocol == row.protocol);
        let later = row.heard.within(0.99) - floor.map_or(0.0, |floor| floor.heard.within(0.99));
        if was_ours && later > LATER {
            failures.push(format!("{what}: 1 % of the events came {later:.0} ms later than without it"));
        }
        for slow in &row.slow {
            if slow.memory > SLOW_READER {
                failures.push(format!("{}: {:.2} MiB a reader", slow.name, slow.memory));
            }
            if slow.poured_in_the_end > slow.poured {
                failures.push(format!("{}: the upstream is not held back", slow.name));
            }
        }
    }
    failures
}

/// The part of the time in which the gateway could have run, and others did.
fn waited(rows: &[Row]) -> f64 {
    rows.iter().filter_map(|row| Some(row.gateway.as_ref()?.waited)).fold(0.0, f64::max)
}

fn write(mut out: impl std::io::Write, rows: &[Row], seconds: usize) -> anyhow::Result<()> {
    let waited = waited(rows);
    writeln!(out, "{}", machine::description())?;
    writeln!(
        out,
        "{seconds} s, one event a second on every stream; the gateway waited {:.1} % of the time for its core",
        waited * 100.0
    )?;
    if waited > BUSY {
        writeln!(out, "That is too much: delays are the machine's, and are not judged.")?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "| through | client side | streams | events | lost | reordered | another's | p50 ms | p99 ms | max ms | gateway KiB a stream | gateway CPU |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    for row in rows {
        let Row { heard, .. } = row;
        let cost = row.gateway.as_ref();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {:.1} | {:.1} | {:.1} | {} | {} |",
            row.name,
            row.protocol.name(),
            row.streams,
            heard.delays.len() + row.streams,
            heard.lost,
            heard.reordered,
            heard.foreign,
            heard.within(0.5),
            heard.within(0.99),
            heard.within(1.0),
            cost.map(|cost| format!("{:.1}", cost.per_stream)).unwrap_or_default(),
            cost.map(|cost| format!("{:.0} % of a core", cost.cpu * 100.0)).unwrap_or_default(),
        )?;
    }
    writeln!(
        out,
        "\n| readers that stop | readers | gateway MiB a reader | poured MiB a reader | in the end |\n|---|---|---|---|---|"
    )?;
    for slow in rows.iter().flat_map(|row| &row.slow) {
        let Slow { name, readers, memory, poured, poured_in_the_end } = slow;
        writeln!(out, "| {name} | {readers} | {memory:.2} | {poured:.2} | {poured_in_the_end:.2} |")?;
    }
    Ok(())
}
