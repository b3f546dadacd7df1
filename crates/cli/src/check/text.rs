//! A report as people read it: what is wrong, with what came, why it matters and what to change; a summary last.

use super::{
    Shown, clients,
    paint::{As, Paint},
};
use crate::text::wrapped;
use portcullis_check::{Finding, Group, Note, Outcome, Report, Summary};

/// Where the texts under a finding begin.
const INDENT: usize = 14;
/// Where the texts of what failed begin.
const IN_SHORT: usize = 13;
/// As wide as a line of prose is read.
const WIDTH: usize = 100;

pub(super) fn text(report: &Report, shown: Shown, paint: Paint) -> String {
    let mut text = format!("{}\n\n", paint.paint(As::Title, &report.url));
    text += &failed(report, paint);
    let longest = report.groups.iter().map(|group| group.name.len()).max().unwrap_or_default();
    for group in &report.groups {
        text += &of_group(group, longest, shown.every_requirement, paint);
    }
    text.truncate(text.trim_end().len());
    text += "\n";
    text += &clients::text(&report.clients, shown.every_step, paint);
    text += &notes(&report.notes, paint);
    text += &summary(report, paint);
    if let Some(why) = report.cut_short {
        text += &format!("Not everything was looked at: {why}.\n");
    }
    if !shown.has_token {
        text += "What is done with tokens was not judged: give one with --token or PORTCULLIS_TOKEN, or take --login.\n";
    }
    text
}

/// What must be met and is not, first and in short: the rest may be screens long.
fn failed(report: &Report, paint: Paint) -> String {
    let mut text = String::new();
    for finding in report.findings().filter(|finding| finding.outcome == Outcome::Failed) {
        let said = finding.said.as_deref().unwrap_or(finding.asks);
        let (mark, said) = (paint.paint(As::Bad, "✗"), wrapped(said, IN_SHORT, WIDTH));
        text += &format!("  {mark} {:<8} {said}\n", finding.row);
    }
    if text.is_empty() { text } else { text + "\n" }
}

fn of_group(group: &Group, longest: usize, all: bool, paint: Paint) -> String {
    let count = |outcome| group.findings.iter().filter(|finding| finding.outcome == outcome).count();
    let mut counts = Vec::new();
    for (outcome, what, color) in [
        (Outcome::Failed, "failed", As::Bad),
        (Outcome::Warned, "warned", As::Doubtful),
        (Outcome::Passed, "passed", As::Good),
        (Outcome::NotApplicable, "not judged", As::Aside),
    ] {
        let number = count(outcome);
        if number > 0 {
            counts.push(paint.paint(color, &format!("{number} {what}")));
        }
    }
    let mut text = format!("{:<longest$}  {}\n", group.name, counts.join(", "));
    for finding in &group.findings {
        match finding.outcome {
            Outcome::Failed | Outcome::Warned => text += &wrong(finding, paint),
            Outcome::Passed | Outcome::NotApplicable if all => text += &line(finding, paint),
            Outcome::Passed | Outcome::NotApplicable => {}
        }
    }
    // What stands under its name is set apart from the next.
    if text.lines().count() > 1 { text + "\n" } else { text }
}

/// One line: what was asked, and what became of it.
fn line(finding: &Finding, paint: Paint) -> String {
    let (mark, color) = match finding.outcome {
        Outcome::Passed => ("✓", As::Good),
        Outcome::Failed => ("✗", As::Bad),
        Outcome::Warned => ("!", As::Doubtful),
        Outcome::NotApplicable => ("–", As::Aside),
    };
    let mut line = format!("  {} {:<8} {}", paint.paint(color, mark), finding.row, finding.asks);
    if let (Outcome::NotApplicable, Some(reason)) = (finding.outcome, &finding.said) {
        line += &paint.paint(As::Aside, &format!(" ({reason})"));
    }
    line + "\n"
}

fn wrong(finding: &Finding, paint: Paint) -> String {
    let told = finding.told().map(|(label, value)| labelled(label, Some(value), paint));
    line(finding, paint) + &told.collect::<String>()
}

/// A line under a finding: what it is, and what there is to say of it.
pub(super) fn labelled(label: &str, value: Option<&str>, paint: Paint) -> String {
    value.map_or_else(String::new, |value| {
        let label = paint.paint(As::Aside, &format!("    {label:<10}"));
        format!("{label}{}\n", wrapped(value, INDENT, WIDTH))
    })
}

/// What is known of the providers: nothing that was judged.
fn notes(notes: &[Note], paint: Paint) -> String {
    let mut text = String::new();
    for note in notes {
        text +=
            &format!("\n{} {}\n", paint.paint(As::Doubtful, "note"), paint.paint(As::Title, note.provider));
        for (label, value) in [("known", note.says), ("change", note.change), ("source", note.link)] {
            text += &labelled(label, Some(value), paint);
        }
    }
    text
}

fn summary(report: &Report, paint: Paint) -> String {
    let Summary { passed, failed, warned, not_applicable } = report.summary;
    let stopped = report.clients.iter().filter(|client| client.stops.is_some()).count();
    let verdict = match (failed, warned, stopped) {
        (0, 0, 0) => paint.paint(As::Good, "nothing to complain of"),
        (0, _, 0) => paint.paint(As::Doubtful, "meets what it must, and could be better"),
        (0, _, _) => paint.paint(As::Doubtful, "meets what it must, and not every client gets in"),
        _ => paint.paint(As::Bad, "does not meet what it must"),
    };
    let clients = match stopped {
        0 => String::new(),
        stopped => format!("; {stopped} of {} clients stop", report.clients.len()),
    };
    format!(
        "\n{verdict}: {failed} failed, {warned} warned, {passed} passed, {not_applicable} not judged{clients}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_check::Level;

    fn finding(row: &'static str, outcome: Outcome) -> Finding {
        let is_wrong = matches!(outcome, Outcome::Failed | Outcome::Warned);
        Finding {
            row,
            level: Level::Must,
            outcome,
            asks: "Something is so",
            source: "RFC 0",
            sent: Some("GET https://h/".to_owned()),
            came: Some("200 OK".to_owned()),
            said: Some("it is not so".to_owned()),
            why: is_wrong.then_some("it matters"),
            change: is_wrong.then_some("change it"),
        }
    }

    fn report() -> Report {
        let findings = vec![
            finding("CH-01", Outcome::Failed),
            finding("CH-02", Outcome::Passed),
            finding("CH-03", Outcome::NotApplicable),
        ];
        let summary = Summary { passed: 1, failed: 1, warned: 0, not_applicable: 1 };
        Report {
            url: "https://h/mcp".to_owned(),
            groups: vec![Group { name: "challenge", findings }],
            notes: vec![Note {
                provider: "Someone",
                says: "a setting is off",
                change: "switch it on",
                link: "https://h/docs",
            }],
            clients: Vec::new(),
            summary,
            cut_short: None,
        }
    }

    #[test]
    fn what_is_wrong_is_told_whole_and_the_rest_counted() {
        let text = text(
            &report(),
            Shown { every_requirement: false, every_step: false, has_token: true },
            Paint::never(),
        );
        for part in [
            "✗ CH-01",
            "it is not so",
            "200 OK",
            "it matters",
            "change it",
            "RFC 0",
            "Someone",
            "switch it on",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("CH-02") && !text.contains("CH-03"), "{text}");
        assert!(text.trim_end().ends_with("1 failed, 0 warned, 1 passed, 1 not judged"), "{text}");
    }

    #[test]
    fn everything_is_told_to_whoever_asks() {
        let text = text(
            &report(),
            Shown { every_requirement: true, every_step: true, has_token: false },
            Paint::never(),
        );
        for part in ["✓ CH-02", "– CH-03", "(it is not so)", "--token"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
