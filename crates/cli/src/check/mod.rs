//! `portcullis check`: looks at a live server as its clients do, and says what is wrong, why it matters and what to change.

mod clients;
mod junit;
mod paint;
mod text;
mod token;

use crate::{outcome::Outcome, output};
use clap::builder::PossibleValuesParser;
use paint::Paint;
use portcullis_check::{Report, Subject, judge, look};
use portcullis_fetch::{Asker, Limits};
use std::io::{self, IsTerminal as _, Write as _};

/// What is sent without --thorough, and how it ends.
const HELP: &str = "\
Sent without --thorough: GETs, preflights, requests that have no token or a bad one; and with a token handshakes, lists, calls of a \
tool that cannot exist, malformed copies of harmless requests, and DELETE of the sessions that were opened for it. No tool is \
called, no client registered, no page opened. The token goes to this server alone.

Exit codes: 0 nothing that must be met is missing, 1 something is, or a client named with --client stops, 2 the server could not \
be looked at.";

/// What may be typed after `check`.
#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Check {
    /// The URL that clients dial, exactly as they write it: https://mcp.example.com/mcp.
    url: String,
    /// An access token for it; what is done with tokens is judged with one only. In PORTCULLIS_TOKEN no list of processes
    /// shows it.
    #[arg(long, value_name = "TOKEN", env = "PORTCULLIS_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Another token, which the server must refuse or serve less, as WHAT=TOKEN: audience, issuer, expired, revoked, kind, scope
    /// or user says what is other about it. `WHAT=@FILE` reads it from a file. May be given several times.
    #[arg(long = "other-token", value_name = "WHAT=TOKEN")]
    other_tokens: Vec<String>,
    /// Judges with the token of `portcullis login`, in place of --token; signs in, if there is no login.
    #[arg(long)]
    login: bool,
    /// Plays this client, and no other, step by step; may be given several times. All are played, if none is named.
    #[arg(long = "client", value_name = "NAME", value_parser = PossibleValuesParser::new(portcullis_check::clients()))]
    clients: Vec<String>,
    /// Also sends what costs many requests or a session.
    #[arg(long)]
    thorough: bool,
    /// Documents of the server may lead to private addresses: for servers in a network of your own.
    #[arg(long)]
    allow_private: bool,
    /// Every requirement, those that are met and those that could not be judged too.
    #[arg(long)]
    all: bool,
    /// For a program: one JSON object (docs/check.schema.json).
    #[arg(long, conflicts_with = "junit")]
    json: bool,
    /// For a CI system: JUnit's XML.
    #[arg(long)]
    junit: bool,
}

pub(crate) async fn run(check: Check) -> anyhow::Result<Outcome> {
    let mut subject = match Subject::parse(&check.url) {
        Ok(subject) => subject,
        Err(error) => return Ok(Outcome::Unusable(error.to_string())),
    };
    subject.token = token::token(&check).await;
    let has_token = subject.token.is_some();
    subject.other_tokens = match token::others(&check) {
        Ok(tokens) => tokens,
        Err(why) => return Ok(Outcome::Unusable(why)),
    };
    subject.allow_private = check.allow_private;
    subject.is_thorough = check.thorough;
    let ask = Asker::new(Limits::default())?;
    let mut progress = Progress::begin();
    let seen = look(subject, &ask, &mut |what| progress.tell(what)).await;
    progress.end();
    if let Some(error) = seen.unreachable() {
        return Ok(Outcome::Unusable(format!("{} cannot be reached: {error}", check.url)));
    }
    let mut report = judge(&seen);
    let is_named = !check.clients.is_empty();
    report.clients.retain(|client| !is_named || check.clients.iter().any(|name| name == client.id));
    output::data(&told(&report, &check, has_token)?)?;
    let stops = is_named && report.clients.iter().any(|client| client.stops.is_some());
    Ok(if report.summary.failed == 0 && !stops { Outcome::Done } else { Outcome::SaidNo })
}

fn told(report: &Report, check: &Check, has_token: bool) -> anyhow::Result<String> {
    if check.json {
        return Ok(serde_json::to_string_pretty(report)?);
    }
    if check.junit {
        return Ok(junit::xml(report));
    }
    Ok(text::text(report, Shown::of(check, has_token), Paint::of_stdout()))
}

/// How much of a report is shown.
#[derive(Clone, Copy, Debug)]
struct Shown {
    every_requirement: bool,
    every_step: bool,
    has_token: bool,
}

impl Shown {
    fn of(check: &Check, has_token: bool) -> Self {
        Self { every_requirement: check.all, every_step: check.all || !check.clients.is_empty(), has_token }
    }
}

/// What is being done, on a terminal only, and gone when it is done.
struct Progress {
    is_shown: bool,
}

impl Progress {
    fn begin() -> Self {
        Self { is_shown: io::stderr().is_terminal() }
    }

    fn tell(&mut self, what: &str) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\u{1b}[K{what} …");
            let _ = io::stderr().flush();
        }
    }

    fn end(self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Check(…)")
    }
}
