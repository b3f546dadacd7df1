//! What is judged: a requirement, how binding it is, and the verdict on one server.

use crate::{Exchange, Seen};
use schemars::JsonSchema;
use serde::Serialize;

/// How binding a requirement is, in the words of RFC 2119.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    /// MUST, SHALL, REQUIRED, and their negations.
    Must,
    /// SHOULD, RECOMMENDED, and their negations.
    Should,
    /// No text asks for it; clients that people have stumble without it.
    Practice,
}

/// A requirement, as `docs/requirements.md` numbers it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `CH-05`.
    pub id: &'static str,
    /// How binding.
    pub level: Level,
    /// Where it stands: `RFC 6750 §3.1`.
    pub source: &'static str,
    /// What is asked, in one line: `A 401 to a request without credentials has no error code`.
    pub asks: &'static str,
    /// What goes wrong otherwise.
    pub why: &'static str,
    /// What to do about it.
    pub change: &'static str,
}

/// A requirement, and how it is judged. Two rules may have one row's id, where it asks two things.
#[derive(Clone, Copy)]
pub struct Rule {
    /// What is asked.
    pub row: Row,
    /// A pure function: whatever it needs has been seen, or it is not applicable.
    pub judge: fn(&Seen) -> Verdict<'_>,
}

/// What became of one requirement.
pub enum Verdict<'a> {
    /// It is met.
    Met(&'a Exchange),
    /// It is not met: what came, in a sentence, and the exchange that shows it. How bad that is, the level says.
    Unmet(String, Option<&'a Exchange>),
    /// It could not be judged here, and why: `no token was given`.
    NotApplicable(&'static str),
}
