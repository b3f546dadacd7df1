//! Which source says what: flags over environment over file.

use super::{
    environment::{self, Variables},
    file::{self, DEFAULT_LISTEN, Limits},
    problem::Problems,
    settings::{Config, check},
};
use crate::{IdentityHeaders, IssuerSettings, ResourceSettings, ServeLimits};
use portcullis_oauth::{Issuer, ResourceIdentifier};
use portcullis_resource_server::{Algorithm, Audiences, DefaultRule, KeyLocation, Policy, Reach, TypRule};
use std::net::SocketAddr;
use url::Url;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--resource`: the URL clients dial.
    pub resource: Option<String>,
    /// `--upstream`.
    pub upstream: Option<String>,
    /// `--issuer`.
    pub issuer: Option<String>,
    /// `--jwks-uri`.
    pub jwks_uri: Option<String>,
    /// `--audience`.
    pub audience: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--required-scopes`, separated by spaces.
    pub required_scopes: Option<String>,
}

/// Everything a configuration may come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The text of `portcullis.toml`.
    pub file: Option<String>,
    /// The environment, env file included.
    pub environment: Variables,
    /// What was typed.
    pub flags: Flags,
}

/// Reads all sources.
///
/// # Errors
/// Every problem there is; nothing was bound.
pub fn load(sources: &Sources) -> Result<Config, Problems> {
    let mut problems = Problems::default();
    let config = match &sources.file {
        Some(text) => {
            file::read(text, &mut problems).map(|config| overridden(config, sources, &mut problems))
        }
        None => one_resource(sources, &mut problems),
    };
    match config {
        Some(mut config) => {
            secrets(&mut config, sources, &mut problems);
            check(&config, &mut problems);
            if problems.is_empty() { Ok(config) } else { Err(problems) }
        }
        None => Err(problems),
    }
}

/// A file, with what was typed in its place.
fn overridden(mut config: Config, sources: &Sources, problems: &mut Problems) -> Config {
    if let Some(listen) = listen(sources, problems) {
        config.listen = listen;
    }
    let flags = &sources.flags;
    for (name, flag) in [
        ("--resource", &flags.resource),
        ("--issuer", &flags.issuer),
        ("--jwks-uri", &flags.jwks_uri),
        ("--audience", &flags.audience),
        ("--required-scopes", &flags.required_scopes),
    ] {
        if flag.is_some() {
            problems.add(name, "is for starting without a file; write it into portcullis.toml");
        }
    }
    if flags.upstream.is_some() {
        match (upstream(sources, problems), config.resources.as_mut_slice()) {
            (Some(url), [only]) => only.upstream = url,
            (Some(_), _) => problems.add("--upstream", "needs a file with exactly one resource"),
            (None, _) => {}
        }
    }
    config
}

/// One resource, of environment or flags. Any valid token may call any tool, and that is said.
fn one_resource(sources: &Sources, problems: &mut Problems) -> Option<Config> {
    let (identifier, issuer, metadata) =
        if environment::names_a_provider(&sources.environment) && sources.flags.issuer.is_none() {
            match environment::read(&sources.environment, &sources.flags, problems) {
                Some(found) => {
                    let issuer = found.issuer.issuer();
                    let issuer = issuer.map_err(|error| {
                        problems.add("SCALEKIT_ENVIRONMENT_URL or SK_ENV_URL", error.to_string())
                    });
                    (Some(found.identifier), issuer.ok(), found.metadata)
                }
                None => (None, None, None),
            }
        } else {
            let (identifier, issuer) = from_flags(&sources.flags, problems);
            (identifier, issuer, None)
        };
    let listen = listen(sources, problems).or_else(|| DEFAULT_LISTEN.parse().ok());
    let upstream = upstream(sources, problems);
    let mut notes = vec![
        "no tool rules: any valid token with the required scopes may call any tool (default = \"authenticated\"); list tools in portcullis.toml to say who may call which".to_owned(),
    ];
    let required = sources.flags.required_scopes.as_deref().unwrap_or_default();
    let required: Vec<&str> = required.split(' ').filter(|text| !text.is_empty()).collect();
    let required = file::scope(&required, "--required-scopes", &mut notes, problems);
    let limits = Limits::default();
    let identifier = identifier?;
    Some(Config {
        listen: listen?,
        behind_tls_proxy: sources
            .environment
            .get("PORTCULLIS_BEHIND_TLS_PROXY")
            .is_some_and(|value| value == "true"),
        session_key: None,
        limits: ServeLimits::default(),
        resources: vec![ResourceSettings {
            upstream: upstream?,
            issuers: vec![issuer?],
            policy: Policy::new(DefaultRule::Authenticated).require(required),
            reach: Reach::of(&identifier),
            identity: IdentityHeaders::default(),
            name: None,
            documentation: None,
            metadata,
            body: limits.body,
            streams: limits.streams,
            upstream_limits: limits.upstream,
            session_lifetime: limits.session_lifetime,
            identifier,
        }],
        notes,
    })
}

fn from_flags(
    flags: &Flags,
    problems: &mut Problems,
) -> (Option<ResourceIdentifier>, Option<IssuerSettings>) {
    let (Some(resource), Some(issuer)) = (&flags.resource, &flags.issuer) else {
        problems.add(
            "configuration",
            "there is none: write portcullis.toml, or set the SCALEKIT_… variables, or give --resource, --issuer and --upstream",
        );
        return (None, None);
    };
    let resource = ResourceIdentifier::parse(resource)
        .map_err(|error| problems.add("--resource", format!("{resource:?}: {error}")))
        .ok();
    let issuer =
        Issuer::parse(issuer).map_err(|error| problems.add("--issuer", format!("{issuer:?}: {error}"))).ok();
    let jwks_uri = flags.jwks_uri.as_ref().map(|text| Url::parse(text));
    let keys = match (jwks_uri, &issuer) {
        (Some(Ok(url)), _) => Some(KeyLocation::At(url)),
        (Some(Err(_)), _) => {
            problems.add("--jwks-uri", "is not a URL");
            None
        }
        (None, Some(issuer)) => Some(KeyLocation::Discover(issuer.clone())),
        (None, None) => None,
    };
    let audiences = match (&flags.audience, &resource) {
        (Some(audience), _) => Some(Audiences::Exact(vec![audience.clone()])),
        (None, Some(resource)) => Some(Audiences::Resource(resource.clone())),
        (None, None) => None,
    };
    let settings = issuer.zip(keys).zip(audiences).map(|((issuer, keys), audiences)| IssuerSettings {
        name: issuer.to_string(),
        published: issuer.to_string(),
        issuers: vec![issuer],
        audiences,
        keys,
        algorithms: Algorithm::ALL.to_vec(),
        typ: TypRule::AccessToken,
        scopes_claim: false,
        tenant_claim: None,
        leeway: 30,
    });
    (resource, settings)
}

fn listen(sources: &Sources, problems: &mut Problems) -> Option<SocketAddr> {
    if let Some(text) = &sources.flags.listen {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            problems
                .add("--listen", format!("{text:?} is not an address and a port, such as 127.0.0.1:3002"));
        }
        return parsed;
    }
    let text = sources.environment.get("PORT")?;
    match text.trim().parse::<u16>() {
        Ok(port) => Some(SocketAddr::from(([127, 0, 0, 1], port))),
        Err(_) => {
            problems.add("PORT", format!("{text:?} is not a port"));
            None
        }
    }
}

fn upstream(sources: &Sources, problems: &mut Problems) -> Option<Url> {
    let (place, text) = match (&sources.flags.upstream, sources.environment.get("PORTCULLIS_UPSTREAM")) {
        (Some(text), _) => ("--upstream", text),
        (None, Some(text)) => ("PORTCULLIS_UPSTREAM", text),
        (None, None) => {
            problems.add(
                "--upstream",
                "is missing; write the URL of your MCP server, such as http://127.0.0.1:8000/mcp",
            );
            return None;
        }
    };
    match Url::parse(text) {
        Ok(url) => file::is_upstream(&url, place, problems).then_some(url),
        Err(_) => {
            problems.add(place, format!("{text:?} is not a URL"));
            None
        }
    }
}

/// Secrets come from the environment rather than a file that is committed.
fn secrets(config: &mut Config, sources: &Sources, problems: &mut Problems) {
    const KEY: &str = "PORTCULLIS_SESSION_KEY";
    if let Some(text) = sources.environment.get(KEY) {
        config.session_key = file::session_key(text, KEY, problems);
    }
    if config.session_key.is_none() {
        config.notes.push(format!(
            "no {KEY}: sessions of older clients end with this process, and other replicas cannot open them"
        ));
    }
}
