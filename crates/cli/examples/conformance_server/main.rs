//! An MCP server with everything that the server scenarios of the official conformance suite name, with rmcp, knowing
//! nothing of OAuth: what the suite says of it directly, it must say of it through the gateway. Prints one line of JSON
//! with its address; ends when its standard input does.

mod back;
mod changes;
mod offer;
mod rounds;
mod server;
mod tools;

use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use std::{io::Write as _, net::Ipv4Addr, sync::Arc};
use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let sessions = Arc::new(LocalSessionManager::default());
    let back = back::Back::new(sessions.clone());
    let changes = changes::Changes::new();
    let around = back.clone();
    // The suite asks of a server on loopback that it refuses the pages of strangers.
    let config = StreamableHttpServerConfig::default()
        .with_allowed_origins(["http://127.0.0.1:*", "http://localhost:*"]);
    let service = StreamableHttpService::new(
        move || Ok(server::Server::new(changes.clone(), back.clone())),
        sessions,
        config,
    );
    let watch = axum::middleware::from_fn(move |request, next| around.clone().watch(request, next));
    let app = axum::Router::new().route_service("/mcp", service).layer(watch);
    tokio::spawn(async move { axum::serve(listener, app).await });
    writeln!(std::io::stdout(), "{}", serde_json::json!({ "url": format!("http://{address}/mcp") }))?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
