//! What is found while a configuration is read: problems, warnings, and where things were written.

use super::{
    place::{Place, Places, is_below},
    problem::{Problem, Problems, printable},
    typed::Config,
};

/// Collected on the way; nothing stops at the first problem.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) places: Places,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

impl Findings {
    /// The value at `path` cannot be used.
    pub(crate) fn wrong(
        &mut self,
        path: &str,
        value: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(path, Some(printable(value)), message.into(), remedy.into());
    }

    /// Something is wrong at `path`, whose value is secret, long, or not one.
    pub(crate) fn problem(&mut self, path: &str, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(path, None, message.into(), remedy.into());
    }

    /// What the library says of the value at `path`.
    pub(crate) fn told(&mut self, path: &str, problem: &portcullis::Problem) {
        match problem.value() {
            Some(value) => self.wrong(path, value, problem.message(), problem.remedy()),
            None if problem.message() == "is missing" => self.missing(path, problem.remedy()),
            None => self.problem(path, problem.message(), problem.remedy()),
        }
    }

    /// The same, at a place that no key of the file stands for.
    pub(crate) fn problem_at(
        &mut self,
        place: Place,
        path: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (message, remedy) = (message.into(), remedy.into());
        self.problems.push(Problem { place, value: None, message, remedy, path: path.to_owned() });
    }

    /// Nothing is written at `path`, and something must be. Not said where a problem was already found.
    pub(crate) fn missing(&mut self, path: &str, remedy: impl Into<String>) {
        if !self.has_problem_at(path) {
            self.problem(path, "is missing", remedy);
        }
    }

    /// To be said aloud at start.
    pub(crate) fn warn(&mut self, path: &str, text: &str) {
        self.warnings.push(format!("{}: {text}", self.places.of(path)));
    }

    /// To be said aloud at start, about no one key.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// Whether what is at `path`, in it or around it is known to be wrong.
    pub(crate) fn has_problem_at(&self, path: &str) -> bool {
        self.problems.iter().any(|problem| {
            problem.path == path || is_below(&problem.path, path) || is_below(path, &problem.path)
        })
    }

    /// The configuration with its warnings, if there is no problem.
    pub(crate) fn conclude(mut self, config: Option<Config>) -> Result<Config, Problems> {
        match config {
            Some(config) if self.problems.is_empty() => Ok(Config { warnings: self.warnings, ..config }),
            _ => {
                self.problems.sort_by(|a, b| a.place.cmp(&b.place));
                Err(Problems(self.problems))
            }
        }
    }

    fn add(&mut self, path: &str, value: Option<String>, message: String, remedy: String) {
        let place = self.places.of(path);
        self.problems.push(Problem { place, value, message, remedy, path: path.to_owned() });
    }
}
