//! The requirements, in the order clients meet them; a file a subject. Each is a row and a pure function from what was seen.

mod challenge;
mod cors;
mod discovery;
mod issuer;
mod metadata;

use crate::{Finding, Group, Report, Rule, Seen, play, providers::notes};

/// The subjects, in the order clients meet them; the rules of each in parts.
const SUBJECTS: &[(&str, &[&[Rule]])] = &[
    ("discovery", discovery::RULES),
    ("challenge", challenge::RULES),
    ("metadata", metadata::RULES),
    ("authorization server", issuer::RULES),
    ("pages", cors::RULES),
];

/// Judges everything that was seen, and plays every client.
#[must_use]
pub fn judge(seen: &Seen) -> Report {
    let groups = SUBJECTS.iter().map(|(name, rules)| Group {
        name,
        findings: rules
            .iter()
            .copied()
            .flatten()
            .map(|rule| Finding::new(&rule.row, (rule.judge)(seen)))
            .collect(),
    });
    Report::new(seen.subject.as_str(), groups.collect(), notes(seen), play(seen, &[]))
}
