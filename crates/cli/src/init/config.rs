//! A portcullis.toml, written and then read as the gateway will read it: what it would refuse is not written.

use super::{issuer::Issuer, tool::Tool};
use crate::text::{key, string};
use portcullis_gateway::config::{Flags, Place, Problems, Sources, load};
use portcullis_oauth::ResourceIdentifier;
use std::{collections::BTreeMap, fmt::Write as _};

/// The file's name.
pub(super) const FILE: &str = "portcullis.toml";

/// What is protected, and how.
pub(super) struct Protected {
    pub(super) identifier: ResourceIdentifier,
    pub(super) upstream: String,
    pub(super) issuer: Issuer,
    pub(super) tools: Vec<Tool>,
}

/// Who reaches the gateway.
#[derive(Clone, Copy)]
pub(super) enum Listener {
    /// This machine, at this port.
    Loopback(u16),
    /// The network of a container, at this port.
    Container(u16),
}

/// The text of the file.
///
/// # Errors
/// The gateway would not start with it. Problems name the flags that they come from.
pub(super) fn config(protected: &Protected, listener: Listener) -> Result<String, Problems> {
    let text = written(protected, listener);
    let sources = Sources {
        file: Some((FILE.into(), text.clone())),
        environment: BTreeMap::new(),
        flags: Flags::default(),
    };
    match load(&sources) {
        Ok(_) => Ok(text),
        Err(Problems(mut problems)) => {
            for problem in &mut problems {
                if let Some(flag) = flag(&problem.place) {
                    problem.place = Place::Flag(flag.to_owned());
                }
            }
            Err(Problems(problems))
        }
    }
}

/// Whether the gateway can have this upstream, as itself says.
pub(super) fn upstream(text: &str, listener: Listener) -> Result<String, String> {
    let sample = Protected {
        identifier: ResourceIdentifier::parse("https://mcp.example.com/mcp").expect("a good one"),
        upstream: text.to_owned(),
        issuer: Issuer::Other { issuer: "https://issuer.example.com".to_owned(), audience: None },
        tools: Vec::new(),
    };
    match config(&sample, listener) {
        Ok(_) => Ok(text.to_owned()),
        Err(Problems(problems)) => {
            let told = problems.iter().map(|problem| format!("{}; {}", problem.message, problem.remedy));
            Err(told.collect::<Vec<_>>().join("; "))
        }
    }
}

fn written(protected: &Protected, listener: Listener) -> String {
    let Protected { identifier, upstream, issuer, tools } = protected;
    let mut text = "# The gateway in front of an MCP server. `portcullis serve` starts it, `portcullis config validate` checks this \
                    file,\n# and `portcullis config schema` has every key there is.\n"
        .to_owned();
    text += &match listener {
        Listener::Loopback(port) => {
            format!(
                "# Whoever is beyond this machine comes through a proxy that ends TLS.\nlisten = \"127.0.0.1:{port}\"\n"
            )
        }
        Listener::Container(port) => format!(
            "listen = \"0.0.0.0:{port}\"\n# Nothing reaches the container but what its host lets through: a proxy that ends \
             TLS.\nbehind_tls_proxy = true\n"
        ),
    };
    let _ = write!(
        text,
        "\n[[resource]]\n# The URL clients dial.\nidentifier = {}\n# Your MCP server. Let nobody reach it but through the \
         gateway.\nupstream = {}\n",
        string(identifier.as_str()),
        string(upstream),
    );
    if tools.is_empty() {
        text += "# There are no rules yet: whoever has a valid token may call every tool. `portcullis policy suggest`, with the URL of\n\
                 # your server, writes a first set of rules; then take this line out, and what no rule names is refused.\n\
                 default = \"authenticated\"\n";
    }
    text += &trusted(issuer);
    if !tools.is_empty() {
        text += "\n# What each tool needs; `*` stands for any characters. What no rule names is refused.\n[resource.tools]\n";
    }
    for Tool { pattern, scopes } in tools {
        let scopes: Vec<String> = scopes.iter().map(|scope| string(scope)).collect();
        let _ = writeln!(text, "{} = [{}]", key(pattern), scopes.join(", "));
    }
    text
}

fn trusted(issuer: &Issuer) -> String {
    let said = match issuer {
        Issuer::Scalekit { environment, resource } => {
            format!(
                "scalekit = {{ environment = {}, resource = {} }}\n",
                string(environment),
                string(resource)
            )
        }
        Issuer::Auth0 { domain, audience } => {
            format!("auth0 = {{ domain = {}, audience = {} }}\n", string(domain), string(audience))
        }
        Issuer::Other { issuer, audience } => {
            let audience = match audience {
                Some(audience) => format!("audience = {}\n", string(audience)),
                None => String::new(),
            };
            format!(
                "issuer = {}\n{audience}# Where the header of its tokens does not say `at+jwt`: typ = \"relaxed\"\n",
                string(issuer)
            )
        }
        // A file has no such issuer, and without one the gateway refuses it.
        Issuer::Environment => return String::new(),
    };
    format!("\n[[resource.issuer]]\n{said}")
}

/// The flag that a key of the file was made from.
fn flag(place: &Place) -> Option<&'static str> {
    let Place::File { key, .. } = place else { return None };
    let flags = [
        ("identifier", "--resource"),
        ("upstream", "--upstream"),
        ("tools", "--tool"),
        ("issuer[0].scalekit.environment", "--scalekit-environment"),
        ("issuer[0].scalekit.resource", "--scalekit-resource"),
        ("issuer[0].auth0.domain", "--auth0-domain"),
        ("issuer[0].auth0.audience", "--auth0-audience"),
        ("issuer[0].issuer", "--issuer"),
        ("issuer[0].audience", "--audience"),
    ];
    let key = key.strip_prefix("resource[0].")?;
    flags.into_iter().find_map(|(start, flag)| key.starts_with(start).then_some(flag))
}
