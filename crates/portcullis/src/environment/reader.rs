//! Reads the variables of the one guide that is followed.

use super::{Found, FoundIssuer, GuideProblem, Part};
use serde_json::{Map, Value};

const METADATA: [&str; 3] = ["SK_ENV_URL", "PROTECTED_RESOURCE_METADATA", "EXPECTED_AUDIENCE"];
const PROVIDER: [&str; 2] = ["SCALEKIT_ENVIRONMENT_URL", "SCALEKIT_RESOURCE_ID"];
const AUTH0: [&str; 2] = ["AUTH0_DOMAIN", "AUTH0_AUDIENCE"];
const NOT_NEEDED: [&str; 6] = [
    "SK_CLIENT_ID",
    "SK_CLIENT_SECRET",
    "SCALEKIT_CLIENT_ID",
    "SCALEKIT_CLIENT_SECRET",
    "AUTH0_CLIENT_ID",
    "AUTH0_CLIENT_SECRET",
];

type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the environment says, if it follows a guide. `resource_given`: the URL that clients dial is said elsewhere.
pub fn find_guide(get: Get<'_>, resource_given: bool) -> Option<Found> {
    let first_of = |names: &[&'static str]| names.iter().copied().find(|name| get(name).is_some());
    let followed: Vec<&'static str> =
        [first_of(&METADATA), first_of(&PROVIDER), first_of(&AUTH0)].into_iter().flatten().collect();
    let mut reader = Reader { get, resource_given, found: Found::default() };
    match followed.as_slice() {
        [] => return None,
        [one] if METADATA.contains(one) => reader.metadata(),
        [one] if PROVIDER.contains(one) => reader.provider(),
        [_] => reader.auth0(),
        [one, other, ..] => {
            let message = format!("belongs to another guide than {other}, and only one can be followed");
            reader.wrong(Part::Whole, Some(one), message, "unset the variables of one of them");
            return Some(reader.found);
        }
    }
    reader.say_not_needed();
    Some(reader.found)
}

/// The variables of guides that are set.
pub fn unused_variables(get: Get<'_>) -> Vec<&'static str> {
    let all = METADATA.into_iter().chain(PROVIDER).chain(AUTH0);
    all.filter(|name| get(name).is_some()).collect()
}

struct Reader<'a> {
    get: Get<'a>,
    resource_given: bool,
    found: Found,
}

impl Reader<'_> {
    fn take(&mut self, part: Part, name: &'static str) -> Option<String> {
        self.found.from.push((part, name));
        (self.get)(name)
    }

    /// The same, where nothing can do without it.
    fn require(&mut self, part: Part, name: &'static str, remedy: &'static str) -> Option<String> {
        let value = self.take(part, name);
        if value.is_none() {
            self.wrong(part, Some(name), "is not set", remedy);
        }
        value
    }

    fn wrong(
        &mut self,
        part: Part,
        variable: Option<&'static str>,
        message: impl Into<String>,
        remedy: &'static str,
    ) {
        self.found.problems.push(GuideProblem { part, variable, message: message.into(), remedy });
    }

    fn metadata(&mut self) {
        let remedy = "set it to the environment URL, such as https://acme.scalekit.com";
        let environment = self.require(Part::Environment, "SK_ENV_URL", remedy);
        let metadata = self.metadata_document();
        let id = metadata.as_ref().and_then(resource_id).map(str::to_owned);
        let server_url = if id.is_none() && (metadata.is_some() || self.resource_given) {
            let remedy = "set it to the Server URL exactly as registered, or name the res_… id in the metadata's \
                          authorization_servers: one of them is the audience";
            self.require(Part::ServerUrl, "EXPECTED_AUDIENCE", remedy)
        } else {
            (self.get)("EXPECTED_AUDIENCE")
        };
        self.found.from.push((Part::Resource, "PROTECTED_RESOURCE_METADATA"));
        let identifier = self.identifier_in(metadata.as_ref());
        if id.is_some() && server_url.is_some() && server_url != identifier {
            let note =
                "EXPECTED_AUDIENCE differs from the metadata's resource; the res_… id is checked instead";
            self.found.notes.push(note.to_owned());
        }
        self.found.identifier = identifier;
        self.found.metadata = metadata;
        self.found.issuer = Some(FoundIssuer::Scalekit { environment, resource: id, server_url });
    }

    /// The document of the dashboard. Where the resource is given it is not needed, and the document is generated.
    fn metadata_document(&mut self) -> Option<Map<String, Value>> {
        let name = "PROTECTED_RESOURCE_METADATA";
        let remedy = "set it to the metadata JSON of the dashboard, in single quotes";
        let text = if self.resource_given {
            self.take(Part::Metadata, name)?
        } else {
            self.found.from.push((Part::Metadata, name));
            self.require(Part::Identifier, name, remedy)?
        };
        match serde_json::from_str::<Map<String, Value>>(&text) {
            Ok(document) => Some(document),
            Err(error) => {
                let part = if self.resource_given { Part::Metadata } else { Part::Identifier };
                self.wrong(part, Some(name), format!("is not a JSON object: {error}"), remedy);
                None
            }
        }
    }

    fn identifier_in(&mut self, metadata: Option<&Map<String, Value>>) -> Option<String> {
        let name = "PROTECTED_RESOURCE_METADATA";
        self.found.from.push((Part::Identifier, name));
        let identifier = metadata.and_then(|document| document.get("resource")).and_then(Value::as_str);
        if identifier.is_none() && !self.resource_given && metadata.is_some() {
            let remedy = "write the Server URL there, as it is registered";
            self.wrong(Part::Identifier, Some(name), "has no `resource`", remedy);
        }
        identifier.map(str::to_owned)
    }

    fn provider(&mut self) {
        let remedy = "set it to the environment URL, such as https://acme.scalekit.com";
        let environment = self.require(Part::Environment, "SCALEKIT_ENVIRONMENT_URL", remedy);
        let base = (self.get)("MCP_URL");
        let id = match base {
            Some(_) => {
                let remedy = "set it to the id of the MCP server at Scalekit, such as res_123";
                self.require(Part::Resource, "SCALEKIT_RESOURCE_ID", remedy)
            }
            None => self.take(Part::Resource, "SCALEKIT_RESOURCE_ID"),
        };
        self.found.identifier = base.as_ref().map(|base| format!("{}/mcp", base.trim_end_matches('/')));
        if self.found.identifier.is_some() {
            self.found.from.push((Part::Identifier, "MCP_URL"));
        } else if !self.resource_given {
            let remedy = if id.is_some() {
                "set MCP_URL to the base URL of the server, or give --resource with the URL clients dial"
            } else {
                "give --resource (or PORTCULLIS_RESOURCE) with the Server URL exactly as registered at Scalekit"
            };
            self.wrong(Part::Identifier, None, "is missing", remedy);
        }
        if base.is_some_and(|base| base.trim_end_matches('/').ends_with("/mcp")) && !self.resource_given {
            let note =
                "MCP_URL is the base URL, to which /mcp is added: clients dial a path ending in /mcp/mcp";
            self.found.notes.push(note.to_owned());
        }
        self.found.issuer = Some(FoundIssuer::Scalekit { environment, resource: id, server_url: None });
    }

    fn auth0(&mut self) {
        let remedy = "set it to the tenant's host, such as acme.eu.auth0.com";
        let domain = self.require(Part::Domain, "AUTH0_DOMAIN", remedy);
        let remedy = "set it to the identifier of the API at Auth0";
        let audience = self.require(Part::Audience, "AUTH0_AUDIENCE", remedy);
        if !self.resource_given {
            let remedy = "give --resource (or PORTCULLIS_RESOURCE) with the URL clients dial";
            self.wrong(Part::Identifier, None, "is missing", remedy);
        }
        self.found.issuer = Some(FoundIssuer::Auth0 { domain, audience });
    }

    fn say_not_needed(&mut self) {
        let set: Vec<&str> = NOT_NEEDED.into_iter().filter(|name| (self.get)(name).is_some()).collect();
        if !set.is_empty() {
            let note = format!("{}: not needed to verify tokens, and not used", set.join(", "));
            self.found.notes.push(note);
        }
    }
}

/// The `res_…` id in the metadata's authorization servers.
fn resource_id(metadata: &Map<String, Value>) -> Option<&str> {
    let servers = metadata.get("authorization_servers")?.as_array()?;
    servers.iter().filter_map(Value::as_str).find_map(|server| {
        let (_, id) = server.split_once("/resources/")?;
        crate::presets::is_scalekit_resource(id).then_some(id)
    })
}
