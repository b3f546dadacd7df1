//! The one binary: `dev`, `serve`, `init`, `check`, `login`, `call`, `explain`, `config`, `policy`.

mod admin;
mod audit;
mod call;
mod check;
mod client;
mod dev;
mod explain;
mod init;
mod log;
mod login;
mod outcome;
mod output;
mod policy;
mod random;
mod serve;
mod session;
mod signals;
mod text;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use outcome::Outcome;
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
    /// Plays what MCP clients do against a live server, any server, and says what is wrong and what to change.
    Check(check::Check),
    /// Signs in to an MCP server, and keeps the login for `call`.
    Login(login::Arguments),
    /// Calls a tool of an MCP server, or lists its tools.
    Call(call::Arguments),
    /// What a reason code means, and what to do; or what becomes of a token here, check by check.
    Explain(explain::Explain),
    /// Looks at a configuration without starting anything.
    #[command(subcommand)]
    Config(serve::ConfigCommand),
    /// Helps with rules.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Dev(dev) => dev::run(dev).await.map(|()| Outcome::Done),
        Command::Serve(from) => serve::run(from).await,
        Command::Init(init) => init::run(init),
        Command::Check(check) => check::run(check).await,
        Command::Login(login) => login::run(login).await,
        Command::Call(call) => call::run(call).await,
        Command::Explain(explain) => explain::run(explain).await,
        Command::Config(command) => serve::config(command),
        Command::Policy(command) => policy::run(command).await.map(|()| Outcome::Done),
    };
    outcome::exit(result)
}
