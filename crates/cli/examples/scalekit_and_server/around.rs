//! What stands around a gateway that people try with Scalekit: the environment's stand-in, and an MCP server that knows
//! nothing of OAuth, both on loopback.

use portcullis_fetch::HttpFetcher;
use portcullis_resource_server::SystemClock;
use portcullis_testing::{LoopbackServer, ScalekitStandIn, scalekit::Switches, serve};
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
use std::sync::Arc;

#[derive(Clone)]
struct Greeter {
    tool_router: ToolRouter<Self>,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Greet {
    /// Whom to greet.
    name: String,
}

#[tool_router]
impl Greeter {
    #[tool(description = "Greets somebody by name.")]
    fn greet_user(&self, Parameters(Greet { name }): Parameters<Greet>) -> String {
        format!("Hello, {name}!")
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Greeter {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// Both, as long as this lives.
pub(crate) struct Around {
    /// The environment.
    #[allow(dead_code, reason = "not everybody asks the environment")]
    pub(crate) scalekit: ScalekitStandIn,
    server: LoopbackServer,
}

impl Around {
    /// Starts both; `server_url` is what was typed into the dashboard.
    pub(crate) async fn start(server_url: Option<String>) -> Self {
        let switches = Switches { server_url, ..Switches::default() };
        let fetch = HttpFetcher::new().expect("the machine has a trust store");
        let clock = Arc::new(SystemClock::new());
        let scalekit = ScalekitStandIn::start_with(switches, clock, Arc::new(fetch)).await;
        let greeter = Greeter { tool_router: Greeter::tool_router() };
        let service: StreamableHttpService<_, LocalSessionManager> = StreamableHttpService::new(
            move || Ok(greeter.clone()),
            Arc::default(),
            StreamableHttpServerConfig::default(),
        );
        let server = serve(axum::Router::new().route_service("/mcp", service)).await;
        Self { scalekit, server }
    }

    /// The MCP server's endpoint.
    pub(crate) fn upstream(&self) -> String {
        format!("{}/mcp", self.server.url())
    }
}
