//! The requirements, in the order clients meet them; a file a subject. Each is a row and a pure function from what was seen.

mod challenge;
mod cors;
mod discovery;
mod endpoint;
mod forged;
mod issuer;
mod legacy;
mod limits;
mod metadata;
mod modern;
mod other_tokens;
mod readings;
mod routing;
mod sessions;
mod token;
mod versions;
mod with_token;

use crate::{Finding, Group, Report, Rule, Seen, Verdict, mask::Mask, play, providers::notes};

/// The subjects, in the order clients meet them; the rules of each in parts.
const SUBJECTS: &[(&str, &[&[Rule]])] = &[
    ("discovery", discovery::RULES),
    ("challenge", challenge::RULES),
    ("metadata", metadata::RULES),
    ("authorization server", issuer::RULES),
    ("pages", cors::RULES),
    ("token", &[token::RULES, forged::RULES, other_tokens::RULES]),
    ("transport of 2026-07-28", &[versions::RULES, modern::RULES, routing::RULES]),
    ("transport before 2026-07-28", &[legacy::RULES]),
    ("sessions", &[sessions::RULES]),
    ("parsing", &[readings::RULES]),
    ("limits", &[limits::RULES]),
];

const CUT_SHORT: &str =
    "the server took so long that the time was up; what was not asked by then is not judged";

/// Judges everything that was seen, and plays every client.
#[must_use]
pub fn judge(seen: &Seen) -> Report {
    let groups = SUBJECTS.iter().map(|(name, rules)| Group {
        name,
        findings: rules
            .iter()
            .copied()
            .flatten()
            .map(|rule| Finding::new(&rule.row, in_time(seen, (rule.judge)(seen))))
            .collect(),
    });
    let mut report = Report::new(seen.subject.as_str(), groups.collect(), notes(seen), play(seen, &[]));
    report.cut_short = seen.is_cut_short.then_some(CUT_SHORT);
    report.mask(&Mask::of(&seen.subject));
    report
}

/// When the time was up, that an answer is missing says nothing.
fn in_time<'a>(seen: &Seen, verdict: Verdict<'a>) -> Verdict<'a> {
    match verdict {
        Verdict::Unmet(_, exchange)
            if seen.is_cut_short && exchange.is_none_or(|exchange| exchange.came.is_err()) =>
        {
            Verdict::NotApplicable("the time was up before it was asked")
        }
        Verdict::Met(_) | Verdict::Unmet(..) | Verdict::NotApplicable(_) => verdict,
    }
}
