//! `portcullis.toml`, raw to typed. Each default stands where its reason is.

use super::{problem::Problems, scalekit::Scalekit, section::Section, settings::Config};
use crate::{IdentityHeaders, IssuerSettings, ResourceSettings, ServeLimits, UpstreamLimits};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderName;
use portcullis::StreamLimits;
use portcullis_oauth::{Issuer, ResourceIdentifier, Scope};
use portcullis_resource_server::{
    Algorithm, Audiences, BodyLimits, DefaultRule, KeyLocation, MAX_LEEWAY, Policy, Reach, TypRule,
};
use std::{str::FromStr, time::Duration};
use toml::Table;
use url::Url;

/// Loopback, on the port the documents people follow use.
pub(super) const DEFAULT_LISTEN: &str = "127.0.0.1:3002";
/// A working day and a night: longer than any client keeps a session.
pub(super) const SESSION_LIFETIME: u64 = 24 * 3600;

/// Reads a file; what cannot be read is told in `problems`.
pub(super) fn read(text: &str, problems: &mut Problems) -> Option<Config> {
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            problems.add("portcullis.toml", error.to_string().trim().to_owned());
            return None;
        }
    };
    let file = Section::new(&table, "");
    let listen = parsed(&file, "listen", problems, "an address and a port, such as 127.0.0.1:3002");
    let mut notes = Vec::new();
    let limits = limits(&file, problems);
    let resources: Vec<_> = file.tables("resource", problems);
    if resources.is_empty() && file.entries().all(|(key, _)| key != "resource") {
        problems.add("resource", "there is none; add a [[resource]] with identifier, upstream and issuer");
    }
    let resources = resources
        .into_iter()
        .filter_map(|section| resource(section, &limits, &mut notes, problems))
        .collect();
    let config = Config {
        listen: listen.or_else(|| DEFAULT_LISTEN.parse().ok())?,
        behind_tls_proxy: file.flag("behind_tls_proxy", problems).unwrap_or(false),
        session_key: file
            .text("session_key", problems)
            .and_then(|text| session_key(text, "session_key", problems)),
        limits: limits.serve,
        resources,
        notes,
    };
    file.finish(problems);
    Some(config)
}

/// A value that is written as text.
fn parsed<T: FromStr>(
    section: &Section<'_>,
    key: &'static str,
    problems: &mut Problems,
    expected: &str,
) -> Option<T> {
    let text = section.text(key, problems)?;
    let value = text.parse().ok();
    if value.is_none() {
        problems.add(section.place(key), format!("{text:?} is not {expected}"));
    }
    value
}

/// 32 bytes in base64. The value is never repeated.
pub(super) fn session_key(text: &str, place: &str, problems: &mut Problems) -> Option<[u8; 32]> {
    let key = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    if key.is_none() {
        problems.add(place, "must be 32 bytes in base64; make one with `openssl rand -base64 32`");
    }
    key
}

/// What everything may cost.
pub(super) struct Limits {
    pub(super) serve: ServeLimits,
    pub(super) body: BodyLimits,
    pub(super) streams: StreamLimits,
    pub(super) upstream: UpstreamLimits,
    pub(super) session_lifetime: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            serve: ServeLimits::default(),
            body: BodyLimits::default(),
            streams: StreamLimits::default(),
            upstream: UpstreamLimits::default(),
            session_lifetime: SESSION_LIFETIME,
        }
    }
}

fn limits(file: &Section<'_>, problems: &mut Problems) -> Limits {
    let mut limits = Limits::default();
    let Some(section) = file.table("limits", problems) else { return limits };
    let mut seconds = |key, bounds, into: &mut Duration| {
        if let Some(value) = section.number(key, bounds, problems) {
            *into = Duration::from_secs(value);
        }
    };
    seconds("header_seconds", 1..=120, &mut limits.serve.header_time);
    seconds("drain_seconds", 0..=3600, &mut limits.serve.drain);
    seconds("body_seconds", 1..=600, &mut limits.body.time);
    seconds("stream_grace_seconds", 0..=300, &mut limits.streams.grace);
    seconds("longest_call_seconds", 1..=86_400, &mut limits.streams.longest_call);
    seconds("connect_seconds", 1..=60, &mut limits.upstream.connect);
    seconds("upstream_header_seconds", 1..=86_400, &mut limits.upstream.headers);
    let mut size = |key, bounds, into: &mut usize| {
        if let Some(value) =
            section.number(key, bounds, problems).and_then(|value| usize::try_from(value).ok())
        {
            *into = value;
        }
    };
    size("connections", 1..=1_000_000, &mut limits.serve.connections);
    size("header_bytes", 8192..=1_048_576, &mut limits.serve.header_bytes);
    size("body_bytes", 1024..=134_217_728, &mut limits.body.bytes);
    if let Some(value) = section.number("session_seconds", 60..=2_592_000, problems) {
        limits.session_lifetime = value;
    }
    section.finish(problems);
    limits
}

fn resource(
    section: Section<'_>,
    limits: &Limits,
    notes: &mut Vec<String>,
    problems: &mut Problems,
) -> Option<ResourceSettings> {
    let identifier = section.text("identifier", problems);
    if identifier.is_none() {
        problems.add(
            section.place("identifier"),
            "is missing; write the URL clients dial, such as https://mcp.example.com/mcp",
        );
    }
    let identifier = identifier.and_then(|text| {
        ResourceIdentifier::parse(text)
            .map_err(|error| problems.add(section.place("identifier"), format!("{text:?}: {error}")))
            .ok()
    });
    let upstream: Option<Url> =
        parsed(&section, "upstream", problems, "a URL, such as http://127.0.0.1:8000/mcp");
    let upstream = upstream.filter(|url| is_upstream(url, &section.place("upstream"), problems));
    if upstream.is_none() && !problems.0.iter().any(|problem| problem.place == section.place("upstream")) {
        problems.add(section.place("upstream"), "is missing; write the URL of your MCP server");
    }
    let issuers = section.tables("issuer", problems);
    if issuers.is_empty() {
        problems.add(
            section.place("issuer"),
            "there is none; add a [[resource.issuer]], because nobody's tokens would be good",
        );
    }
    let issuers: Vec<_> = issuers
        .into_iter()
        .filter_map(|issuer| self::issuer(issuer, identifier.as_ref(), problems))
        .collect();
    let policy = policy(&section, notes, problems);
    let identity = identity(&section, problems);
    let hosts = section.texts("allowed_hosts", problems).unwrap_or_default();
    let origins = section.texts("allowed_origins", problems).unwrap_or_default();
    let (name, documentation) = (section.text("name", problems), section.text("documentation", problems));
    section.finish(problems);
    let identifier = identifier?;
    let reach = hosts.iter().fold(Reach::of(&identifier), |reach, host| reach.allow_host(host));
    let reach = origins.iter().fold(reach, |reach, origin| reach.allow_origin(origin));
    Some(ResourceSettings {
        upstream: upstream?,
        issuers,
        policy,
        reach,
        identity,
        name: name.map(str::to_owned),
        documentation: documentation.map(str::to_owned),
        metadata: None,
        body: limits.body,
        streams: limits.streams,
        upstream_limits: limits.upstream,
        session_lifetime: limits.session_lifetime,
        identifier,
    })
}

/// http or https, without credentials, query and fragment.
pub(super) fn is_upstream(url: &Url, place: &str, problems: &mut Problems) -> bool {
    let good = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !good {
        problems.add(place, "must be an http or https URL without user information, query and fragment");
    }
    good
}

fn issuer(
    section: Section<'_>,
    resource: Option<&ResourceIdentifier>,
    problems: &mut Problems,
) -> Option<IssuerSettings> {
    let settings = match section.table("scalekit", problems) {
        Some(scalekit) => self::scalekit(scalekit, resource, problems),
        None => generic(&section, resource, problems),
    };
    section.finish(problems);
    settings
}

fn scalekit(
    section: Section<'_>,
    resource: Option<&ResourceIdentifier>,
    problems: &mut Problems,
) -> Option<IssuerSettings> {
    let environment = section.text("environment", problems);
    if environment.is_none() {
        problems.add(section.place("environment"), "is missing; write https://<environment>.scalekit.com");
    }
    let id = section.text("resource", problems);
    let server_url = section.text("server_url", problems).or(resource.map(ResourceIdentifier::as_str));
    let place = section.place("environment");
    section.finish(problems);
    let preset = Scalekit {
        environment: environment?.to_owned(),
        resource: id.map(str::to_owned),
        server_url: server_url?.to_owned(),
    };
    preset.issuer().map_err(|error| problems.add(place, error.to_string())).ok()
}

fn generic(
    section: &Section<'_>,
    resource: Option<&ResourceIdentifier>,
    problems: &mut Problems,
) -> Option<IssuerSettings> {
    let text = section.text("issuer", problems);
    if text.is_none() {
        problems.add(
            section.place("issuer"),
            "is missing; write the `iss` of its tokens, or use `scalekit = { … }`",
        );
    }
    let audiences = section.texts("audience", problems);
    let algorithms = algorithms(section, problems);
    let typ = match section.text("typ", problems) {
        None | Some("at+jwt") => TypRule::AccessToken,
        Some("relaxed") => TypRule::Relaxed,
        Some(other) => {
            problems.add(section.place("typ"), format!("{other:?} must be \"at+jwt\" or \"relaxed\""));
            TypRule::AccessToken
        }
    };
    let jwks_uri: Option<Url> = parsed(section, "jwks_uri", problems, "a URL");
    let name = section.text("name", problems);
    let tenant_claim = section.text("tenant_claim", problems).map(str::to_owned);
    let leeway = section.number("leeway", 0..=MAX_LEEWAY, problems).unwrap_or(30);
    let issuer = Issuer::parse(text?)
        .map_err(|error| {
            problems.add(section.place("issuer"), format!("{:?}: {error}", text.unwrap_or_default()))
        })
        .ok()?;
    Some(IssuerSettings {
        name: name.unwrap_or(issuer.as_str()).to_owned(),
        published: issuer.to_string(),
        audiences: match audiences {
            Some(texts) => Audiences::Exact(texts.into_iter().map(str::to_owned).collect()),
            None => Audiences::Resource(resource?.clone()),
        },
        keys: jwks_uri.map_or_else(|| KeyLocation::Discover(issuer.clone()), KeyLocation::At),
        issuers: vec![issuer],
        algorithms,
        typ,
        scopes_claim: false,
        tenant_claim,
        leeway,
    })
}

fn algorithms(section: &Section<'_>, problems: &mut Problems) -> Vec<Algorithm> {
    let Some(names) = section.texts("algorithms", problems) else { return Algorithm::ALL.to_vec() };
    names
        .iter()
        .filter_map(|name| {
            name.parse()
                .map_err(|error| problems.add(section.place("algorithms"), format!("{name:?} is {error}")))
                .ok()
        })
        .collect()
}

/// The rules; without any, the default must be chosen.
fn policy(section: &Section<'_>, notes: &mut Vec<String>, problems: &mut Problems) -> Policy {
    let tools = section.table("tools", problems);
    let default = match (section.text("default", problems), &tools) {
        (Some("authenticated"), _) => DefaultRule::Authenticated,
        (Some("refuse"), _) | (None, Some(_)) => DefaultRule::Refuse,
        (Some(other), _) => {
            problems
                .add(section.place("default"), format!("{other:?} must be \"authenticated\" or \"refuse\""));
            DefaultRule::Refuse
        }
        (None, None) => {
            problems.add(
                section.place("tools"),
                "there are no rules: list tools with their scopes under [resource.tools], or let any valid token call any tool with `default = \"authenticated\"`",
            );
            DefaultRule::Refuse
        }
    };
    if default == DefaultRule::Authenticated {
        notes.push(format!("{}: any valid token may call what no rule lists", section.place("default")));
    }
    let required = section.texts("required_scopes", problems).unwrap_or_default();
    let required = scope(&required, &section.place("required_scopes"), notes, problems);
    let mut policy = Policy::new(default).require(required);
    for (pattern, value) in tools.iter().flat_map(Section::entries) {
        let place = format!("{}.{pattern:?}", section.place("tools"));
        let texts: Option<Vec<&str>> =
            value.as_array().and_then(|list| list.iter().map(toml::Value::as_str).collect());
        match texts {
            Some(texts) => policy = policy.tool(pattern, scope(&texts, &place, notes, problems)),
            None => {
                problems.add(place, "must be a list of scopes, such as [\"todo:read\"]; [] asks for none")
            }
        }
    }
    policy
}

/// Scopes without `offline_access`, which no resource asks for (CH-12).
pub(super) fn scope(texts: &[&str], place: &str, notes: &mut Vec<String>, problems: &mut Problems) -> Scope {
    let mut scope = Scope::default();
    for text in texts {
        match text.parse() {
            Ok(_) if *text == "offline_access" => {
                notes.push(format!(
                    "{place}: offline_access is the authorization server's affair, and is left out"
                ));
            }
            Ok(token) => scope.insert(token),
            Err(error) => problems.add(place, format!("{text:?}: {error}")),
        }
    }
    scope
}

fn identity(section: &Section<'_>, problems: &mut Problems) -> IdentityHeaders {
    let Some(forward) = section.table("forward", problems) else { return IdentityHeaders::default() };
    let mut header = |key| parsed::<HeaderName>(&forward, key, problems, "a header's name");
    let identity = IdentityHeaders {
        subject: header("subject_header"),
        client: header("client_header"),
        scope: header("scope_header"),
        tenant: header("tenant_header"),
    };
    forward.finish(problems);
    identity
}
