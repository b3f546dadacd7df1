//! The requirements, in the order clients meet them; a file a subject. Each is a row and a pure function from what was seen.

mod challenge;

use crate::{Finding, Group, Report, Rule, Seen};

/// The subjects, in the order clients meet them.
const SUBJECTS: &[(&str, &[Rule])] = &[("challenge", challenge::RULES)];

/// Judges everything that was seen.
#[must_use]
pub fn judge(seen: &Seen) -> Report {
    let groups = SUBJECTS.iter().map(|(name, rules)| Group {
        name,
        findings: rules.iter().map(|rule| Finding::new(&rule.row, (rule.judge)(seen))).collect(),
    });
    Report::new(seen.subject.as_str(), groups.collect())
}
