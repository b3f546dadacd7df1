//! The configuration as a whole: what is written → what is in force, or every problem there is.

mod admin;
mod dpop;
mod external;
mod file;
mod forward;
mod introspection;
mod patterns;
mod policy_tests;
mod precedence;
mod refusals;
mod rules;
mod secrets;
mod shape;
mod tools_file;

use super::{Config, Flags, Problems, Sources, load};
use std::collections::BTreeMap;

/// The file most people have.
const USUAL: &str = r#"
listen = "127.0.0.1:3002"

[[resource]]
identifier = "https://mcp.example.com/mcp"
upstream   = "http://127.0.0.1:8000/mcp"

[[resource.issuer]]
scalekit = { environment = "https://acme.scalekit.com", resource = "res_123" }

[resource.tools]
list_todos = ["todo:read"]
"*_todo"   = ["todo:write"]
"#;

fn sources(file: &str, environment: &[(&str, &str)], flags: Flags) -> Sources {
    Sources {
        file: (!file.is_empty()).then(|| ("portcullis.toml".into(), file.to_owned())),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect::<BTreeMap<_, _>>(),
        flags,
    }
}

fn from_file(file: &str) -> Result<Config, Problems> {
    load(&sources(file, &[], Flags::default()))
}

fn from_environment(environment: &[(&str, &str)]) -> Result<Config, Problems> {
    load(&sources("", environment, Flags::default()))
}

/// The problems, one a line.
fn problems(result: Result<Config, Problems>) -> String {
    result.err().map(|problems| problems.to_string()).unwrap_or_default()
}

/// What is said aloud at start, but for the session key that every one of these tests lacks.
fn said(config: &Config) -> Vec<&str> {
    let all = config.warnings.iter().map(String::as_str);
    all.filter(|warning| !warning.starts_with("no PORTCULLIS_SESSION_KEY")).collect()
}
