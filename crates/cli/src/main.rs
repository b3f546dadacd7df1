//! The one binary: `dev`, `serve`, `config`.

mod audit;
mod dev;
mod output;
mod random;
mod serve;
mod signals;

use clap::{Parser, Subcommand};
use serve::Outcome;
use std::{io::IsTerminal as _, process::ExitCode};
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// OAuth 2.1 for every MCP server.
#[derive(Parser)]
#[command(name = "portcullis", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A protected sample server with an authorization server and test users, all on loopback.
    Dev(dev::Dev),
    /// The gateway, in front of your own MCP server.
    Serve(serve::From),
    /// Looks at a configuration without starting anything.
    #[command(subcommand)]
    Config(serve::ConfigCommand),
}

/// What `serve` and `config` end with when the configuration is bad; nothing was bound.
const BAD_CONFIGURATION: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log();
    let result = match arguments.command {
        Command::Dev(dev) => dev::run(dev).await.map(|()| Outcome::Done),
        Command::Serve(from) => serve::run(from).await,
        Command::Config(command) => serve::config(command),
    };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::BadConfiguration(problems)) => {
            tracing::error!(target: "portcullis", "the configuration cannot be used:\n{problems}");
            ExitCode::from(BAD_CONFIGURATION)
        }
        Err(error) => {
            tracing::error!(target: "portcullis", "{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Logs for people, on standard error. rmcp reports every client that leaves as an error; that is quiet here.
fn log() {
    let level = std::env::var("PORTCULLIS_LOG")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::WARN);
    let targets = tracing_subscriber::filter::Targets::new()
        .with_default(level)
        .with_target("portcullis", level.max(LevelFilter::INFO))
        .with_target("rmcp", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry().with(targets).with(lines).init();
}
