//! An MCP server with a list of things to do, each tool for those who may.

use axum::Router;
use portcullis::{AccessToken, from_env};
use rmcp::{
    handler::server::wrapper::Parameters,
    schemars, tool, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::sync::{Arc, Mutex, PoisonError};

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
    fn create_todo(&self, token: AccessToken, Parameters(NewTodo { title }): Parameters<NewTodo>) -> String {
        let line = format!("{title} (from {})", token.subject());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        "Added.".to_owned()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();

    let auth = from_env()?.tool("list_todos", ["todo:read"]).tool("create_todo", ["todo:write"]).build()?;

    let todos = Todos::default();
    let mcp = StreamableHttpService::new(
        move || Ok(todos.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_allowed_hosts([auth.identifier().authority()]),
    );
    let app = Router::new().route_service("/mcp", mcp).layer(auth.layer()).merge(auth.well_known());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3002").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
