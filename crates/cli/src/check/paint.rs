//! Colours, where somebody sees them: on a terminal, unless `NO_COLOR` is set.

use std::{
    env,
    io::{self, IsTerminal as _},
};

/// Whether to paint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint(bool);

/// What a colour stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum As {
    Good,
    Bad,
    Doubtful,
    Aside,
    Title,
}

impl Paint {
    /// For what is printed on standard output.
    pub(super) fn of_stdout() -> Self {
        let is_unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(io::stdout().is_terminal() && !is_unwanted)
    }

    /// Plain text.
    #[cfg(test)]
    pub(super) fn never() -> Self {
        Self(false)
    }

    /// A text in the colour of what it stands for.
    pub(super) fn paint(self, what: As, text: &str) -> String {
        if !self.0 {
            return text.to_owned();
        }
        let code = match what {
            As::Good => "32",
            As::Bad => "31;1",
            As::Doubtful => "33",
            As::Aside => "2",
            As::Title => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
