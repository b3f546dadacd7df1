//! The typed configuration: plain data, every value checked. The gateway is composed from it.

use super::{
    admin::AdminConfig, challenge_scopes::ChallengeScopes, external::CheckConfig, forward::Forward,
    limits::Limits, rate_limits::CallerRates, rules::Rules, session_key::SessionKey,
};
use crate::{TrustedProxies, UpstreamConnections};
use portcullis_oauth::{Issuer, ResourceIdentifier, Scope};
use portcullis_resource_server::DpopSettings;
use portcullis_resource_server::IntrospectionSettings;
use portcullis_resource_server::Rate;
use schemars::JsonSchema;
use serde::{
    Deserialize,
    de::{IntoDeserializer as _, value::StrDeserializer},
};
use std::{net::SocketAddr, str::FromStr, time::Duration};
use url::Url;

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; at least one address, `127.0.0.1:3002` by default.
    pub listen: Vec<SocketAddr>,
    /// Whether something in front ends TLS, so that plain http off loopback is no leak (RS-18, RS-19).
    pub behind_tls_proxy: bool,
    /// Whose word about a client's address counts.
    pub trusted_proxies: TrustedProxies,
    /// What a stranger can make us hold, and for how long.
    pub limits: Limits,
    /// What one client address may do, at all resources together.
    pub per_address: Option<Rate>,
    /// The key that seals session ids. Without one, each process makes its own, and says so.
    pub session_key: Option<SessionKey>,
    /// How the running gateway is administered, if it is.
    pub admin: Option<AdminConfig>,
    /// How long a sealed session id is good, whatever happens (TL-15).
    pub session_lifetime: Duration,
    /// How long open answers may take to finish at shutdown.
    pub drain_timeout: Duration,
    /// Where audit events go.
    pub audit: AuditOutput,
    /// From which level on the log, on stderr, is written.
    pub log: LogLevel,
    /// How the log is written.
    pub log_format: LogFormat,
    /// What is protected; at least one.
    pub resources: Vec<ResourceConfig>,
    /// What must be said aloud at start.
    pub warnings: Vec<String>,
}

/// One protected resource: an MCP server.
#[derive(Clone, Debug)]
pub struct ResourceConfig {
    /// The URL clients dial (RFC 9728 `resource`), exactly as written.
    pub identifier: ResourceIdentifier,
    /// The MCP server behind it: http or https, without user information, query and fragment.
    pub upstream: Url,
    /// What is spoken to it, and who shares a connection.
    pub upstream_connections: UpstreamConnections,
    /// What something in front takes off the path; begins with a slash, or is empty.
    pub stripped_prefix: String,
    /// Whether the metadata is also read at the root of its host; one resource of a host at most (G-04).
    pub metadata_at_root: bool,
    /// Whether tokens are bound to keys.
    pub dpop: DpopSettings,
    /// Whose tokens are accepted; at least one, no identifier twice.
    pub issuers: Vec<IssuerConfig>,
    /// Scopes every request needs.
    pub required_scopes: Scope,
    /// Who may do what.
    pub rules: Rules,
    /// Who has the last word, if not the rules.
    pub check: Option<CheckConfig>,
    /// Whether what would be refused is let through, and recorded.
    pub dangerous_observe: bool,
    /// How many tests the rules have passed.
    pub tests_passed: usize,
    /// What happens to an operation that no rule names.
    pub default: DefaultRule,
    /// Which scopes a challenge asks for.
    pub challenge_scopes: ChallengeScopes,
    /// What each caller may do in a time.
    pub rates: CallerRates,
    /// What the upstream is told beside the authorized bytes.
    pub forward: Forward,
    /// Values of `Host` that are good beside the identifier's own, in lower case.
    pub allowed_hosts: Vec<String>,
    /// Values of `Origin` that are good beside our own (TM-02).
    pub allowed_origins: Vec<String>,
    /// A page for developers, published as `resource_documentation`.
    pub documentation: Option<String>,
    /// A name for people, published as `resource_name`.
    pub name: Option<String>,
    /// What is published as `scopes_supported` in place of every scope the rules name (G-20).
    pub scopes_supported: Option<Scope>,
    /// The metadata document to publish as given, its empty members left out (PRM-07).
    pub metadata_override: Option<serde_json::Value>,
}

impl ResourceConfig {
    /// Where requests for it arrive: host and port as a client writes them, and the path, without its one optional slash,
    /// as it is left by what is in front.
    pub fn place(&self) -> (String, &str) {
        let path = self.identifier.path();
        let path = path.strip_prefix(&*self.stripped_prefix).unwrap_or(path);
        (self.identifier.authority(), path.strip_suffix('/').unwrap_or(path))
    }
}

/// One issuer whose tokens a resource accepts.
#[derive(Clone, Debug)]
pub struct IssuerConfig {
    /// What the operator calls it; sessions are bound to this name.
    pub name: String,
    /// Its `iss` values, compared byte for byte; more than one only while a provider migrates.
    pub issuers: Vec<Issuer>,
    /// What is published for it in `authorization_servers` (PRM-01).
    pub authorization_server: Issuer,
    /// Which `aud` means this resource (RS-09).
    pub audiences: Audiences,
    /// How its tokens are proven.
    pub proof: Proof,
    /// Whether `scopes` is a scope claim too.
    pub scopes: bool,
    /// Which claim is the tenant.
    pub tenant_claim: Option<String>,
    /// Seconds of clock difference allowed, at most 60.
    pub leeway: u64,
}

/// How an issuer's tokens are proven.
#[derive(Clone, Debug)]
pub enum Proof {
    /// They are signed.
    Signature {
        /// Where its keys are.
        keys: Keys,
        /// JWS algorithms it may sign with: asymmetric ones only (JW-04, JW-11).
        algorithms: Vec<String>,
        /// Which `typ` its access tokens have.
        typ: TypRule,
    },
    /// It is asked (RFC 7662).
    Introspection(IntrospectionSettings),
}

/// Which audience means the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audiences {
    /// The resource identifier, by [`ResourceIdentifier::matches`] (RS-22, G-12).
    Identifier,
    /// One of these, byte for byte; at least one.
    Exact(Vec<String>),
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// At this URL.
    JwksUri(Url),
    /// At the `jwks_uri` of the issuer's metadata.
    Discover,
}

/// What happens to an operation that no rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DefaultRule {
    /// A valid token with the required scopes may ask for it.
    Authenticated,
    /// It is refused.
    Refuse,
}

/// Which `typ` an access token has (RFC 9068 §2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum TypRule {
    /// `at+jwt`.
    #[default]
    #[serde(rename = "at+jwt")]
    Strict,
    /// `JWT` or none too, for providers that never send `at+jwt`; ID tokens are still refused (JW-14).
    #[serde(rename = "relaxed")]
    Relaxed,
}

/// Where audit events go, one JSON object a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutput {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error, among the log.
    Stderr,
    /// Nowhere.
    Off,
}

/// How much the log says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What stopped working.
    Error,
    /// And what is suspicious.
    Warn,
    /// And what was done.
    #[default]
    Info,
    /// And how.
    Debug,
    /// And every step.
    Trace,
}

/// The text is none of the levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is none of error, warn, info, debug and trace")]
pub struct LogLevelError;

impl FromStr for LogLevel {
    type Err = LogLevelError;

    fn from_str(text: &str) -> Result<Self, LogLevelError> {
        let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
        Self::deserialize(text).map_err(|_| LogLevelError)
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}
