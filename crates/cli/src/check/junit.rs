//! A report as CI systems read it: JUnit's XML. What must be met and is not is a failure, and so is a client that stops; what
//! should be met is a line of output.

use portcullis_check::{ClientReport, Finding, Outcome, Report};
use std::fmt::Write as _;

pub(super) fn xml(report: &Report) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let summary = &report.summary;
    let stopped = report.clients.iter().filter(|client| client.stops.is_some()).count();
    let judged = summary.passed + summary.failed + summary.warned + summary.not_applicable;
    let (tests, failures) = (judged + report.clients.len(), summary.failed + stopped);
    let not_played = report.clients.iter().filter(|client| client.not_played.is_some()).count();
    let skipped = summary.not_applicable + not_played;
    let _ = writeln!(
        xml,
        "<testsuites name=\"portcullis check\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\">"
    );
    for group in &report.groups {
        let count = |outcome| group.findings.iter().filter(|finding| finding.outcome == outcome).count();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
            escaped(group.name),
            group.findings.len(),
            count(Outcome::Failed),
            count(Outcome::NotApplicable),
        );
        for finding in &group.findings {
            xml += &case(group.name, finding);
        }
        xml += "  </testsuite>\n";
    }
    let played = report.clients.len();
    let _ = writeln!(
        xml,
        "  <testsuite name=\"clients\" tests=\"{played}\" failures=\"{stopped}\" skipped=\"{not_played}\">"
    );
    for client in &report.clients {
        xml += &of_client(client);
    }
    xml + "  </testsuite>\n</testsuites>\n"
}

fn of_client(client: &ClientReport) -> String {
    let name = escaped(&format!("{} reaches the sign-in page", client.name));
    match (&client.stops, &client.not_played) {
        (None, None) => format!("    <testcase classname=\"clients\" name=\"{name}\"/>\n"),
        (None, Some(why)) => {
            let skipped = format!("<skipped message=\"{}\"/>", escaped(why));
            format!("    <testcase classname=\"clients\" name=\"{name}\">{skipped}</testcase>\n")
        }
        (Some(stop), _) => {
            let (said, more) = (escaped(&stop.said), escaped(&format!("{}\n{}", stop.why, stop.change)));
            let failure = format!("<failure message=\"{said}\">{more}</failure>");
            format!("    <testcase classname=\"clients\" name=\"{name}\">{failure}</testcase>\n")
        }
    }
}

fn case(group: &str, finding: &Finding) -> String {
    let name = format!("{}: {}", finding.row, finding.asks);
    let mut case = format!("    <testcase classname=\"{}\" name=\"{}\"", escaped(group), escaped(&name));
    let said = finding.said.as_deref().unwrap_or_default();
    match finding.outcome {
        Outcome::Passed => case += "/>\n",
        Outcome::NotApplicable => {
            let _ = writeln!(case, "><skipped message=\"{}\"/></testcase>", escaped(said));
        }
        Outcome::Failed => {
            let _ = writeln!(
                case,
                "><failure message=\"{}\">{}</failure></testcase>",
                escaped(said),
                escaped(&details(finding))
            );
        }
        Outcome::Warned => {
            let _ = writeln!(case, "><system-out>{}</system-out></testcase>", escaped(&details(finding)));
        }
    }
    case
}

fn details(finding: &Finding) -> String {
    finding.told().map(|(label, value)| format!("{label}: {value}\n")).collect()
}

/// XML 1.0 §2.4; a character it cannot have is shown as a question mark.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' => escaped += "&#10;",
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('?'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_said_stays_text() {
        assert_eq!(escaped("a\"b<c>&\u{1b}[2J\n"), "a&quot;b&lt;c&gt;&amp;?[2J&#10;");
    }
}
