//! How a command ends, and the exit code that says so: 0 it was done, 1 the answer is no or it failed on the way, 2 it could not
//! begin.

use crate::output;
use portcullis_gateway::config::Problems;
use std::process::ExitCode;

/// How a command ends.
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// It was done, and the answer, which is printed, is no.
    SaidNo,
    /// What was given cannot be used, and why; nothing was begun.
    Unusable(String),
}

impl Outcome {
    /// A configuration nothing can be started from.
    pub(crate) fn configuration(problems: &Problems) -> Self {
        Self::Unusable(format!("the configuration cannot be used:\n{problems}"))
    }
}

const SAID_NO: u8 = 1;
const UNUSABLE: u8 = 2;

/// Says what there is to say, and gives the exit code.
pub(crate) fn exit(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SaidNo) => ExitCode::from(SAID_NO),
        Ok(Outcome::Unusable(why)) => {
            output::complaint(&why);
            ExitCode::from(UNUSABLE)
        }
        Err(error) => {
            output::complaint(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
