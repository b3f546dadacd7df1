//! Tools for many organizations: whose notes they show, and whose they may delete, follows from the token alone. Deleting what
//! somebody else wrote needs a scope that no rule could name, since only the data says whose it is; a client that lacks it gets
//! 403 with the scope, and steps up.
//!
//! | variable | |
//! |---|---|
//! | `ISSUER` | whoever signs the access tokens (RFC 9068), as their `iss` says it |
//! | `PORTCULLIS_RESOURCE` | the URL clients dial, which is the tokens' `aud`; `http://localhost:3002/mcp` unless set |
//! | `PORT` | 3002 unless set |
//!
//! `ISSUER=https://login.example.com cargo run --bin tenants`

use anyhow::Context as _;
use axum::Router;
use portcullis::{AccessToken, ProtectedResource, oidc};
use rmcp::{
    ErrorData,
    handler::server::wrapper::Parameters,
    schemars, tool, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    env, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<HashMap<String, BTreeMap<u32, Note>>>>);

struct Note {
    author: String,
    text: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct NewNote {
    /// What it says.
    text: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Which {
    /// Which one, as `read_notes` numbers them.
    number: u32,
}

#[tool_router(server_handler)]
impl Notes {
    #[tool(description = "Writes a note for the whole organization.")]
    fn write_note(
        &self,
        token: AccessToken,
        Parameters(NewNote { text }): Parameters<NewNote>,
    ) -> Result<String, ErrorData> {
        let (tenant, mut all) = (tenant(&token)?, self.all());
        let notes = all.entry(tenant.to_owned()).or_default();
        let number = notes.last_key_value().map_or(1, |(last, _)| last + 1);
        notes.insert(number, Note { author: token.subject().to_owned(), text });
        Ok(format!("Written as number {number}."))
    }

    #[tool(description = "Reads the organization's notes.")]
    fn read_notes(&self, token: AccessToken) -> Result<String, ErrorData> {
        let (tenant, all) = (tenant(&token)?, self.all());
        let notes = all.get(tenant).into_iter().flatten();
        Ok(notes.map(|(number, Note { author, text })| format!("{number}. {author}: {text}\n")).collect())
    }

    #[tool(description = "Deletes a note.")]
    fn delete_note(
        &self,
        token: AccessToken,
        Parameters(Which { number }): Parameters<Which>,
    ) -> Result<String, ErrorData> {
        let (tenant, mut all) = (tenant(&token)?, self.all());
        let notes = all.entry(tenant.to_owned()).or_default();
        let Some(note) = notes.get(&number) else { return Ok("There is no such note.".to_owned()) };
        if note.author != token.subject() {
            token.require_scope("notes:moderate")?;
        }
        notes.remove(&number);
        Ok("Deleted.".to_owned())
    }
}

impl Notes {
    fn all(&self) -> MutexGuard<'_, HashMap<String, BTreeMap<u32, Note>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tenant(token: &AccessToken) -> Result<&str, ErrorData> {
    token.tenant().ok_or_else(|| ErrorData::invalid_request("the token is of no organization", None))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let issuer = env::var("ISSUER").context("ISSUER")?;
    let url = env::var("PORTCULLIS_RESOURCE").unwrap_or_else(|_| "http://localhost:3002/mcp".to_owned());
    let port = env::var("PORT").unwrap_or_else(|_| "3002".to_owned());

    let auth = ProtectedResource::builder(url)
        .issuer(oidc(&issuer).tenant_claim("org_id"))
        .tool("read_notes", ["notes:read"])
        .tool("*_note", ["notes:write"])
        .build()?;

    // Without sessions and with answers as JSON a tool of every revision can still turn its answer into a challenge.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts([auth.identifier().authority()]);
    let notes = Notes::default();
    let mcp = StreamableHttpService::new(
        move || Ok(notes.clone()),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    let app = Router::new().route_service("/mcp", mcp).layer(auth.layer()).merge(auth.well_known());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
