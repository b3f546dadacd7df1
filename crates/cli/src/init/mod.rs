//! `portcullis init`: a new server, or the files that protect an existing one. It asks for what no flag says, on a terminal
//! and nowhere else, and never overwrites.

mod ask;
mod compose;
mod config;
mod file;
mod gateway;
mod issuer;
mod name;
mod resource;
mod server;
mod template;
mod tool;

use crate::{outcome::Outcome, output};
use ask::{Answers, Question};
use clap::{Args, Subcommand};
use file::NewFile;
use portcullis_gateway::config::Problems;
use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

/// What is to be written; asked for, if it is not said.
#[derive(Args, Debug)]
pub(crate) struct Init {
    #[command(subcommand)]
    what: Option<What>,
    /// Asks nothing: what no flag says has its default, or is an error. So it is without a terminal.
    #[arg(long, short, global = true)]
    yes: bool,
}

#[derive(Subcommand, Debug)]
enum What {
    /// A new MCP server in Rust, with authorization and a test of its own.
    ///
    /// Without the flags of an issuer, it reads the variables of Scalekit's or Auth0's guides when it starts.
    Server(server::Server),
    /// The portcullis.toml that protects an existing MCP server.
    Gateway(gateway::Gateway),
    /// A compose file with the gateway in front of your server, and the portcullis.toml for it.
    Compose(compose::Compose),
}

/// Where to write.
#[derive(Args, Debug)]
struct Folder {
    /// The folder to write to; made, if there is none.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// What is written, and what somebody does with it.
struct Plan {
    files: Vec<NewFile>,
    /// Commands, in the folder.
    next: Vec<String>,
}

/// Why there is none.
enum Unplanned {
    /// Flags or answers are missing, or wrong; all of that is with the [`Answers`].
    Asked,
    /// The configuration would not be accepted.
    BadConfiguration(Problems),
}

pub(crate) fn run(init: Init) -> anyhow::Result<Outcome> {
    let may_ask = !init.yes && io::stdin().is_terminal();
    let (mut input, mut screen) = (io::stdin().lock(), io::stderr());
    let mut answers = Answers::new(may_ask, &mut input, &mut screen);
    let Some(what) = init.what.or_else(|| which(&mut answers)) else {
        return Err(answers.complaint());
    };
    let (folder, plan) = match what {
        What::Server(server) => server.plan(&mut answers),
        What::Gateway(gateway) => gateway.plan(&mut answers),
        What::Compose(compose) => compose.plan(&mut answers),
    };
    match plan {
        Ok(plan) => {
            file::write_all(&folder, &plan.files)?;
            output::data(&report(&folder, &plan))?;
            Ok(Outcome::Done)
        }
        Err(Unplanned::Asked) => Err(answers.complaint()),
        Err(Unplanned::BadConfiguration(problems)) => Ok(Outcome::configuration(&problems)),
    }
}

fn which(answers: &mut Answers<'_>) -> Option<What> {
    let question = Question {
        flag: "portcullis init",
        text: "What is to be written? `server`: a new MCP server in Rust; `gateway`: the portcullis.toml that protects an \
               existing server; `compose`: a compose file with both",
        remedy: "say which: `portcullis init server`, `portcullis init gateway` or `portcullis init compose`",
        default: None,
    };
    answers.get(&question, None, |text| {
        let folder = Folder { folder: PathBuf::from(".") };
        match text {
            "server" => Ok(What::Server(server::Server::here(folder))),
            "gateway" => Ok(What::Gateway(gateway::Gateway::here(folder))),
            "compose" => Ok(What::Compose(compose::Compose::here(folder))),
            _ => Err("is none of the three; write server, gateway or compose".to_owned()),
        }
    })
}

fn report(folder: &Path, plan: &Plan) -> String {
    let mut text = String::new();
    for file in &plan.files {
        let _ = writeln!(text, "wrote {}", file.within(folder).display());
    }
    text += "\nnext:\n";
    if folder != Path::new(".") {
        let _ = writeln!(text, "  cd {}", template::shell(&folder.to_string_lossy()));
    }
    for command in &plan.next {
        let _ = writeln!(text, "  {command}");
    }
    text
}
