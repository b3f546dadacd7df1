//! The environment variables people already have: three published ways to protect an MCP server with Scalekit,
//! each of which describes one resource.
//!
//! - *Metadata*: `SK_ENV_URL`, `EXPECTED_AUDIENCE`, `PROTECTED_RESOURCE_METADATA` (the dashboard's JSON).
//! - *Provider*: `SCALEKIT_ENVIRONMENT_URL`, `SCALEKIT_RESOURCE_ID`, `MCP_URL`; the endpoint is `<MCP_URL>/mcp`.
//! - *Client*: `SCALEKIT_ENVIRONMENT_URL` alone; the resource is named by `--resource`.
//!
//! Client ids and secrets stand beside them; nobody needs those to verify a token.

use super::Environment;
use crate::config::{
    findings::Findings,
    place::Place,
    raw::{RawIssuer, RawResource, RawScalekit},
    scalekit::resource_id_in,
};
use serde_json::{Map, Value};

const METADATA: [&str; 3] = ["SK_ENV_URL", "PROTECTED_RESOURCE_METADATA", "EXPECTED_AUDIENCE"];
const PROVIDER: [&str; 2] = ["SCALEKIT_ENVIRONMENT_URL", "SCALEKIT_RESOURCE_ID"];
const NOT_NEEDED: [&str; 4] =
    ["SK_CLIENT_ID", "SK_CLIENT_SECRET", "SCALEKIT_CLIENT_ID", "SCALEKIT_CLIENT_SECRET"];

/// Reads the one pattern whose variables are set.
pub(crate) fn read(
    environment: &Environment<'_>,
    resource_given: bool,
    findings: &mut Findings,
) -> Option<RawResource> {
    let mut reader = Reader { environment, resource_given, findings };
    let (metadata, provider) = (reader.first_of(&METADATA), reader.first_of(&PROVIDER));
    let resource = match (metadata, provider) {
        (None, None) => return None,
        (Some(metadata), Some(provider)) => {
            let message = format!("belongs to another pattern than {provider}, and only one can be followed");
            reader.findings.problem_at(
                env(metadata),
                "resource",
                message,
                "unset the variables of one of them",
            );
            return None;
        }
        (Some(_), None) => reader.metadata(),
        (None, Some(_)) => reader.provider(),
    };
    reader.say_not_needed();
    Some(resource)
}

/// Says which variables of the patterns are set in vain.
pub(crate) fn say_unused(environment: &Environment<'_>, findings: &mut Findings) {
    let all = METADATA.into_iter().chain(PROVIDER);
    let set: Vec<&str> = all.filter(|name| environment.get(name).is_some()).collect();
    if !set.is_empty() {
        findings.say(format!("{}: not used, because the issuer is configured otherwise", set.join(", ")));
    }
}

fn env(name: &str) -> Place {
    Place::Environment(name.to_owned())
}

struct Reader<'a, 'f> {
    environment: &'a Environment<'a>,
    resource_given: bool,
    findings: &'f mut Findings,
}

impl<'a> Reader<'a, '_> {
    fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.environment.get(name).is_some())
    }

    /// The variable, as the value at `path`.
    fn take(&mut self, name: &str, path: &str) -> Option<String> {
        self.findings.places.set(&format!("resource[0].{path}"), env(name));
        self.environment.get(name).map(str::to_owned)
    }

    /// The same, where nothing can do without it.
    fn require(&mut self, name: &str, path: &str, remedy: &str) -> Option<String> {
        let value = self.take(name, path);
        if value.is_none() {
            self.findings.problem(&format!("resource[0].{path}"), "is not set", remedy);
        }
        value
    }

    fn metadata(&mut self) -> RawResource {
        let remedy = "set it to the environment URL, such as https://acme.scalekit.com";
        let environment = self.require("SK_ENV_URL", "issuer[0].scalekit.environment", remedy);
        let metadata = self.metadata_document();
        let id = metadata.as_ref().and_then(resource_id).map(str::to_owned);
        let server_url = if id.is_none() && (metadata.is_some() || self.resource_given) {
            let remedy = "set it to the Server URL exactly as registered, or name the res_… id in the metadata's \
                          authorization_servers: one of them is the audience";
            self.require("EXPECTED_AUDIENCE", "issuer[0].scalekit.server_url", remedy)
        } else {
            self.environment.get("EXPECTED_AUDIENCE").map(str::to_owned)
        };
        self.findings
            .places
            .set("resource[0].issuer[0].scalekit.resource", env("PROTECTED_RESOURCE_METADATA"));
        let identifier = self.identifier_in(metadata.as_ref());
        if id.is_some() && server_url.is_some() && server_url != identifier {
            self.findings.say(
                "EXPECTED_AUDIENCE differs from the metadata's resource; the res_… id is checked instead",
            );
        }
        RawResource { metadata, ..scalekit(identifier, environment, id, server_url) }
    }

    /// The document of the dashboard. Without it, `--resource` is enough, and the document is generated.
    fn metadata_document(&mut self) -> Option<Map<String, Value>> {
        let name = "PROTECTED_RESOURCE_METADATA";
        let remedy = "set it to the metadata JSON of the dashboard, in single quotes";
        self.findings.places.set("resource[0].metadata", env(name));
        let text = if self.resource_given {
            self.environment.get(name)?.to_owned()
        } else {
            self.require(name, "identifier", remedy)?
        };
        match serde_json::from_str::<Map<String, Value>>(&text) {
            Ok(document) => Some(document),
            Err(error) => {
                let path =
                    if self.resource_given { "resource[0].metadata" } else { "resource[0].identifier" };
                self.findings.problem(path, format!("is not a JSON object: {error}"), remedy);
                None
            }
        }
    }

    fn identifier_in(&mut self, metadata: Option<&Map<String, Value>>) -> Option<String> {
        self.findings.places.set("resource[0].identifier", env("PROTECTED_RESOURCE_METADATA"));
        let identifier = metadata.and_then(|document| document.get("resource")).and_then(Value::as_str);
        if identifier.is_none() && !self.resource_given {
            let path = "resource[0].identifier";
            if metadata.is_some() {
                self.findings.problem(
                    path,
                    "has no `resource`",
                    "write the Server URL there, as it is registered",
                );
            }
        }
        identifier.map(str::to_owned)
    }

    fn provider(&mut self) -> RawResource {
        let remedy = "set it to the environment URL, such as https://acme.scalekit.com";
        let environment = self.require("SCALEKIT_ENVIRONMENT_URL", "issuer[0].scalekit.environment", remedy);
        let base = self.environment.get("MCP_URL");
        let id = match base {
            Some(_) => {
                let remedy = "set it to the id of the MCP server at Scalekit, such as res_123";
                self.require("SCALEKIT_RESOURCE_ID", "issuer[0].scalekit.resource", remedy)
            }
            None => self.take("SCALEKIT_RESOURCE_ID", "issuer[0].scalekit.resource"),
        };
        let identifier = base.map(|base| format!("{}/mcp", base.trim_end_matches('/')));
        if identifier.is_some() {
            self.findings.places.set("resource[0].identifier", env("MCP_URL"));
        } else if !self.resource_given {
            self.name_the_resource(id.is_some());
        }
        if base.is_some_and(|base| base.trim_end_matches('/').ends_with("/mcp")) && !self.resource_given {
            self.findings.say(
                "MCP_URL is the base URL, to which /mcp is added: clients dial a path ending in /mcp/mcp",
            );
        }
        scalekit(identifier, environment, id, None)
    }

    fn name_the_resource(&mut self, id_known: bool) {
        let remedy = if id_known {
            "set MCP_URL to the base URL of the server, or give --resource with the URL clients dial"
        } else {
            "give --resource (or PORTCULLIS_RESOURCE) with the Server URL exactly as registered at Scalekit"
        };
        let path = "resource[0].identifier";
        self.findings.problem_at(Place::Flag("--resource".to_owned()), path, "is missing", remedy);
    }

    fn say_not_needed(&mut self) {
        let set: Vec<&str> =
            NOT_NEEDED.into_iter().filter(|name| self.environment.get(name).is_some()).collect();
        if !set.is_empty() {
            self.findings.say(format!("{}: not needed to verify tokens, and not used", set.join(", ")));
        }
    }
}

/// The `res_…` id in the metadata's authorization servers.
fn resource_id(metadata: &Map<String, Value>) -> Option<&str> {
    let servers = metadata.get("authorization_servers")?.as_array()?;
    servers.iter().filter_map(Value::as_str).find_map(resource_id_in)
}

fn scalekit(
    identifier: Option<String>,
    environment: Option<String>,
    resource: Option<String>,
    server_url: Option<String>,
) -> RawResource {
    let scalekit = Some(RawScalekit { environment, resource, server_url });
    let issuer = vec![RawIssuer { scalekit, ..RawIssuer::default() }];
    RawResource { identifier, issuer, ..RawResource::default() }
}
