//! `portcullis call`: a tool of an MCP server, called with the login that is kept; without a tool, which tools there are.

mod arguments;
mod holder;
mod result;
mod schema;
mod tools;

use crate::{
    client::{Access, Connection, Failure, all, connect, failed},
    log,
    outcome::Outcome,
    output,
    session::{Trouble, server_url},
    text::shell,
};
use holder::Holder;
use rmcp::model::{CallToolRequestParams, CallToolResult, Tool};
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// For the whole list.
const LISTS: Duration = Duration::from_secs(60);
/// A tool may work for long.
const CALL: Duration = Duration::from_secs(3600);

/// What may be typed after `call`.
#[derive(clap::Args)]
#[command(
    after_help = "Values: KEY=VALUE is what the tool's input schema makes of it, a text if it does not say (limit=3 is a \
                        number where it asks for one); KEY:=JSON is JSON as it stands (tags:='[\"a\",\"b\"]').\n\nExit codes: 0 \
                        done, 1 the server or the tool said no, 2 what was typed cannot be used, or nobody answered."
)]
pub(crate) struct Arguments {
    /// The URL that clients dial: https://mcp.example.com/mcp.
    url: String,
    /// The tool. Without one, all of them are listed with their arguments.
    tool: Option<String>,
    /// Its arguments.
    #[arg(value_name = "KEY=VALUE")]
    arguments: Vec<String>,
    /// For a program: the result as the server sent it, one JSON object.
    #[arg(long)]
    json: bool,
    /// An access token, in place of the login that is kept.
    #[arg(long, value_name = "TOKEN", env = "PORTCULLIS_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Where somebody has to sign in again for more scopes, start no browser: print the URL to open.
    #[arg(long)]
    no_browser: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    match done(&arguments).await {
        Ok(outcome) => Ok(outcome),
        Err(trouble) => trouble.end(),
    }
}

/// Why one attempt came to nothing.
enum Stop {
    Failure(Failure),
    Trouble(Trouble),
}

async fn done(arguments: &Arguments) -> Result<Outcome, Trouble> {
    log::start_if_asked()?;
    let server = server_url(&arguments.url)?;
    let pairs = arguments::pairs(&arguments.arguments).map_err(Trouble::Unusable)?;
    let mut holder = Holder::new(&server, arguments.token.as_deref(), arguments.no_browser)?;
    loop {
        let access = Access::to(&server, holder.token().await?);
        match attempt(&access, arguments, &pairs).await {
            Ok(outcome) => return Ok(outcome),
            Err(Stop::Trouble(trouble)) => return Err(trouble),
            Err(Stop::Failure(failure)) => holder.answer(failure).await?,
        }
    }
}

/// What is asked for, from the beginning: a server that refuses a token has done nothing yet.
async fn attempt(access: &Access, arguments: &Arguments, pairs: &[arguments::Pair]) -> Result<Outcome, Stop> {
    let connection = connect(access).await.map_err(Stop::Failure)?;
    let result = asked(access, &connection, arguments, pairs).await;
    // Whether it likes being left does not matter any more.
    let _ = connection.cancel().await;
    result
}

async fn asked(
    access: &Access,
    connection: &Connection,
    arguments: &Arguments,
    pairs: &[arguments::Pair],
) -> Result<Outcome, Stop> {
    let mut is_cut = false;
    let listed = timeout(
        LISTS,
        all(&mut is_cut, async |page| {
            let list = connection.list_tools(page).await?;
            Ok((list.tools, list.next_cursor))
        }),
    );
    let late = |_| Stop::Failure(Failure::Unreachable(format!("no list for {} seconds", LISTS.as_secs())));
    let listed = listed.await.map_err(late)?;
    let tools = listed.map_err(|error| Stop::Failure(failed(access, &error)))?;
    let Some(name) = &arguments.tool else {
        print(&if arguments.json { tools::json(&tools) } else { tools::text(&tools, is_cut) })?;
        return Ok(Outcome::Done);
    };
    let tool = tools.iter().find(|tool| tool.name == *name);
    let typed = arguments::typed(pairs, tool.map(|tool| &*tool.input_schema));
    let typed = typed.map_err(|why| Stop::Trouble(Trouble::Unusable(told(&access.url, name, &why))))?;
    let call = CallToolRequestParams::new(name.clone()).with_arguments(typed);
    let late = |_| Stop::Failure(Failure::Unreachable("the tool has not answered for an hour".to_owned()));
    match timeout(CALL, connection.call_tool(call)).await.map_err(late)? {
        Ok(result) => ended(&result, arguments.json),
        Err(error) => Err(Stop::Failure(unlisted(failed(access, &error), name, tool, &tools))),
    }
}

fn ended(result: &CallToolResult, json: bool) -> Result<Outcome, Stop> {
    print(&if json { result::json(result) } else { result::text(result) })?;
    if result.is_error == Some(true) {
        output::complaint("the tool says that it failed");
        return Ok(Outcome::SaidNo);
    }
    Ok(Outcome::Done)
}

fn print(text: &str) -> Result<(), Stop> {
    output::data(text).map_err(|error| Stop::Trouble(error.into()))
}

/// What is wrong with the arguments, and where it says how they should be.
fn told(server: &Url, tool: &str, why: &str) -> String {
    format!("{}: {why}; `portcullis call {}` lists what it takes", shell(tool), shell(server.as_str()))
}

/// A tool that is not listed may be there, for who has more scopes; when it is not, the name was probably meant otherwise.
fn unlisted(failure: Failure, name: &str, tool: Option<&Tool>, tools: &[Tool]) -> Failure {
    let (Failure::Said(why), None) = (&failure, tool) else { return failure };
    let meant = tools::like(name, tools).map(|meant| format!("; did you mean {meant}?"));
    let known = meant.unwrap_or_else(|| format!("; it lists {} tools", tools.len()));
    Failure::Said(format!("{why}; the server lists no tool of that name{known}"))
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Arguments(…)")
    }
}
