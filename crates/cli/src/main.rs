//! The one binary: `dev`, `serve`, `init`, `explain`, `config`, `policy`.

mod admin;
mod audit;
mod dev;
mod explain;
mod init;
mod log;
mod output;
mod policy;
mod random;
mod serve;
mod signals;
mod text;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use serve::Outcome;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
    /// A new server, or the files that protect an existing one; asks for what no flag says, and overwrites nothing.
    Init(init::Init),
    /// What a reason code means, and what to do; all of them, if none is given.
    Explain(explain::Explain),
    /// Looks at a configuration without starting anything.
    #[command(subcommand)]
    Config(serve::ConfigCommand),
    /// Helps with rules.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
}

/// What `serve` and `config` end with when the configuration is bad; nothing was bound.
const BAD_CONFIGURATION: u8 = 2;
/// What `explain` ends with when there is no such code.
const UNKNOWN_REASON: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Dev(dev) => dev::run(dev).await.map(|()| Outcome::Done),
        Command::Serve(from) => serve::run(from).await,
        Command::Init(init) => init::run(init),
        Command::Explain(explain) => explain::run(&explain),
        Command::Config(command) => serve::config(command),
        Command::Policy(command) => policy::run(command).await.map(|()| Outcome::Done),
    };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::BadConfiguration(problems)) => {
            output::complaint(&format!("the configuration cannot be used:\n{problems}"));
            ExitCode::from(BAD_CONFIGURATION)
        }
        Ok(Outcome::UnknownReason(complaint)) => {
            output::complaint(&complaint);
            ExitCode::from(UNKNOWN_REASON)
        }
        Err(error) => {
            output::complaint(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
