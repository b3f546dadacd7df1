//! An MCP server with the official SDK, whose callers sign in at Scalekit; each tool needs its scope.
//!
//! | variable | |
//! |---|---|
//! | `SCALEKIT_ENVIRONMENT_URL` | `https://acme.scalekit.com` |
//! | `SCALEKIT_RESOURCE_ID` | the id of the MCP server there, `res_…` |
//! | `PORTCULLIS_RESOURCE` | the URL clients dial, as it is registered there; `http://localhost:3002/mcp` unless set |
//! | `PORT` | 3002 unless set |
//!
//! `SCALEKIT_ENVIRONMENT_URL=… SCALEKIT_RESOURCE_ID=… cargo run --bin scalekit`

use anyhow::Context as _;
use axum::Router;
use portcullis::{ProtectedResource, scalekit};
use rmcp::{
    handler::server::wrapper::Parameters,
    schemars, tool, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::{
    env, io,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
struct Todos(Arc<Mutex<Vec<String>>>);

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct NewTodo {
    /// What is to be done.
    title: String,
}

#[tool_router(server_handler)]
impl Todos {
    #[tool(description = "Lists what is to be done.")]
    fn list_todos(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    #[tool(description = "Adds something to be done.")]
    fn create_todo(&self, Parameters(NewTodo { title }): Parameters<NewTodo>) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(title);
        "Added.".to_owned()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let environment = env::var("SCALEKIT_ENVIRONMENT_URL").context("SCALEKIT_ENVIRONMENT_URL")?;
    let id = env::var("SCALEKIT_RESOURCE_ID").context("SCALEKIT_RESOURCE_ID")?;
    let url = env::var("PORTCULLIS_RESOURCE").unwrap_or_else(|_| "http://localhost:3002/mcp".to_owned());
    let port = env::var("PORT").unwrap_or_else(|_| "3002".to_owned());

    let auth = ProtectedResource::builder(url)
        .issuer(scalekit(&environment, &id))
        .tool("list_todos", ["todo:read"])
        .tool("create_todo", ["todo:write"])
        .build()?;

    let todos = Todos::default();
    let mcp = StreamableHttpService::new(
        move || Ok(todos.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default().with_allowed_hosts([auth.identifier().authority()]),
    );
    let app = Router::new().route_service("/mcp", mcp).layer(auth.layer()).merge(auth.well_known());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
