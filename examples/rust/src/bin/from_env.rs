//! Which server this is and whose tokens are good, from the environment variables of Scalekit's or of Auth0's guides; who may do
//! what is said here.
//!
//! | guide | variables |
//! |---|---|
//! | Scalekit, as a provider | `SCALEKIT_ENVIRONMENT_URL`, `SCALEKIT_RESOURCE_ID`, `MCP_URL`: clients dial `<MCP_URL>/mcp` |
//! | Scalekit, with its metadata | `SK_ENV_URL`, `EXPECTED_AUDIENCE`, `PROTECTED_RESOURCE_METADATA` |
//! | Auth0 | `AUTH0_DOMAIN`, `AUTH0_AUDIENCE`, `PORTCULLIS_RESOURCE` |
//!
//! `PORT` is 3002 unless set. `portcullis::from_env` has the whole table.
//!
//! `SCALEKIT_ENVIRONMENT_URL=… SCALEKIT_RESOURCE_ID=… MCP_URL=http://localhost:3002/ cargo run --bin from_env`

use axum::Router;
use portcullis::{AccessToken, from_env};
use rmcp::{
    tool, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::{env, io, sync::Arc};
use tokio::net::TcpListener;

#[derive(Clone)]
struct Desk;

#[tool_router(server_handler)]
impl Desk {
    #[tool(description = "Says who calls.")]
    fn whoami(&self, token: AccessToken) -> String {
        format!("You are {} of {}.", token.subject(), token.tenant().unwrap_or("no organization"))
    }

    #[tool(description = "Closes the desk.")]
    fn close(&self) -> String {
        "Closed.".to_owned()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let port = env::var("PORT").unwrap_or_else(|_| "3002".to_owned());

    let auth = from_env()?.tool("whoami", []).tool("close", ["desk:close"]).build()?;

    let mcp = StreamableHttpService::new(
        || Ok(Desk),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default().with_allowed_hosts([auth.identifier().authority()]),
    );
    let app = Router::new().route_service("/mcp", mcp).layer(auth.layer()).merge(auth.well_known());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
