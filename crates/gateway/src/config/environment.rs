//! Starting from the environment alone, with the variables that people have from the documents they follow.
//!
//! - A, a Scalekit dashboard's metadata: `SK_ENV_URL`, `PROTECTED_RESOURCE_METADATA`, `EXPECTED_AUDIENCE`
//! - B, FastMCP's provider: `SCALEKIT_ENVIRONMENT_URL`, `SCALEKIT_RESOURCE_ID`, `MCP_URL`
//! - D: `SCALEKIT_ENVIRONMENT_URL` alone, and then `--resource`

use super::{load::Flags, problem::Problems, scalekit::Scalekit};
use portcullis_oauth::ResourceIdentifier;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// The process's variables over those of an env file. The default file may be missing; one that was named may not.
///
/// # Errors
/// The file cannot be read, or a line of it is no assignment.
pub fn with_env_file(process: Variables, path: &Path, is_named: bool) -> Result<Variables, Problems> {
    let mut problems = Problems::default();
    let mut all = Variables::new();
    match dotenvy::from_path_iter(path) {
        Ok(lines) => {
            for line in lines {
                match line {
                    Ok((name, value)) => drop(all.insert(name, value)),
                    // The line itself is not repeated: it may hold a secret.
                    Err(_) => problems.add(path.display().to_string(), "has a line that is not NAME=value"),
                }
            }
        }
        Err(_) if !is_named && !path.exists() => {}
        Err(error) => problems.add("--env-file", format!("{} cannot be read: {error}", path.display())),
    }
    all.extend(process);
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// What the environment says to protect.
pub(super) struct FromEnvironment {
    pub(super) identifier: ResourceIdentifier,
    pub(super) issuer: Scalekit,
    pub(super) metadata: Option<Value>,
}

/// Whether the environment names a provider at all.
pub(super) fn names_a_provider(variables: &Variables) -> bool {
    ["SK_ENV_URL", "SCALEKIT_ENVIRONMENT_URL", "PROTECTED_RESOURCE_METADATA"]
        .iter()
        .any(|name| get(variables, name).is_some())
}

fn get<'v>(variables: &'v Variables, name: &str) -> Option<&'v str> {
    variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

pub(super) fn read(variables: &Variables, flags: &Flags, problems: &mut Problems) -> Option<FromEnvironment> {
    if get(variables, "SK_ENV_URL").is_some() || get(variables, "PROTECTED_RESOURCE_METADATA").is_some() {
        dashboard(variables, flags, problems)
    } else {
        provider(variables, flags, problems)
    }
}

/// A.
fn dashboard(variables: &Variables, flags: &Flags, problems: &mut Problems) -> Option<FromEnvironment> {
    const METADATA: &str = "PROTECTED_RESOURCE_METADATA";
    let environment = get(variables, "SK_ENV_URL");
    if environment.is_none() {
        problems.add(
            "SK_ENV_URL",
            "is not set; write the Scalekit environment, https://<environment>.scalekit.com",
        );
    }
    let Some(text) = get(variables, METADATA) else {
        problems.add(METADATA, "is not set; paste the Metadata JSON of the Scalekit dashboard");
        return None;
    };
    let Ok(Value::Object(mut document)) = serde_json::from_str::<Value>(text) else {
        problems.add(METADATA, "is not a JSON object; paste the Metadata JSON of the Scalekit dashboard");
        return None;
    };
    document.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty())); // PRM-07
    let resource = flags.resource.as_deref().or_else(|| document.get("resource")?.as_str());
    let identifier = identifier(resource, METADATA, problems)?;
    if document.get("resource").and_then(Value::as_str) != Some(identifier.as_str()) {
        problems.add(
            METADATA,
            format!("its `resource` is not {:?}, the URL clients dial (RFC 9728 §3.3)", identifier.as_str()),
        );
    }
    let servers: Vec<&str> = document
        .get("authorization_servers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if servers.is_empty() {
        problems.add(METADATA, "names no authorization server (`authorization_servers`)");
    }
    let environment = environment?.trim_end_matches('/').to_owned();
    let prefix = format!("{environment}/resources/");
    let id = servers
        .iter()
        .find_map(|server| server.strip_prefix(&prefix))
        .map(|id| id.trim_end_matches('/').to_owned());
    if id.is_none()
        && !servers.is_empty()
        && !servers.iter().any(|server| server.trim_end_matches('/') == environment)
    {
        problems.add(METADATA, format!("its authorization servers are not of {environment} (SK_ENV_URL)"));
    }
    let server_url = get(variables, "EXPECTED_AUDIENCE").unwrap_or(identifier.as_str()).to_owned();
    let issuer = Scalekit { environment, resource: id, server_url };
    Some(FromEnvironment { identifier, issuer, metadata: Some(Value::Object(document)) })
}

/// B and D.
fn provider(variables: &Variables, flags: &Flags, problems: &mut Problems) -> Option<FromEnvironment> {
    let environment = get(variables, "SCALEKIT_ENVIRONMENT_URL")?.trim_end_matches('/').to_owned();
    let from_base = get(variables, "MCP_URL").map(|base| format!("{}/mcp", base.trim_end_matches('/')));
    let (resource, place) = match (&flags.resource, &from_base) {
        (Some(resource), _) => (Some(resource.as_str()), "--resource"),
        (None, Some(resource)) => (Some(resource.as_str()), "MCP_URL"),
        (None, None) => (None, "--resource"),
    };
    let identifier = identifier(resource, place, problems)?;
    let resource = get(variables, "SCALEKIT_RESOURCE_ID").map(str::to_owned);
    let server_url = identifier.as_str().to_owned();
    Some(FromEnvironment {
        identifier,
        issuer: Scalekit { environment, resource, server_url },
        metadata: None,
    })
}

fn identifier(text: Option<&str>, place: &str, problems: &mut Problems) -> Option<ResourceIdentifier> {
    let Some(text) = text else {
        problems.add(place, "is missing; write the URL clients dial, such as https://mcp.example.com/mcp");
        return None;
    };
    ResourceIdentifier::parse(text).map_err(|error| problems.add(place, format!("{text:?}: {error}"))).ok()
}
