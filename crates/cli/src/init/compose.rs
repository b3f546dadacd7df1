//! `portcullis init compose`: the gateway and a server side by side in containers, the server reachable through it alone.
//!
//! No image of the gateway is published, so a Dockerfile stands beside it: `docker compose up` is then all there is to do, and
//! what runs is the release that wrote the files.

use super::{
    Folder, Plan, Unplanned,
    ask::{Answers, Question},
    config::{self, FILE, Listener, Protected},
    file::NewFile,
    issuer::{IssuerFlags, issuer},
    resource::{port, resource},
    template::filled,
    tool::tools,
};
use crate::text::string;
use std::path::PathBuf;
use url::{Host, Url};

const COMPOSE: &str = include_str!("../../templates/compose/compose.yaml");
const DOCKERFILE: &str = include_str!("../../templates/compose/Dockerfile.portcullis");

/// The gateway's own service.
const GATEWAY: &str = "gateway";
const USUAL_UPSTREAM: &str = "http://server:8000/mcp";
/// Compose stops at this and says the rest, as long as there is neither image nor variable.
const NO_IMAGE: &str = "${MCP_SERVER_IMAGE:?write the image of your MCP server into compose.yaml, or build: where its Dockerfile is}";

const UPSTREAM: Question<'_> = Question {
    flag: "--upstream",
    text: "The URL of your MCP server among the containers",
    remedy: "write the URL with the name of the service as its host, such as http://server:8000/mcp",
    default: None,
};
const IMAGE: Question<'_> = Question {
    flag: "--image",
    text: "The image of your MCP server",
    remedy: "write the name of an image, such as ghcr.io/acme/todo:1.2",
    default: None,
};

/// What is protected, and how.
#[derive(clap::Args, Debug)]
pub(super) struct Compose {
    #[command(flatten)]
    folder: Folder,
    /// The URL clients dial, as it is registered at the issuer.
    #[arg(long, value_name = "URL")]
    resource: Option<String>,
    /// Your MCP server among the containers; its host is the name of its service. `http://server:8000/mcp` if left out.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// The image of your MCP server; a placeholder if left out.
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    #[command(flatten)]
    issuer: IssuerFlags,
    /// What a tool needs, `list_todos=todo:read`; may be given several times. `*` stands for any characters.
    #[arg(long, value_name = "NAME=SCOPE[,SCOPE]")]
    tool: Vec<String>,
}

/// Your server, as one of the services.
struct Service {
    name: String,
    port: u16,
    image: String,
}

impl Compose {
    /// With everything left to ask.
    pub(super) fn here(folder: Folder) -> Self {
        let issuer = IssuerFlags::default();
        Self { folder, resource: None, upstream: None, image: None, issuer, tool: Vec::new() }
    }

    pub(super) fn plan(self, answers: &mut Answers<'_>) -> (PathBuf, Result<Plan, Unplanned>) {
        let plan = self.protected(answers).ok_or(Unplanned::Asked).and_then(|(protected, service)| {
            let port = port(&protected.identifier);
            let config = config::config(&protected, Listener::Container(port));
            let files = vec![
                NewFile::new("compose.yaml", compose(port, &service)),
                NewFile::new(
                    "Dockerfile.portcullis",
                    filled(DOCKERFILE, &[("version", env!("CARGO_PKG_VERSION"))]),
                ),
                NewFile::new(FILE, config.map_err(Unplanned::BadConfiguration)?),
            ];
            Ok(Plan { files, next: vec!["docker compose up --build".to_owned()] })
        });
        (self.folder.folder, plan)
    }

    fn protected(&self, answers: &mut Answers<'_>) -> Option<(Protected, Service)> {
        let identifier = resource(self.resource.as_deref(), answers, |_| Ok(()));
        // Neither is worth a question: both are read, and can be changed, in the file.
        let upstream = self.upstream.as_deref().unwrap_or(USUAL_UPSTREAM);
        let listener = Listener::Container(identifier.as_ref().map_or(0, port));
        let named = answers.get(&UPSTREAM, Some(upstream), |text| {
            let text = config::upstream(text, listener)?;
            let (name, port) = service(&text).ok_or("has no service of its own for a host")?;
            Ok((text, name, port))
        });
        let image = match self.image.as_deref() {
            Some(given) => answers.get(&IMAGE, Some(given), image),
            None => Some(NO_IMAGE.to_owned()),
        };
        let issuer = issuer(&self.issuer, false, answers);
        let tools = tools(&self.tool, answers);
        let (upstream, name, port) = named?;
        let protected = Protected { identifier: identifier?, upstream, issuer: issuer?, tools: tools? };
        Some((protected, Service { name, port, image: image? }))
    }
}

fn compose(port: u16, service: &Service) -> String {
    let values = [
        ("port", &*port.to_string()),
        ("service", &service.name),
        ("service_port", &service.port.to_string()),
        // What quotes a text in TOML does so in YAML.
        ("image", &string(&service.image)),
    ];
    filled(COMPOSE, &values)
}

/// The service that a URL names, and its port.
fn service(url: &str) -> Option<(String, u16)> {
    let url = Url::parse(url).ok()?;
    let Some(Host::Domain(name)) = url.host() else { return None };
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    (is_name && name != GATEWAY && name != "localhost")
        .then_some((name.to_owned(), url.port_or_known_default()?))
}

/// Not even compose's own variables can stand in it.
fn image(text: &str) -> Result<String, String> {
    let is_image = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:@".contains(c));
    if is_image { Ok(text.to_owned()) } else { Err("is not the name of an image".to_owned()) }
}
