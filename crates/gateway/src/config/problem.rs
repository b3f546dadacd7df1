//! What is wrong with a configuration: the place, the fact, the remedy.

use std::fmt;

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `resource[0].upstream`, `SCALEKIT_RESOURCE_ID`, `--listen`.
    pub place: String,
    /// What is wrong, and what to do.
    pub text: String,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push(Problem { place: place.into(), text: text.into() });
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "  {}: {}", problem.place, problem.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
