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
        self.each_round(floor, |ours, theirs| ours / theirs)
    }

    /// The median of each round's difference, in microseconds of CPU.
    fn over(&self, floor: &Self) -> f64 {
        self.each_round(floor, |ours, theirs| ours - theirs)
    }

    fn each_round(&self, floor: &Self, of: impl Fn(f64, f64) -> f64) -> f64 {
        let rounds = self.samples.iter().zip(&floor.samples);
        let mut values: Vec<f64> = rounds.map(|(ours, theirs)| of(ours.cpu, theirs.cpu)).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// What a column says of a row.
type Cell<'a> = &'a dyn Fn(&Row) -> String;

/// A table for people. Where the machine was not ours, ratios mean nothing and are left out; so are columns that say
/// nothing in any row.
pub fn print(rows: &[Row], machine_was_ours: bool) -> String {
    let find = |name: Option<&str>| name.and_then(|name| rows.iter().find(|other| other.name == name));
    let beside = |name: Option<&str>, say: &dyn Fn(&Row) -> String| {
        find(name)
            .map_or(String::new(), |other| if machine_was_ours { say(other) } else { "busy".to_owned() })
    };
    let spread = |row: &Row| {
        let cpu = row.sorted(|sample| sample.cpu);
        let (least, most) = (cpu.first().unwrap_or(&f64::NAN), cpu.last().unwrap_or(&f64::NAN));
        format!("{least:.1}–{most:.1}")
    };
    let ratio = |row: &Row, to: Option<&str>| beside(to, &|other| format!("{:.2}", row.ratio(other)));
    let columns: [(&str, Cell<'_>); 10] = [
        ("case", &|row| row.name.to_owned()),
        ("CPU µs a request", &|row| format!("{:.1}", row.median(|sample| sample.cpu))),
        ("spread", &spread),
        ("× floor", &|row| ratio(row, row.floor)),
        ("µs over the floor", &|row| beside(row.floor, &|floor| format!("{:+.1}", row.over(floor)))),
        ("aim", &|row| row.aim.map(|aim| format!("≤ {aim}")).unwrap_or_default()),
        ("× HAProxy", &|row| ratio(row, row.rival)),
        ("requests/s", &|row| format!("{:.0}", row.median(|sample| sample.rate))),
        ("p50 ms", &|row| format!("{:.2}", row.median(|sample| sample.p50))),
        ("p99 ms", &|row| format!("{:.2}", row.median(|sample| sample.p99))),
    ];
    let columns = columns.map(|(head, cell)| (head, rows.iter().map(cell).collect::<Vec<_>>()));
    let columns: Vec<_> =
        columns.iter().filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty())).collect();
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let head = line(columns.iter().map(|(head, _)| *head).collect());
    let rule = format!("|{}\n", "---|".repeat(columns.len()));
    let body =
        (0..rows.len()).map(|row| line(columns.iter().map(|(_, cells)| cells[row].as_str()).collect()));
    head + &rule + &body.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, floor: Option<&'static str>, cpu: [f64; 3]) -> Row {
        let samples = cpu.map(|cpu| Sample { cpu, rate: 1000.0, p50: 1.0, p99: 2.0 }).to_vec();
        Row { name, floor, aim: None, rival: None, samples }
    }

    /// Both sides of a ratio are of one round: a round in which everything was slow tells as much as any other.
    #[test]
    fn a_row_is_compared_with_its_floor_round_by_round_and_empty_columns_are_left_out() {
        let rows =
            [row("without", None, [10.0, 40.0, 12.0]), row("with", Some("without"), [11.0, 46.0, 15.0])];
        assert_eq!(
            print(&rows, true),
            "| case | CPU µs a request | spread | × floor | µs over the floor | requests/s | p50 ms | p99 ms |\n\
             |---|---|---|---|---|---|---|---|\n\
             | without | 12.0 | 10.0–40.0 |  |  | 1000 | 1.00 | 2.00 |\n\
             | with | 15.0 | 11.0–46.0 | 1.15 | +3.0 | 1000 | 1.00 | 2.00 |\n"
        );
    }

    #[test]
    fn nothing_is_compared_where_the_machine_was_not_ours() {
        let rows = [row("without", None, [1.0; 3]), row("with", Some("without"), [2.0; 3])];
        assert!(
            print(&rows, false).ends_with("| with | 2.0 | 2.0–2.0 | busy | busy | 1000 | 1.00 | 2.00 |\n")
        );
    }
}
