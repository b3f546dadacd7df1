//! Why nothing came of it, as the exit code tells it: 1 for a no, 2 for what never began.

use crate::outcome::Outcome;
use anyhow::anyhow;

/// Why nothing came of it, in words for the person at the terminal. They have no secret in them.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The server, the authorization server, or a person at its sign-in page said no.
    No(String),
    /// What was typed or kept cannot be used, or nobody answered.
    Unusable(String),
}

impl Trouble {
    pub(crate) fn end(self) -> anyhow::Result<Outcome> {
        match self {
            Self::No(why) => Err(anyhow!(why)),
            Self::Unusable(why) => Ok(Outcome::Unusable(why)),
        }
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::Unusable(format!("{error:#}"))
    }
}
