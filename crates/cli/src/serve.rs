//! `portcullis serve` and `portcullis config`: a configuration, then a gateway or a report.

use crate::{audit::AuditLines, output, random, signals::drain_on_signal};
use anyhow::Context as _;
use portcullis_fetch::HttpFetcher;
use portcullis_gateway::{
    Drain, Gateway, Process, compose,
    config::{Config, Flags, Problems, Sources, load, with_env_file},
    serve,
};
use portcullis_resource_server::SystemClock;
use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::TcpListener;

const DEFAULT_FILE: &str = "portcullis.toml";
const DEFAULT_ENV_FILE: &str = ".env";

/// Where the configuration comes from.
#[derive(clap::Args, Debug)]
pub(crate) struct From {
    /// The configuration file; ./portcullis.toml if there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Variables to read beside the environment; ./.env if there is one.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// The URL clients dial, for a start without a file.
    #[arg(long, value_name = "URL")]
    resource: Option<String>,
    /// Your MCP server.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// The issuer of access tokens.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Its keys, if its metadata does not say.
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    /// The audience of access tokens, if it is not the resource.
    #[arg(long)]
    audience: Option<String>,
    /// The address and port to listen on.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Scopes that every request needs.
    #[arg(long, value_name = "SCOPES")]
    required_scopes: Option<String>,
}

#[derive(clap::Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Reads the configuration and says what is wrong with it.
    Validate(From),
    /// Prints what the configuration means, without its secrets.
    Show(From),
}

/// Whether the configuration was good.
pub(crate) enum Outcome {
    Done,
    BadConfiguration(Problems),
}

pub(crate) async fn run(from: From) -> anyhow::Result<Outcome> {
    let config = match read(from)? {
        Ok(config) => config,
        Err(problems) => return Ok(Outcome::BadConfiguration(problems)),
    };
    for note in &config.notes {
        tracing::warn!(target: "portcullis", "{note}");
    }
    let drain = Drain::default();
    let process = Process {
        fetch: Arc::new(HttpFetcher::new()?),
        clock: Arc::new(SystemClock::new()),
        audit: Arc::new(AuditLines::Stdout),
        session_key: config.session_key.map_or_else(random::session_key, Ok)?,
        drain: drain.clone(),
    };
    let only = config.resources.len() == 1;
    let identifiers: Vec<String> =
        config.resources.iter().map(|resource| resource.identifier.to_string()).collect();
    let routes = config
        .resources
        .into_iter()
        .map(|resource| compose(resource, only, &process))
        .collect::<Result<_, _>>()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} cannot be listened on", config.listen))?;
    drain_on_signal(drain.clone())?;
    let gateway = Gateway::new(routes, None, drain.clone());
    tracing::info!(target: "portcullis", "protecting {} on {}", identifiers.join(", "), listener.local_addr()?);
    let warm = gateway.clone();
    tokio::spawn(async move { warm.warm_up().await });
    serve(gateway, vec![listener], config.limits, drain).await;
    Ok(Outcome::Done)
}

pub(crate) fn config(command: ConfigCommand) -> anyhow::Result<Outcome> {
    let (from, is_show) = match command {
        ConfigCommand::Validate(from) => (from, false),
        ConfigCommand::Show(from) => (from, true),
    };
    match read(from)? {
        Ok(config) => {
            output::data(&if is_show { config.to_string() } else { "the configuration is good".to_owned() })?;
            Ok(Outcome::Done)
        }
        Err(problems) => Ok(Outcome::BadConfiguration(problems)),
    }
}

fn read(from: From) -> anyhow::Result<Result<Config, Problems>> {
    let file = match &from.config {
        Some(path) => Some(fs::read_to_string(path).with_context(|| format!("--config {}", path.display()))?),
        None => match fs::read_to_string(DEFAULT_FILE) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).context(DEFAULT_FILE),
        },
    };
    // A variable that is not UTF-8 is none of ours.
    let process: BTreeMap<_, _> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let env_file = from.env_file.as_deref().unwrap_or(Path::new(DEFAULT_ENV_FILE));
    let environment = match with_env_file(process, env_file, from.env_file.is_some()) {
        Ok(environment) => environment,
        Err(problems) => return Ok(Err(problems)),
    };
    let flags = Flags {
        resource: from.resource,
        upstream: from.upstream,
        issuer: from.issuer,
        jwks_uri: from.jwks_uri,
        audience: from.audience,
        listen: from.listen,
        required_scopes: from.required_scopes,
    };
    Ok(load(&Sources { file, environment, flags }))
}
