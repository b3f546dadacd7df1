//! The sample MCP server behind `portcullis dev`: a greeting and a todo list, with rmcp, knowing nothing of OAuth.

use rmcp::{
    ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    model::{ServerCapabilities, ServerConfig},
    schemars, tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// A list nobody forgets to empty.
const MAX_TODOS: usize = 1000;

#[derive(Clone)]
pub(crate) struct Sample {
    todos: Arc<Mutex<Todos>>,
    tool_router: ToolRouter<Self>,
}

#[derive(Default)]
struct Todos {
    next: u64,
    list: Vec<(u64, String)>,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Greet {
    /// Whom to greet.
    name: String,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Create {
    /// What is to be done.
    title: String,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Delete {
    /// Which one, as `list_todos` numbers them.
    id: u64,
}

#[tool_router]
impl Sample {
    pub(crate) fn new() -> Self {
        Self { todos: Arc::default(), tool_router: Self::tool_router() }
    }

    #[tool(description = "Greets somebody by name.")]
    fn greet_user(&self, Parameters(Greet { name }): Parameters<Greet>) -> String {
        format!("Hello, {name}! This call went through Portcullis.")
    }

    #[tool(description = "Lists what is to be done.")]
    fn list_todos(&self) -> String {
        let todos = self.todos.lock().unwrap_or_else(PoisonError::into_inner);
        if todos.list.is_empty() {
            return "Nothing is to be done.".to_owned();
        }
        todos.list.iter().map(|(id, title)| format!("{id}: {title}")).collect::<Vec<_>>().join("\n")
    }

    #[tool(description = "Adds something to be done.")]
    fn create_todo(&self, Parameters(Create { title }): Parameters<Create>) -> String {
        let mut todos = self.todos.lock().unwrap_or_else(PoisonError::into_inner);
        if todos.list.len() >= MAX_TODOS {
            return "The list is full; delete something first.".to_owned();
        }
        todos.next += 1;
        let id = todos.next;
        todos.list.push((id, title));
        format!("Added as number {id}.")
    }

    #[tool(description = "Removes something from the list.")]
    fn delete_todo(&self, Parameters(Delete { id }): Parameters<Delete>) -> String {
        let mut todos = self.todos.lock().unwrap_or_else(PoisonError::into_inner);
        let before = todos.list.len();
        todos.list.retain(|(other, _)| *other != id);
        if todos.list.len() < before {
            format!("Removed number {id}.")
        } else {
            format!("There is no number {id}.")
        }
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Sample {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_instructions("A greeting and a todo list, behind Portcullis.")
    }
}

/// The server as an HTTP service; `stop` ends its streams.
pub(crate) fn service(stop: CancellationToken) -> StreamableHttpService<Sample, LocalSessionManager> {
    let sample = Sample::new();
    let config = StreamableHttpServerConfig::default().with_cancellation_token(stop);
    StreamableHttpService::new(move || Ok(sample.clone()), Arc::default(), config)
}
