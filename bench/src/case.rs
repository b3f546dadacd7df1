//! One case: where to, with which requests, what counts as an answer; and how all of them are measured and printed.

use crate::{
    load::{self, Make, Run},
    machine,
    peers::Peer,
    table::{Row, Sample, print},
};
use http::StatusCode;
use std::sync::Arc;

/// More than this of the machine in other hands, and ratios are not printed.
const BUSY: f64 = 0.05;

/// One case.
pub struct Case<'a> {
    row: Row,
    peer: &'a Peer,
    make: Make,
    expected: StatusCode,
}

impl<'a> Case<'a> {
    /// Requests that are answered.
    pub fn of(name: &'static str, peer: &'a Peer, make: Make) -> Self {
        let row = Row { name, floor: None, aim: None, rival: None, samples: Vec::new() };
        Self { row, peer, make, expected: StatusCode::OK }
    }

    /// Requests that are not.
    pub fn refused(mut self) -> Self {
        self.expected = StatusCode::UNAUTHORIZED;
        self
    }

    /// Measured against this row.
    pub fn beside(mut self, floor: &'static str) -> Self {
        self.row.floor = Some(floor);
        self
    }

    /// The multiple of the floor that is aimed at.
    pub fn aim(mut self, aim: f64) -> Self {
        self.row.aim = Some(aim);
        self
    }

    /// HAProxy's row of the same work.
    pub fn and(mut self, rival: &'static str) -> Self {
        self.row.rival = Some(rival);
        self
    }
}

/// Measures every case `rounds` times, in turns, and prints the table.
pub async fn measure(mut cases: Vec<Case<'_>>, rounds: usize, requests: usize) -> anyhow::Result<()> {
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
    write(std::io::stdout(), &rows, busiest, requests)?;
    std::fs::write("latest.json", serde_json::to_vec_pretty(&rows)?)?;
    Ok(())
}

fn write(mut out: impl std::io::Write, rows: &[Row], busiest: f64, requests: usize) -> anyhow::Result<()> {
    let was_ours = busiest <= BUSY;
    writeln!(out, "{}", machine::description())?;
    writeln!(
        out,
        "{requests} requests a case and round, 16 connections; others used {:.0} % of the machine",
        busiest * 100.0
    )?;
    if !was_ours {
        writeln!(out, "That is too much to compare: no ratios.")?;
    }
    Ok(write!(out, "\n{}", print(rows, was_ours))?)
}

fn sample(run: &Run, cpu: f64, requests: usize) -> Sample {
    let at = |part: f64| run.latencies[(run.latencies.len() as f64 * part) as usize].as_secs_f64() * 1e3;
    let count = requests as f64;
    Sample { cpu: cpu / count * 1e6, rate: count / run.time.as_secs_f64(), p50: at(0.5), p99: at(0.99) }
}
