//! What came out: medians and spread, as a table and as JSON.

use serde::Serialize;

/// One round of one case.
#[derive(Clone, Copy, Serialize)]
pub struct Sample {
    /// CPU microseconds of the process under test, per request: milliseconds per 1,000.
    pub cpu: f64,
    /// Requests a second.
    pub rate: f64,
    /// Milliseconds.
    pub p50: f64,
    /// Milliseconds.
    pub p99: f64,
}

/// All rounds of one case.
#[derive(Serialize)]
pub struct Row {
    /// What was measured.
    pub name: &'static str,
    /// The row it is compared with.
    pub floor: Option<&'static str>,
    /// The aim, as a multiple of the floor.
    pub aim: Option<f64>,
    /// HAProxy's row of the same work, which is to cost more.
    pub rival: Option<&'static str>,
    /// In order.
    pub samples: Vec<Sample>,
}

impl Row {
    fn sorted(&self, of: impl Fn(&Sample) -> f64) -> Vec<f64> {
        let mut values: Vec<f64> = self.samples.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn median(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        self.sorted(of).get(self.samples.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The median of each round's ratio: both sides were measured within the same seconds.
    fn ratio(&self, floor: &Self) -> f64 {
        let mut ratios: Vec<f64> =
            self.samples.iter().zip(&floor.samples).map(|(ours, theirs)| ours.cpu / theirs.cpu).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// A table for people. Where the machine was not ours, ratios mean nothing and are left out.
pub fn print(rows: &[Row], machine_was_ours: bool) -> String {
    let mut text =
        "| case | CPU µs a request | spread | × floor | aim | × HAProxy | requests/s | p50 ms | p99 ms |\n\
                    |---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for row in rows {
        let cpu = row.sorted(|sample| sample.cpu);
        let (least, most) = (cpu.first().unwrap_or(&f64::NAN), cpu.last().unwrap_or(&f64::NAN));
        let beside = |name: Option<&str>| {
            let other = name.and_then(|name| rows.iter().find(|other| other.name == name));
            other.map_or(String::new(), |other| {
                if machine_was_ours { format!("{:.2}", row.ratio(other)) } else { "busy".to_owned() }
            })
        };
        let aim = row.aim.map(|aim| format!("≤ {aim}")).unwrap_or_default();
        text += &format!(
            "| {} | {:.1} | {least:.1}–{most:.1} | {} | {aim} | {} | {:.0} | {:.2} | {:.2} |\n",
            row.name,
            row.median(|sample| sample.cpu),
            beside(row.floor),
            beside(row.rival),
            row.median(|sample| sample.rate),
            row.median(|sample| sample.p50),
            row.median(|sample| sample.p99),
        );
    }
    text
}
