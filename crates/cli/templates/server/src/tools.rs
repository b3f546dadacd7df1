//! The tools: a greeting, and a list of one's own for each caller.

use portcullis::AccessToken;
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
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A list nobody forgets to empty.
const MAX_TODOS: usize = 100;

#[derive(Clone)]
pub struct Tools {
    /// By the caller's subject; gone when the process ends.
    todos: Arc<Mutex<HashMap<String, Vec<String>>>>,
    tool_router: ToolRouter<Self>,
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

#[tool_router]
impl Tools {
    fn new() -> Self {
        Self {
            todos: Arc::default(),
            tool_router: Self::tool_router(),
        }
    }

    #[tool(description = "Greets somebody by name.")]
    fn greet_user(
        &self,
        Parameters(Greet { name }): Parameters<Greet>,
        token: AccessToken,
    ) -> String {
        format!("Hello, {name}! You are {}.", token.subject())
    }

    #[tool(description = "Lists what you have to do.")]
    fn list_todos(&self, token: AccessToken) -> String {
        let todos = self.todos.lock().unwrap_or_else(PoisonError::into_inner);
        match todos.get(token.subject()) {
            Some(list) => list.join("\n"),
            None => "Nothing is to be done.".to_owned(),
        }
    }

    #[tool(description = "Adds something to what you have to do.")]
    fn create_todo(
        &self,
        Parameters(Create { title }): Parameters<Create>,
        token: AccessToken,
    ) -> String {
        let mut todos = self.todos.lock().unwrap_or_else(PoisonError::into_inner);
        let list = todos.entry(token.subject().to_owned()).or_default();
        if list.len() >= MAX_TODOS {
            return "The list is full.".to_owned();
        }
        list.push(title);
        format!("Added as number {}.", list.len())
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// The tools as an HTTP service that is reached under this name.
pub fn service(host: String) -> StreamableHttpService<Tools, LocalSessionManager> {
    let config = StreamableHttpServerConfig::default().with_allowed_hosts([host]);
    let tools = Tools::new();
    StreamableHttpService::new(move || Ok(tools.clone()), Arc::default(), config)
}
