//! The configuration: what an operator writes, in a file, in the environment or as flags, becomes a [`Config`]
//! whose every value is good. This is the one place where raw text becomes typed.
//!
//! Flags win over the environment, the environment wins over the file. Every problem is found in one go; each
//! names its place, the value unless it is secret, and the remedy. Absence refuses: without an identifier, an
//! issuer and an audience nothing starts.
//!
//! ```
//! use portcullis_gateway::config::{Sources, load};
//!
//! let file = r#"
//!     [[resource]]
//!     identifier = "https://mcp.example.com/mcp"
//!     upstream   = "http://127.0.0.1:8000/mcp"
//!
//!     [[resource.issuer]]
//!     scalekit = { environment = "https://acme.scalekit.com", resource = "res_123" }
//!
//!     [resource.tools]
//!     list_todos = ["todo:read"]
//!     "*_todo"   = ["todo:write"]
//! "#;
//! let sources = Sources { file: Some(("portcullis.toml".into(), file.into())), ..Sources::default() };
//! let config = load(&sources).unwrap();
//! assert_eq!(config.resources[0].identifier.as_str(), "https://mcp.example.com/mcp");
//! ```

mod admin;
mod challenge_scopes;
mod check;
mod dpop;
mod external;
mod findings;
mod forward;
mod introspection;
mod limits;
mod place;
mod policy_test;
mod preset;
mod problem;
mod rate_limits;
mod raw;
mod rules;
mod schema;
mod secret;
mod session_key;
mod settings;
mod show;
mod sources;
mod typed;

#[cfg(test)]
mod tests;

pub use admin::AdminConfig;
pub use challenge_scopes::ChallengeScopes;
pub use external::CheckConfig;
pub use forward::{CredentialConfig, Forward, IdentityTokenConfig};
pub use limits::Limits;
pub use place::Place;
pub use problem::{Problem, Problems};
pub use rate_limits::CallerRates;
pub use rules::{RuleConfig, Rules};
pub use schema::schema;
pub use session_key::SessionKey;
pub use show::show;
pub use sources::{Flags, environment_with_file};
pub use typed::{
    Audiences, AuditOutput, Config, DefaultRule, IssuerConfig, Keys, LogFormat, LogLevel, LogLevelError,
    Proof, ResourceConfig, TypRule,
};

use findings::Findings;
use sources::Environment;
use std::{collections::BTreeMap, path::PathBuf};

/// Everything a configuration can come from.
#[derive(Clone, Default)]
pub struct Sources {
    /// `portcullis.toml`: its path, for messages and for relative paths in it, and its text.
    pub file: Option<(PathBuf, String)>,
    /// The environment, the `.env` file included (see [`environment_with_file`]).
    pub environment: BTreeMap<String, String>,
    /// What was written on the command line.
    pub flags: Flags,
}

/// Reads all sources into one configuration.
///
/// # Errors
/// Every problem there is, at once, in the order of the file.
pub fn load(sources: &Sources) -> Result<Config, Problems> {
    let mut findings = Findings::default();
    let environment = Environment::new(&sources.environment);
    let mut raw = match &sources.file {
        Some((path, text)) => sources::file::read(path, text, &mut findings)?,
        None => raw::RawConfig::default(),
    };
    sources::overlay(&mut raw, &environment, &sources.flags, &mut findings);
    let folder = sources.file.as_ref().and_then(|(path, _)| path.parent());
    sources::tools_file::read(&mut raw, folder, &mut findings);
    let secrets = secret::Secrets { environment: &environment, folder };
    let session_key = session_key::find(raw.session_key_file.as_deref(), &secrets, &mut findings);
    let admin = admin::find(raw.admin.take(), &secrets, &mut findings);
    let mut config = check::config(raw, session_key, &secrets, &mut findings);
    if let (Some(config), Some(admin)) = (&mut config, admin) {
        admin::beside(&admin, config, &mut findings);
        config.admin = Some(admin);
    }
    findings.conclude(config)
}
