//! The log: for the operator, on standard error.

use anyhow::Context as _;
use portcullis_gateway::config::{LogFormat, LogLevel};
use std::{env, io::IsTerminal as _};
use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Begins to log where `PORTCULLIS_LOG` asks for it: of a command, whose own words are enough for most.
pub(crate) fn start_if_asked() -> anyhow::Result<()> {
    if let Ok(level) = env::var("PORTCULLIS_LOG") {
        start(level.parse().context("PORTCULLIS_LOG")?, LogFormat::Text);
    }
    Ok(())
}

/// Begins to log. What dependencies say is heard from `warn` on, and at `debug` and `trace` as much as ourselves.
pub(crate) fn start(level: LogLevel, format: LogFormat) {
    let ours = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let is_curious = ours > LevelFilter::INFO;
    let theirs = if is_curious { ours } else { ours.min(LevelFilter::WARN) };
    // rmcp, in the sample server of `dev`, prints whole messages, and reports every client that leaves as an error; in `login` it
    // prints codes and ID tokens.
    let targets = Targets::new()
        .with_default(theirs)
        .with_target("portcullis", ours)
        .with_target("rmcp", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(is_curious).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(targets).with(lines).init();
}
