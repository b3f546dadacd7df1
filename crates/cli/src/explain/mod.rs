//! `portcullis explain`: what a reason code means; or what becomes of a token here, check by check.

mod reason;
mod says;
mod token;

use crate::{outcome::Outcome, output, serve};
use anyhow::Context as _;
use std::io::{self, Read as _};

/// Longer is no token that anybody accepts, and nothing that is read. In bytes.
const MAX_INPUT: u64 = 64 * 1024;

/// What becomes of a token, and how it ends.
const HELP: &str = "\
A token is sent nowhere and kept nowhere: its issuer's keys are fetched, and that is all. `-` reads it from standard input, where no \
list of processes shows it.

Exit codes: 0 a resource accepts the token, or the code exists; 1 no resource accepts it; 2 there is no such code, the configuration \
cannot be used, or nobody can say here.";

/// What may be typed after `explain`.
#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Explain {
    /// A reason code, as it stands in an audit event (`token_audience`); an access token; or `-` to read a token.
    #[arg(value_name = "REASON|TOKEN|-")]
    what: Option<String>,
    #[command(flatten)]
    from: serve::From,
}

pub(crate) async fn run(explain: Explain) -> anyhow::Result<Outcome> {
    match explain.what.as_deref() {
        None => reason::all(),
        Some("-") => {
            let mut text = String::new();
            io::stdin().take(MAX_INPUT).read_to_string(&mut text).context("standard input")?;
            token::run(&text, explain.from).await
        }
        Some(text) if is_token(text) => token::run(text, explain.from).await,
        Some(code) => {
            Ok(reason::one(code).map_or_else(Outcome::Unusable, |text| match output::data(&text) {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Unusable(error.to_string()),
            }))
        }
    }
}

/// A reason code is words; whatever else was typed may be a token, and is not repeated.
fn is_token(text: &str) -> bool {
    let is_words = text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-');
    !is_words || text.len() > reason::LONGEST_CODE
}

impl std::fmt::Debug for Explain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Explain(…)")
    }
}
