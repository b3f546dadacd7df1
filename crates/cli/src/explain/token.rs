//! What becomes of a token here: each check, at each resource of the configuration, and what it may do. It is sent nowhere and
//! kept nowhere.

use super::says;
use crate::{
    outcome::Outcome,
    output, random, serve,
    text::{line, wrapped},
};
use anyhow::Context as _;
use portcullis_fetch::{HttpFetcher, JsonPoster};
use portcullis_gateway::{Drain, Process, ResourceSettings, config::ResourceConfig, protected};
use portcullis_oauth::Clock;
use portcullis_resource_server::{
    Audit, AuditEvent, CheckOutcome, Checked, Examination, Ruled, SystemClock, TokenCheck, Verifier,
    near_miss,
};
use std::sync::Arc;

/// Where the texts of a check begin.
const INDENT: usize = 16;
const WIDTH: usize = 100;
/// What is said of one check, in which a stranger's words may stand. In characters.
const SAID: usize = 400;

pub(super) async fn run(text: &str, from: serve::From) -> anyhow::Result<Outcome> {
    let token = text.trim();
    let token = token.strip_prefix("Bearer ").unwrap_or(token).trim();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let alone = Verifier::new(Vec::new(), clock.clone()).examine(token).await;
    output::data(&match &alone.says {
        Some((header, claims)) => says::lines(header, claims, clock.now()),
        None => "no JWT that can be read: an opaque token, or none\n".to_owned(),
    })?;
    let config = match serve::read(from)? {
        Ok(config) => config,
        Err(problems) => return Ok(Outcome::configuration(&problems)),
    };
    let process = process(clock)?;
    let (mut told, mut answers) = (String::new(), Vec::new());
    for (resource, settings) in config.resources.iter().zip(config.settings()) {
        let (text, answer) = at(resource, &settings, &process, token).await?;
        told += &format!("\n{text}");
        answers.push(answer);
    }
    output::data(&told)?;
    Ok(if answers.contains(&Answer::Accepted) {
        Outcome::Done
    } else if answers.contains(&Answer::Open) {
        Outcome::Unusable("whether the token is accepted could not be found out; see – above".to_owned())
    } else {
        Outcome::SaidNo
    })
}

/// What a resource would say of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Accepted,
    Refused,
    /// Nothing is wrong with it, as far as it could be looked at here.
    Open,
}

impl Answer {
    fn of(examination: &Examination) -> Self {
        let is_bad = |checked: &Checked| matches!(checked.outcome, CheckOutcome::Bad(_));
        if examination.is_good() {
            Self::Accepted
        } else if examination.checks.iter().any(is_bad) {
            Self::Refused
        } else {
            Self::Open
        }
    }
}

/// At one resource.
async fn at(
    resource: &ResourceConfig,
    settings: &ResourceSettings,
    process: &Process,
    token: &str,
) -> anyhow::Result<(String, Answer)> {
    let protected = protected(settings, process).context(resource.identifier.to_string())?;
    let verifier = &protected.line().verifier;
    let examination = verifier.examine(token).await;
    let mut text = format!("{}\n", resource.identifier);
    for checked in &examination.checks {
        text += &check(checked, verifier);
    }
    text += &permissions(resource, settings, &examination);
    Ok((text, Answer::of(&examination)))
}

fn check(checked: &Checked, verifier: &Verifier) -> String {
    let name = name(checked.check);
    let below = |text: &str| format!("{}{}\n", " ".repeat(INDENT), wrapped(text, INDENT, WIDTH));
    match &checked.outcome {
        CheckOutcome::Good => format!("  ✓ {name}\n"),
        CheckOutcome::Unknown(why) => format!("  – {name:<12}{}\n", wrapped(why, INDENT, WIDTH)),
        CheckOutcome::Bad(error) => {
            let said = line(&error.to_string(), SAID);
            let mut text = format!("  ✗ {name:<12}{}\n", wrapped(&said, INDENT, WIDTH));
            if let Some(hint) = near_miss(error, verifier.issuers()) {
                text += &below(&line(&hint, SAID));
            }
            text + &below(&format!("more: portcullis explain {}", error.reason()))
        }
    }
}

fn name(check: TokenCheck) -> &'static str {
    match check {
        TokenCheck::Form => "form",
        TokenCheck::Issuer => "issuer",
        TokenCheck::Algorithm => "algorithm",
        TokenCheck::Lifetime => "lifetime",
        TokenCheck::Kind => "kind",
        TokenCheck::Audience => "audience",
        TokenCheck::Key => "key",
        TokenCheck::Signature => "signature",
        TokenCheck::Introspection => "its issuer",
    }
}

/// What a good token may do; nothing is said of another.
fn permissions(resource: &ResourceConfig, settings: &ResourceSettings, examination: &Examination) -> String {
    let Some(scope) = examination.scope() else { return String::new() };
    let granted = if scope.is_empty() { "no scopes".to_owned() } else { format!("the scopes {scope}") };
    let mut text = format!("  It is accepted, with {granted}.\n");
    let lacks = |needed| examination.lacks(&settings.policy, needed).unwrap_or_default();
    let required = lacks(&resource.required_scopes);
    if !required.is_empty() {
        text += &format!("  ✗ anything     it lacks {required}, which every request needs\n");
        return text;
    }
    for rule in &resource.rules.rules {
        let what = format!("{} {}", kind(rule.ruled), rule.pattern);
        let lacking = lacks(&rule.scope);
        let is_for = examination.is_one_of(&rule.callers).unwrap_or_default();
        text += &match (is_for, lacking.is_empty(), &rule.condition) {
            (false, _, _) => format!("  ✗ {what}: not for this caller\n"),
            (true, false, _) => format!("  ✗ {what}: lacks {lacking}\n"),
            (true, true, Some(_)) => format!("  ? {what}: its condition decides each time\n"),
            (true, true, None) => format!("  ✓ {what}\n"),
        };
    }
    text
}

fn kind(ruled: Ruled) -> &'static str {
    match ruled {
        Ruled::Tools => "tool",
        Ruled::Prompts => "prompt",
        Ruled::Resources => "resource",
        Ruled::Tasks => "task",
        Ruled::Methods => "method",
    }
}

/// What a resource is put together with; nothing is served by it.
fn process(clock: Arc<dyn Clock>) -> anyhow::Result<Process> {
    Ok(Process {
        fetch: Arc::new(HttpFetcher::new()?),
        address_limit: None,
        services: Arc::new(JsonPoster::new()?),
        clock,
        audit: Arc::new(Nobody),
        revocations: None,
        session_key: random::session_key()?,
        drain: Drain::default(),
    })
}

/// There is nothing to record: nobody asked for anything.
struct Nobody;

impl Audit for Nobody {
    fn record(&self, _: &AuditEvent<'_>) {}
}
