//! `portcullis init server`: a new MCP server that asks for access tokens, with a test that needs no network.

use super::{
    Folder, Plan, Unplanned,
    ask::Answers,
    file::NewFile,
    issuer::{Issuer, IssuerFlags, issuer},
    name,
    resource::{port, resource},
    template::{filled, rust, shell},
};
use http::Uri;
use portcullis_oauth::ResourceIdentifier;
use std::{iter, path::PathBuf};

const MANIFEST: &str = include_str!("../../templates/server/Cargo.toml.template");
const MAIN: &str = include_str!("../../templates/server/src/main.rs");
const TOOLS: &str = include_str!("../../templates/server/src/tools.rs");
const TESTS: &str = include_str!("../../templates/server/src/tests.rs");
const README: &str = include_str!("../../templates/server/README.md");
/// How the generated test describes the resource where the environment would.
const DESCRIBED_BY_VARIABLES: &str = r#"let variables = |name: &str| match name {
        "SCALEKIT_ENVIRONMENT_URL" => Some("https://acme.scalekit.com".to_owned()),
        "SCALEKIT_RESOURCE_ID" => Some("res_123".to_owned()),
        "PORTCULLIS_RESOURCE" => Some(RESOURCE.to_owned()),
        _ => None,
    };
    portcullis::from_variables(variables).unwrap()"#;
const GITIGNORE: &str = "/target\n.env\n";

/// Where it is while it is developed, as far as nobody says otherwise.
const BASE: &str = "http://localhost:3002/";
const USUAL: &str = "http://localhost:3002/mcp";

/// What is served, and whose tokens are good.
#[derive(clap::Args, Debug)]
pub(super) struct Server {
    #[command(flatten)]
    folder: Folder,
    /// The URL clients dial, as it is registered at the issuer.
    #[arg(long, value_name = "URL")]
    resource: Option<String>,
    #[command(flatten)]
    issuer: IssuerFlags,
}

impl Server {
    /// With everything left to ask.
    pub(super) fn here(folder: Folder) -> Self {
        Self { folder, resource: None, issuer: IssuerFlags::default() }
    }

    pub(super) fn plan(self, answers: &mut Answers<'_>) -> (PathBuf, Result<Plan, Unplanned>) {
        let plan = self.described(answers).ok_or(Unplanned::Asked).map(|(issuer, identifier)| {
            let name = name::package(&self.folder.folder);
            let next = iter::once("cargo test").chain(start(&issuer).lines()).map(str::to_owned).collect();
            Plan { files: files(&name, &issuer, identifier.as_ref()), next }
        });
        (self.folder.folder, plan)
    }

    /// Whose tokens, and the URL, where the environment does not say it.
    fn described(&self, answers: &mut Answers<'_>) -> Option<(Issuer, Option<ResourceIdentifier>)> {
        let issuer = issuer(&self.issuer, true, answers);
        if issuer == Some(Issuer::Environment) && self.resource.is_none() {
            return Some((Issuer::Environment, None));
        }
        let identifier = resource(self.resource.as_deref(), answers, is_route);
        Some((issuer?, Some(identifier?)))
    }
}

/// Whether a path in code can be what clients send when they dial this.
fn is_route(identifier: &ResourceIdentifier) -> Result<(), String> {
    let sent = identifier.as_str().parse::<Uri>();
    let is_as_sent = sent.is_ok_and(|sent| sent.path() == identifier.path() && sent.query().is_none());
    let has_captures = identifier.path().split('/').any(|segment| segment.starts_with([':', '*']));
    if is_as_sent && !has_captures { Ok(()) } else { Err("has a path that is not plain".to_owned()) }
}

fn files(name: &str, issuer: &Issuer, identifier: Option<&ResourceIdentifier>) -> Vec<NewFile> {
    let port = identifier.map_or(3002, port).to_string();
    let manifest = filled(MANIFEST, &[("name", name), ("version", env!("CARGO_PKG_VERSION"))]);
    let path = rust(identifier.map_or("/mcp", ResourceIdentifier::path));
    let (import, described, resource) = in_code(issuer, identifier);
    let main = [
        ("import", import),
        ("described", described),
        ("resource", &resource),
        ("port", &port),
        ("path", &path),
    ];
    let tests = match issuer {
        Issuer::Environment => DESCRIBED_BY_VARIABLES,
        Issuer::Scalekit { .. } | Issuer::Auth0 { .. } | Issuer::Other { .. } => "resource()",
    };
    let resource = rust(identifier.map_or(USUAL, ResourceIdentifier::as_str));
    vec![
        NewFile::new("Cargo.toml", manifest),
        NewFile::new("src/main.rs", filled(MAIN, &main)),
        NewFile::new("src/tools.rs", TOOLS.to_owned()),
        NewFile::new("src/tests.rs", filled(TESTS, &[("resource", &resource), ("described", tests)])),
        NewFile::new(".env.example", variables(issuer, identifier, &port)),
        NewFile::new(".gitignore", GITIGNORE.to_owned()),
        NewFile::new("README.md", filled(README, &[("name", name), ("start", start(issuer))])),
    ]
}

/// The commands that start it.
fn start(issuer: &Issuer) -> &'static str {
    match issuer {
        Issuer::Environment => {
            "cp .env.example .env   # once; then write your values into it\nset -a; . ./.env; set +a\ncargo run"
        }
        Issuer::Scalekit { .. } | Issuer::Auth0 { .. } | Issuer::Other { .. } => "cargo run",
    }
}

/// What is imported for the issuer, what `main` starts with, and the function that it may call for it.
fn in_code(issuer: &Issuer, identifier: Option<&ResourceIdentifier>) -> (&'static str, &'static str, String) {
    let (import, call) = match issuer {
        Issuer::Environment => return ("from_env", "from_env()?", String::new()),
        Issuer::Scalekit { environment, resource } => {
            ("ProtectedResource, scalekit", format!("scalekit({}, {})", rust(environment), rust(resource)))
        }
        Issuer::Auth0 { domain, audience } => {
            ("ProtectedResource, auth0", format!("auth0({}, {})", rust(domain), rust(audience)))
        }
        Issuer::Other { issuer, audience: None } => {
            ("ProtectedResource, oidc", format!("oidc({})", rust(issuer)))
        }
        Issuer::Other { issuer, audience: Some(audience) } => {
            ("ProtectedResource, oidc", format!("oidc({}).audience({})", rust(issuer), rust(audience)))
        }
    };
    let identifier = rust(identifier.map_or(USUAL, ResourceIdentifier::as_str));
    let function = format!(
        "\n/// The URL that clients dial, and whose access tokens are good for it.\n\
         fn resource() -> Builder<HasIssuer> {{\n    ProtectedResource::builder({identifier})\n        .issuer({call})\n}}\n"
    );
    (import, "resource()", function)
}

/// `.env.example`: nothing in it is secret, and nobody's secret is needed.
fn variables(issuer: &Issuer, identifier: Option<&ResourceIdentifier>, port: &str) -> String {
    let port = format!("# Where it listens, on this machine.\nPORT={port}\n");
    if *issuer != Issuer::Environment {
        return port;
    }
    let (scalekit, auth0) = match identifier {
        Some(identifier) => {
            let written = shell(identifier.as_str());
            (format!("PORTCULLIS_RESOURCE={written}"), format!("# PORTCULLIS_RESOURCE={written}"))
        }
        None => (
            format!("# The base URL; clients dial {USUAL}.\nMCP_URL={BASE}"),
            format!("# PORTCULLIS_RESOURCE={USUAL}"),
        ),
    };
    format!(
        "# Scalekit: the environment, and the id of the MCP server there.\n\
         SCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.com\nSCALEKIT_RESOURCE_ID=res_123\n{scalekit}\n\n\
         # Auth0, in place of all the above: the tenant, the identifier of the API there, and the URL that clients dial.\n\
         # AUTH0_DOMAIN=acme.eu.auth0.com\n# AUTH0_AUDIENCE=https://mcp.example.com/mcp\n{auth0}\n\n{port}"
    )
}
