//! What a server offers: its tools, prompts and resources, all pages, in either era. Bounded: a server may list for ever.

use crate::client::{Access, Failure, all, connect, failed};
use anyhow::{Context as _, anyhow};
use rmcp::{
    RoleClient,
    model::Tool,
    service::{Peer, ServiceError},
};
use std::time::Duration;
use tokio::time::timeout;

/// For all of it.
const TIME: Duration = Duration::from_secs(60);

/// What there is.
#[derive(Debug, Default)]
pub(super) struct Offer {
    /// What the server calls itself.
    pub(super) server: Option<String>,
    pub(super) tools: Vec<Offered>,
    pub(super) prompts: Vec<Offered>,
    pub(super) resources: Vec<Offered>,
    pub(super) templates: Vec<Offered>,
    /// Whether some list was longer than we read.
    pub(super) is_cut: bool,
}

/// One thing, in a stranger's words.
#[derive(Clone, Debug)]
pub(super) struct Offered {
    /// Name, URI or template.
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) effect: Effect,
}

/// What a tool does, as its server says; the worse, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// It changes nothing.
    Reads,
    /// It changes something, and destroys nothing.
    Adds,
    /// It does not say.
    Unsaid,
    /// It may destroy something.
    Destroys,
}

/// Asks for everything.
pub(super) async fn offer(access: &Access) -> anyhow::Result<Offer> {
    timeout(TIME, read(access)).await.with_context(|| format!("no end after {} seconds", TIME.as_secs()))?
}

async fn read(access: &Access) -> anyhow::Result<Offer> {
    let service = connect(access).await;
    let service = service.map_err(|failure| told("the server cannot be talked to", failure))?;
    let offer = lists(&service).await;
    let offer = offer.map_err(|error| told("the server's lists cannot be read", failed(access, &error)));
    // Whether it likes being left does not matter any more.
    let _ = service.cancel().await;
    offer
}

fn told(what: &str, failure: Failure) -> anyhow::Error {
    match failure {
        Failure::SignIn(_) => {
            anyhow!(
                "{what}: it asks for a token, or for another one; give one with --token or PORTCULLIS_TOKEN"
            )
        }
        Failure::Scopes(scopes) => anyhow!("{what}: it asks for a token with more scopes: {scopes}"),
        Failure::Said(why) | Failure::Unreachable(why) => anyhow!("{what}: {why}"),
    }
}

async fn lists(peer: &Peer<RoleClient>) -> Result<Offer, ServiceError> {
    let info = peer.peer_info();
    let mut offer = Offer {
        server: info.as_ref().and_then(|info| info.server_info.as_ref()).map(|server| server.name.clone()),
        ..Offer::default()
    };
    let is_cut = &mut offer.is_cut;
    offer.tools = all(is_cut, async |page| {
        let list = peer.list_tools(page).await?;
        Ok((list.tools.into_iter().map(tool).collect(), list.next_cursor))
    })
    .await?;
    offer.prompts = all(is_cut, async |page| {
        let list = peer.list_prompts(page).await?;
        let prompts = list.prompts.into_iter().map(|it| reads(it.name, it.description));
        Ok((prompts.collect(), list.next_cursor))
    })
    .await?;
    offer.resources = all(is_cut, async |page| {
        let list = peer.list_resources(page).await?;
        let resources = list.resources.into_iter().map(|it| reads(it.uri, it.description));
        Ok((resources.collect(), list.next_cursor))
    })
    .await?;
    offer.templates = all(is_cut, async |page| {
        let list = peer.list_resource_templates(page).await?;
        let templates = list.resource_templates.into_iter().map(|it| reads(it.uri_template, it.description));
        Ok((templates.collect(), list.next_cursor))
    })
    .await?;
    Ok(offer)
}

fn tool(tool: Tool) -> Offered {
    let said = tool.annotations.unwrap_or_default();
    let effect = match (said.read_only_hint, said.destructive_hint) {
        (_, Some(true)) => Effect::Destroys,
        (Some(true), _) => Effect::Reads,
        (_, Some(false)) => Effect::Adds,
        (Some(false) | None, None) => Effect::Unsaid,
    };
    let description = tool.description.map(|text| text.into_owned());
    Offered { name: tool.name.into_owned(), description, effect }
}

fn reads(name: String, description: Option<String>) -> Offered {
    Offered { name, description, effect: Effect::Reads }
}
