//! What is told: each requirement with its outcome, in groups, and a summary. This is the form that `--json` prints.

use crate::{
    ClientReport, Exchange, Level, Note, Row, Verdict,
    exchange::{SAID, printable},
};
use schemars::JsonSchema;
use serde::Serialize;

/// Everything that is said of one server.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The URL that was looked at.
    pub url: String,
    /// The requirements, in the order clients meet them.
    pub groups: Vec<Group>,
    /// What is known of the providers that were recognised: nothing that could be judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// How far each client comes, in order of how many people use them.
    pub clients: Vec<ClientReport>,
    /// How many of each outcome.
    pub summary: Summary,
    /// Why not everything was asked; where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<&'static str>,
}

/// Requirements on one subject.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Group {
    /// `challenge`.
    pub name: &'static str,
    /// One for each rule.
    pub findings: Vec<Finding>,
}

/// One requirement, judged.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// The row of `docs/requirements.md`.
    pub row: &'static str,
    /// How binding.
    pub level: Level,
    /// What came of it.
    pub outcome: Outcome,
    /// What is asked.
    pub asks: &'static str,
    /// Where it stands.
    pub source: &'static str,
    /// What was sent, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// What came, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came: Option<String>,
    /// What is wrong; or why it could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// What goes wrong because of it; where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// What to do about it; where something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<&'static str>,
}

/// What came of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is met.
    Passed,
    /// It must be met, and is not.
    Failed,
    /// It should be met, and is not.
    Warned,
    /// It could not be judged.
    NotApplicable,
}

/// How many of each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Met.
    pub passed: usize,
    /// Must be met, and are not.
    pub failed: usize,
    /// Should be met, and are not.
    pub warned: usize,
    /// Could not be judged.
    pub not_applicable: usize,
}

impl Finding {
    pub(crate) fn new(row: &Row, verdict: Verdict<'_>) -> Self {
        let (outcome, said, exchange) = match verdict {
            Verdict::Met(exchange) => (Outcome::Passed, None, Some(exchange)),
            Verdict::Unmet(said, exchange) => (row.level.unmet(), Some(printable(&said, SAID)), exchange),
            Verdict::NotApplicable(reason) => (Outcome::NotApplicable, Some(reason.to_owned()), None),
        };
        let is_wrong = matches!(outcome, Outcome::Failed | Outcome::Warned);
        Self {
            row: row.id,
            level: row.level,
            outcome,
            asks: row.asks,
            source: row.source,
            sent: exchange.map(|exchange| exchange.sent.line()),
            came: exchange.map(Exchange::line),
            said,
            why: is_wrong.then_some(row.why),
            change: is_wrong.then_some(row.change),
        }
    }
}

impl Finding {
    /// What there is to say of one that is wrong, each with its label, in the order it is read.
    pub fn told(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let told = [
            ("wrong", self.said.as_deref()),
            ("sent", self.sent.as_deref()),
            ("came", self.came.as_deref()),
            ("why", self.why),
            ("change", self.change),
            ("source", Some(self.source)),
        ];
        told.into_iter().filter_map(|(label, value)| Some((label, value?)))
    }
}

impl Level {
    /// How bad it is that a requirement of this level is not met.
    fn unmet(self) -> Outcome {
        match self {
            Self::Must => Outcome::Failed,
            Self::Should | Self::Practice => Outcome::Warned,
        }
    }
}

impl Report {
    pub(crate) fn new(url: &str, groups: Vec<Group>, notes: Vec<Note>, clients: Vec<ClientReport>) -> Self {
        let mut summary = Summary::default();
        for finding in groups.iter().flat_map(|group| &group.findings) {
            *match finding.outcome {
                Outcome::Passed => &mut summary.passed,
                Outcome::Failed => &mut summary.failed,
                Outcome::Warned => &mut summary.warned,
                Outcome::NotApplicable => &mut summary.not_applicable,
            } += 1;
        }
        Self { url: url.to_owned(), groups, notes, clients, summary, cut_short: None }
    }

    /// Every finding, in order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.groups.iter().flat_map(|group| &group.findings)
    }
}
