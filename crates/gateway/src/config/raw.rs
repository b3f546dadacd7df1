//! The configuration as it is written: text and numbers, nothing checked. These types make the schema, and the
//! schema is what a file is read by; their comments are its descriptions.

use super::{
    admin::RawAdmin,
    challenge_scopes::ChallengeScopes,
    dpop::RawDpop,
    external::RawCheck,
    forward::RawForward,
    introspection::RawIntrospection,
    limits::RawLimits,
    policy_test::RawTest,
    rate_limits::{RawRateLimits, RawResourceRateLimits},
    rules::{RawCallers, RawImplies, RawMissingScope, RawRules},
    typed::{AuditOutput, DefaultRule, LogFormat, LogLevel, TypRule},
};
use crate::ClientAddressHeader;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use std::borrow::Cow;

/// The configuration of a Portcullis gateway.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "portcullis.toml")]
pub(crate) struct RawConfig {
    /// Where to listen: an address and a port, or several. `127.0.0.1:3002` if left out.
    pub(crate) listen: Option<OneOrMany>,
    /// Whether something in front of this listener ends TLS.
    pub(crate) behind_tls_proxy: Option<bool>,
    /// Proxies in front that say where a request comes from: addresses, or ranges such as `10.0.0.0/8`. Nobody is believed,
    /// if left out, and a client's address is that of its connection.
    #[serde(default)]
    pub(crate) trusted_proxies: Vec<String>,
    /// The header in which they say it. `x-forwarded-for` if left out.
    pub(crate) client_address_header: Option<ClientAddressHeader>,
    /// A file with the key that seals session ids: 32 bytes in base64. `PORTCULLIS_SESSION_KEY` holds the key itself.
    pub(crate) session_key_file: Option<String>,
    /// Where the running gateway is administered: revocations and metrics. Nowhere, if left out.
    pub(crate) admin: Option<RawAdmin>,
    /// Where audit events go. `stdout` if left out.
    pub(crate) audit: Option<AuditOutput>,
    /// How much the log says. `info` if left out.
    pub(crate) log: Option<LogLevel>,
    /// How the log is written. `text` if left out.
    pub(crate) log_format: Option<LogFormat>,
    /// What a stranger can make the gateway hold, and for how long.
    #[serde(default)]
    pub(crate) limits: RawLimits,
    /// How many requests a caller may make.
    #[serde(default)]
    pub(crate) rate_limits: RawRateLimits,
    /// The MCP servers to protect.
    #[serde(default)]
    pub(crate) resource: Vec<RawResource>,
}

/// One MCP server to protect.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawResource {
    /// The URL clients dial (RFC 9728 `resource`).
    pub(crate) identifier: Option<String>,
    /// The MCP server behind it.
    pub(crate) upstream: Option<String>,
    /// Whether it is spoken to in HTTP/2, with TLS and without (prior knowledge). If left out, in HTTP/1.1.
    pub(crate) upstream_http2: Option<bool>,
    /// Whether callers share connections to it: fewer of them, but an upstream that says more than it was asked says the rest
    /// to the next caller. If left out, each caller has its own.
    pub(crate) dangerous_shared_connections: Option<bool>,
    /// What something in front takes off the path before a request arrives here: `/todo`, where the identifier is
    /// `https://mcp.example.com/todo/mcp` and `/mcp` arrives. Nothing, if left out.
    pub(crate) stripped_prefix: Option<String>,
    /// Whether its metadata is also read at the root of its host (RFC 9728 allows it to one resource of a host). If left
    /// out, it is where the host has no other resource.
    pub(crate) metadata_at_root: Option<bool>,
    /// Whether tokens are bound to keys (RFC 9449): `off`, `supported`, `required`, or a table with `mode` and more. `off`
    /// if left out.
    #[serde(default)]
    pub(crate) dpop: RawDpop,
    /// Whose tokens are accepted.
    #[serde(default)]
    pub(crate) issuer: Vec<RawIssuer>,
    /// Scopes every request needs.
    #[serde(default)]
    pub(crate) required_scopes: Vec<String>,
    /// What each tool needs, by name or glob (`*`): its scopes, or a table. What is not listed is refused.
    #[serde(default)]
    pub(crate) tools: RawRules,
    /// A YAML file that says the same: `tool: [scopes]`, or `tool: scope`. A tool stands in one of the two.
    pub(crate) tools_file: Option<String>,
    /// What each prompt needs.
    #[serde(default)]
    pub(crate) prompts: RawRules,
    /// What each resource needs, by URI, glob, or URI template (`todo://lists/{id}`).
    #[serde(default)]
    pub(crate) resources: RawRules,
    /// What each task needs, by id; `"*"` mostly.
    #[serde(default)]
    pub(crate) tasks: RawRules,
    /// What a method needs beside what it names: `"tools/list"`, or one that is not MCP's own.
    #[serde(default)]
    pub(crate) methods: RawRules,
    /// Which scopes stand for which: `"todo:admin" = ["todo:write"]`.
    #[serde(default)]
    pub(crate) implies: RawImplies,
    /// Who may ask for anything at all. Everybody with a valid token, if left out.
    pub(crate) allow: Option<RawCallers>,
    /// Whether lists show what lacks only a scope. `list` if left out, so that clients can step up.
    pub(crate) missing_scope: Option<RawMissingScope>,
    /// A service of yours that is asked about each request that the rules allow.
    pub(crate) check: Option<RawCheck>,
    /// Whether what the rules or the check would refuse is let through, and recorded as `observed`. Tokens are verified all
    /// the same. For the days in which rules are written.
    pub(crate) dangerous_observe: Option<bool>,
    /// What the rules must say, tried out whenever this file is read.
    #[serde(default)]
    pub(crate) test: Vec<RawTest>,
    /// What happens to an operation that no rule names.
    pub(crate) default: Option<DefaultRule>,
    /// Which scopes a 403 challenge asks for: those of the operation (`operation`), or also those the token has already
    /// (`union`), for clients that drop them when they ask for others. `operation` if left out.
    pub(crate) challenge_scopes: Option<ChallengeScopes>,
    /// How many requests a caller may make here.
    #[serde(default)]
    pub(crate) rate_limits: RawResourceRateLimits,
    /// What the upstream is told beside the authorized bytes.
    #[serde(default)]
    pub(crate) forward: RawForward,
    /// Values of `Host` that are good beside the identifier's own.
    #[serde(default)]
    pub(crate) allowed_hosts: Vec<String>,
    /// Values of `Origin` that are good beside our own.
    #[serde(default)]
    pub(crate) allowed_origins: Vec<String>,
    /// A page for developers.
    pub(crate) documentation: Option<String>,
    /// A name for people.
    pub(crate) name: Option<String>,
    /// What is published as `scopes_supported`. Every scope the rules name, if left out.
    pub(crate) scopes_supported: Option<Vec<String>>,
    /// The protected resource metadata to publish as given, in place of the generated one.
    pub(crate) metadata: Option<serde_json::Map<String, serde_json::Value>>,
}

/// One issuer: `issuer` and what belongs to it, or a provider's preset.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawIssuer {
    /// What you call it; sessions are bound to this name. The issuer itself, if left out.
    pub(crate) name: Option<String>,
    /// Its identifier: `iss` in its tokens, byte for byte.
    pub(crate) issuer: Option<String>,
    /// Where its keys are. Taken from its metadata, if left out.
    pub(crate) jwks_uri: Option<String>,
    /// The `aud` that means this resource, one or several, byte for byte. The identifier, if left out.
    pub(crate) audience: Option<OneOrMany>,
    /// What it may sign with. Every asymmetric algorithm, if left out.
    pub(crate) algorithms: Option<Vec<String>>,
    /// Which `typ` its access tokens have. `at+jwt` if left out.
    pub(crate) typ: Option<TypRule>,
    /// Whether its claim `scopes` counts beside `scope` and `scp`.
    pub(crate) scopes: Option<bool>,
    /// Which claim is the tenant.
    pub(crate) tenant_claim: Option<String>,
    /// Seconds of clock difference allowed. 30 if left out.
    #[schemars(range(min = 0, max = 60))]
    pub(crate) leeway: Option<u64>,
    /// How it is asked about its tokens (RFC 7662). Where this is written, no signature is checked.
    pub(crate) introspection: Option<RawIntrospection>,
    /// Scalekit's preset.
    pub(crate) scalekit: Option<RawScalekit>,
    /// Auth0's preset.
    pub(crate) auth0: Option<RawAuth0>,
}

/// An API of an Auth0 tenant.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAuth0 {
    /// The tenant's host, such as `acme.eu.auth0.com`.
    pub(crate) domain: Option<String>,
    /// The API's identifier there, which is the audience of its tokens.
    pub(crate) audience: Option<String>,
}

/// An environment of Scalekit.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawScalekit {
    /// The environment URL, such as `https://acme.scalekit.com`.
    pub(crate) environment: Option<String>,
    /// The id of the MCP server there: `res_…`.
    pub(crate) resource: Option<String>,
    /// The Server URL exactly as registered there, where the id is not known. The identifier, if left out.
    pub(crate) server_url: Option<String>,
}

/// One text, or a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    /// As a list, each with its path.
    pub(crate) fn list(self, path: &str) -> Vec<(String, String)> {
        match self {
            Self::One(text) => vec![(path.to_owned(), text)],
            Self::Many(texts) => texts
                .into_iter()
                .enumerate()
                .map(|(index, text)| (format!("{path}[{index}]"), text))
                .collect(),
        }
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" } })
    }
}
