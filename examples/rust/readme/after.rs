//! The server that the diff of the README protects.

use axum::Router;
use portcullis::{ProtectedResource, scalekit};
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
    let todos = Todos::default();
    let mcp = StreamableHttpService::new(
        move || Ok(todos.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default().with_allowed_hosts(["mcp.example.com"]),
    );
    let auth = ProtectedResource::builder("https://mcp.example.com/mcp")
        .issuer(scalekit("https://acme.scalekit.com", "res_123"))
        .tool("list_todos", ["todo:read"])
        .tool("create_todo", ["todo:write"])
        .build()?;
    let app = Router::new().route_service("/mcp", mcp).layer(auth.layer()).merge(auth.well_known());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
