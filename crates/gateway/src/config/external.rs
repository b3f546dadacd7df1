//! The operator's own service that has the last word, as it is written and as it is in force.

use http::HeaderValue;
use portcullis_resource_server::{CallerFact, CheckLimits, Sends};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

/// A service of yours that is asked about each request that the rules allow: a POST of JSON, answered with 200 and
/// `{"allow": true}` or `{"allow": false}`, with a `reason` for the audit and `cache_seconds` if you like.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCheck {
    /// Where it is: https, or http on loopback.
    pub(crate) url: Option<String>,
    /// How long its answer may take. 1000 if left out.
    #[schemars(range(min = 10, max = 30_000))]
    pub(crate) timeout_ms: Option<u64>,
    /// How many questions may be on their way at once. 64 if left out.
    #[schemars(range(min = 1, max = 4096))]
    pub(crate) max_in_flight: Option<u64>,
    /// For how long an answer is believed at most, if it says that it may be. 60 if left out; 0: never again.
    #[schemars(range(min = 0, max = 3600))]
    pub(crate) cache_seconds_max: Option<u64>,
    /// What it is told of the caller. Issuer, subject, client_id, tenant and scopes, if left out.
    pub(crate) sends: Option<Vec<RawFact>>,
    /// Further claims of the token that it is told, by name.
    #[serde(default)]
    pub(crate) claims: Vec<String>,
    /// Whether it is told the arguments of calls. Arguments that two parsers could read differently are refused then.
    pub(crate) arguments: Option<bool>,
    /// A file with the bearer token that we show it.
    pub(crate) bearer_file: Option<String>,
    /// The environment variable with the bearer token that we show it.
    pub(crate) bearer_env: Option<String>,
}

/// A fact about the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawFact {
    /// The issuer's name in this configuration.
    Issuer,
    /// `sub`
    Subject,
    /// `client_id`
    ClientId,
    /// The tenant claim.
    Tenant,
    /// The granted scopes.
    Scopes,
    /// Whether a client speaks for itself.
    IsMachine,
}

impl From<RawFact> for CallerFact {
    fn from(fact: RawFact) -> Self {
        match fact {
            RawFact::Issuer => Self::Issuer,
            RawFact::Subject => Self::Subject,
            RawFact::ClientId => Self::ClientId,
            RawFact::Tenant => Self::Tenant,
            RawFact::Scopes => Self::Scopes,
            RawFact::IsMachine => Self::IsMachine,
        }
    }
}

/// The check, with every value good.
#[derive(Clone, Debug)]
pub struct CheckConfig {
    /// Where it is.
    pub url: Url,
    /// What it may cost, and for how long it is believed.
    pub limits: CheckLimits,
    /// What it is told.
    pub sends: Sends,
    /// `Bearer` and the secret; marked as sensitive, so that it does not print.
    pub authorization: Option<HeaderValue>,
}
