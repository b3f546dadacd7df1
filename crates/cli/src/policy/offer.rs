//! What a server offers: its tools, prompts and resources, all pages, in either era. Bounded: a server may list for ever.

use crate::text::comment;
use anyhow::{Context as _, anyhow};
use http::{HeaderName, HeaderValue};
use portcullis_fetch::plain_client;
use rmcp::{
    RoleClient,
    model::{ErrorCode, PaginatedRequestParams, ProtocolVersion, Tool},
    service::{ClientLifecycleMode, ClientServiceExt as _, Peer, ServiceError},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use std::{collections::HashMap, future::Future, time::Duration};
use tokio::time::timeout;
use url::Url;

/// For all of it.
const TIME: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(5);
/// Of one list.
const MAX_PAGES: usize = 100;
/// Of one list.
const MAX_ITEMS: usize = 5000;
/// One answer. In bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// How to reach the server.
pub(super) struct Access {
    pub(super) url: Url,
    pub(super) token: Option<String>,
    pub(super) headers: HashMap<HeaderName, HeaderValue>,
}

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
    let config = StreamableHttpClientTransportConfig::with_uri(access.url.as_str())
        .custom_headers(access.headers.clone())
        .max_sse_event_size(MAX_ANSWER);
    let config = match &access.token {
        Some(token) => config.auth_header(token),
        None => config,
    };
    let transport = StreamableHttpClientTransport::with_client(plain_client(CONNECT)?, config);
    let either_era = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    };
    let service = ().serve_with_lifecycle(transport, either_era).await;
    let service = service.map_err(|error| told("the server cannot be talked to", &error))?;
    let offer = lists(&service).await.map_err(|error| told("the server's lists cannot be read", &error));
    // Whether it likes being left does not matter any more.
    let _ = service.cancel().await;
    offer
}

/// What the server had to do with an error may be in its text.
fn told(what: &str, error: &dyn std::fmt::Display) -> anyhow::Error {
    let hint = "where it asks for a token, give one with --token or PORTCULLIS_TOKEN";
    anyhow!("{what}: {}; {hint}", comment(&error.to_string()))
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

/// All pages, as far as anybody reads. A server without this list has an empty one.
async fn all<F>(
    is_cut: &mut bool,
    mut page: impl FnMut(Option<PaginatedRequestParams>) -> F,
) -> Result<Vec<Offered>, ServiceError>
where
    F: Future<Output = Result<(Vec<Offered>, Option<String>), ServiceError>>,
{
    let (mut items, mut cursor) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let asked = PaginatedRequestParams::default().with_cursor(cursor);
        let (more, next) = match page(Some(asked)).await {
            Ok(page) => page,
            Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => {
                return Ok(items);
            }
            Err(error) => return Err(error),
        };
        items.extend(more);
        if items.len() > MAX_ITEMS {
            items.truncate(MAX_ITEMS);
            break;
        }
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(items),
        }
    }
    *is_cut = true;
    Ok(items)
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
