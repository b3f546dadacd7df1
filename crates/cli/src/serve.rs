//! `portcullis serve` and `portcullis config`: a configuration, then a gateway or a report.

use crate::{
    admin::Administration, audit::AuditLines, log, outcome::Outcome, output, random, signals::drain_on_signal,
};
use anyhow::Context as _;
use portcullis_fetch::{HttpFetcher, JsonPoster};
use portcullis_gateway::{
    Drain, Gateway, Process, compose,
    config::{Config, Flags, Problems, Sources, environment_with_file, load, schema, show},
    serve,
};
use portcullis_resource_server::SystemClock;
use std::{
    collections::BTreeMap,
    env, fs,
    future::pending,
    io,
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
    /// The address and port to listen on; may be given several times.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Something in front ends TLS.
    #[arg(long)]
    behind_tls_proxy: bool,
    /// Scopes that every request needs.
    #[arg(long, value_name = "SCOPES")]
    required_scopes: Option<String>,
    /// A YAML file with the scopes of each tool (`tool: [scopes]`); tools it does not list are refused.
    #[arg(long, value_name = "FILE")]
    tools_file: Option<String>,
}

#[derive(clap::Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Reads the configuration and says what is wrong with it.
    Validate(From),
    /// Prints what the configuration means, without its secrets.
    Show(From),
    /// Prints the JSON Schema of portcullis.toml.
    Schema,
}

pub(crate) async fn run(from: From) -> anyhow::Result<Outcome> {
    let config = match read(from)? {
        Ok(config) => config,
        Err(problems) => return Ok(Outcome::configuration(&problems)),
    };
    log::start(config.log, config.log_format);
    for warning in &config.warnings {
        tracing::warn!(target: "portcullis", "{warning}");
    }
    let drain = Drain::default();
    let clock = Arc::new(SystemClock::new());
    let resources = config.settings();
    let administration = match &config.admin {
        Some(admin) => Some(Administration::begin(admin, &resources, clock.clone()).await?),
        None => None,
    };
    let process = Process {
        fetch: Arc::new(HttpFetcher::new()?),
        address_limit: config.address_limit(clock.clone()),
        services: Arc::new(JsonPoster::new()?),
        clock,
        audit: Arc::new(AuditLines(config.audit)),
        revocations: administration.as_ref().map(Administration::revocations),
        session_key: config.session_key.as_ref().map_or_else(random::session_key, |key| Ok(*key.secret()))?,
        drain: drain.clone(),
    };
    let identifiers: Vec<String> =
        config.resources.iter().map(|resource| resource.identifier.to_string()).collect();
    let routes =
        resources.into_iter().map(|resource| compose(resource, &process)).collect::<Result<_, _>>()?;
    let mut listeners = Vec::new();
    for address in &config.listen {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.with_context(|| format!("{address} cannot be listened on"))?);
    }
    let addresses =
        listeners.iter().map(|one| Ok(one.local_addr()?.to_string())).collect::<io::Result<Vec<_>>>()?;
    drain_on_signal(drain.clone())?;
    let gateway = Gateway::new(routes, None, drain.clone()).trusting(config.trusted_proxies.clone());
    tracing::info!(target: "portcullis", "protecting {} on {}", identifiers.join(", "), addresses.join(", "));
    let warm = gateway.clone();
    tokio::spawn(async move { warm.warm_up().await });
    let administered = async {
        if let Some(administration) = administration {
            administration.serve(gateway.clone()).await;
        }
        pending::<()>().await;
    };
    tokio::select! {
        () = serve(gateway.clone(), listeners, config.serve_limits(), drain) => {}
        () = administered => {}
    }
    Ok(Outcome::Done)
}

pub(crate) fn config(command: ConfigCommand) -> anyhow::Result<Outcome> {
    let (from, is_show) = match command {
        ConfigCommand::Validate(from) => (from, false),
        ConfigCommand::Show(from) => (from, true),
        ConfigCommand::Schema => {
            output::data(&format!("{:#}", schema()))?;
            return Ok(Outcome::Done);
        }
    };
    match read(from)? {
        Ok(config) => {
            output::data(&if is_show { show(&config) } else { good(&config) })?;
            Ok(Outcome::Done)
        }
        Err(problems) => Ok(Outcome::configuration(&problems)),
    }
}

fn good(config: &Config) -> String {
    match config.resources.iter().map(|resource| resource.tests_passed).sum::<usize>() {
        0 => "the configuration is good".to_owned(),
        1 => "the configuration is good; 1 test of its rules passed".to_owned(),
        passed => format!("the configuration is good; {passed} tests of its rules passed"),
    }
}

pub(crate) fn read(from: From) -> anyhow::Result<Result<Config, Problems>> {
    let file = match &from.config {
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("--config {}", path.display()))?;
            Some((path.clone(), text))
        }
        None => match fs::read_to_string(DEFAULT_FILE) {
            Ok(text) => Some((DEFAULT_FILE.into(), text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).context(DEFAULT_FILE),
        },
    };
    // A variable that is not UTF-8 is none of ours.
    let process: BTreeMap<_, _> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let env_file = from.env_file.as_deref().unwrap_or(Path::new(DEFAULT_ENV_FILE));
    let environment = match environment_with_file(process, env_file, from.env_file.is_some()) {
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
        behind_tls_proxy: from.behind_tls_proxy.then_some(true),
        required_scopes: from.required_scopes,
        tools_file: from.tools_file,
    };
    Ok(load(&Sources { file, environment, flags }))
}
