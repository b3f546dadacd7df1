//! What keeps a resource from being protected: every problem at once, each with its place and a remedy.

use std::fmt;

/// Something that was said wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    place: String,
    value: Option<String>,
    message: String,
    remedy: String,
}

/// A resource could not be put together. Its text has a line for each problem; so has its `Debug`, which is what people read
/// where `main` returns it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("the protected resource cannot be built:{}", lines(.problems))]
pub struct BuildError {
    problems: Vec<Problem>,
}

impl Problem {
    /// At `place`, something `is …`; what to do.
    pub fn new(place: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.into(), value: None, message: message.into(), remedy: remedy.into() }
    }

    /// Names the value that is wrong; never a secret, and so nothing that may have a password in it, as URLs do.
    #[must_use]
    pub fn about(mut self, value: &str) -> Self {
        self.value = Some(value.to_owned()).filter(|value| !value.contains('@'));
        self
    }

    /// Which part it is.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The value that is wrong, where it may be shown.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// What is wrong with it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// At a place within this one.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        self.place = format!("{outer}, {}", self.place);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(value) = &self.value {
            write!(f, " {value:?}")?;
        }
        write!(f, " {}; {}", self.message, self.remedy)
    }
}

impl BuildError {
    pub(crate) fn of(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// Each of them.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}
