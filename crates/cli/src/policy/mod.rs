//! `portcullis policy suggest`: a first set of rules for a server that exists, to read, to change, and to keep.

mod offer;
mod rules;

use crate::client::Access;
use anyhow::{Context as _, bail, ensure};
use http::{HeaderName, HeaderValue};
use offer::offer;
use portcullis_oauth::is_loopback;
use url::Url;

/// What is done with rules.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum PolicyCommand {
    /// Writes a first set of rules for an MCP server, from what it lists, to standard output.
    Suggest(Suggest),
}

/// Where to look.
#[derive(clap::Args)]
pub(crate) struct Suggest {
    /// The MCP server, or the gateway in front of it.
    url: String,
    /// An access token for it.
    #[arg(long, value_name = "TOKEN", env = "PORTCULLIS_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A header to send with each request, as `Name: value`; may be given several times.
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// What scopes begin with: `todo` for `todo:read` and `todo:write`. The server's own name, if left out.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub(crate) async fn run(command: PolicyCommand) -> anyhow::Result<()> {
    let PolicyCommand::Suggest(suggest) = command;
    let url = url(&suggest)?;
    let headers = suggest.header.iter().map(|line| header(line)).collect::<anyhow::Result<_>>()?;
    let offer = offer(&Access { url: url.clone(), token: suggest.token, headers }).await?;
    let name = suggest.name.as_deref().or(offer.server.as_deref()).unwrap_or_default();
    crate::output::data(&rules::suggestion(&url, &offer, &crate::text::scope_name(name)))
}

/// What is shown to prove something travels in the clear to nobody but this machine.
fn url(suggest: &Suggest) -> anyhow::Result<Url> {
    let url = Url::parse(&suggest.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url.filter(Url::has_host) else {
        bail!("URL is not the http or https URL of an MCP server, such as http://127.0.0.1:8000/mcp");
    };
    ensure!(
        url.username().is_empty() && url.password().is_none(),
        "the URL has user information; give it as --header \"Authorization: …\""
    );
    let is_secret = suggest.token.is_some() || !suggest.header.is_empty();
    ensure!(
        !is_secret || url.scheme() == "https" || is_loopback(&url),
        "the token or header would cross the network in the clear; use an https URL"
    );
    Ok(url)
}

/// The message names no value: it may be a secret.
fn header(line: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':').context("--header is not of the form `Name: value`")?;
    let name: HeaderName =
        name.trim().parse().context("--header does not begin with the name of a header")?;
    let Ok(mut value) = HeaderValue::from_str(value.trim()) else {
        bail!("--header {name}: its value cannot be sent in a header");
    };
    value.set_sensitive(true);
    Ok((name, value))
}

impl std::fmt::Debug for Suggest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Suggest(…)")
    }
}
