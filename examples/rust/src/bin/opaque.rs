//! Tokens that say nothing to anybody but their issuer, which is asked about them (RFC 7662). A tool reads what it answered.
//!
//! | variable | |
//! |---|---|
//! | `ISSUER` | whoever issues the tokens; its metadata names the introspection endpoint |
//! | `CLIENT_ID`, `CLIENT_SECRET` | as whom this server asks |
//! | `PORTCULLIS_RESOURCE` | the URL clients dial, which is the tokens' `aud`; `http://localhost:3002/mcp` unless set |
//! | `PORT` | 3002 unless set |
//!
//! `ISSUER=https://login.example.com CLIENT_ID=… CLIENT_SECRET=… cargo run --bin opaque`

use anyhow::Context as _;
use axum::Router;
use portcullis::{AccessToken, ProtectedResource, introspection};
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

/// What this issuer says beside what every issuer does.
#[derive(serde::Deserialize)]
struct Claims {
    username: Option<String>,
}

#[tool_router(server_handler)]
impl Desk {
    #[tool(description = "Says who calls.")]
    fn whoami(&self, token: AccessToken) -> String {
        let name = token.claims::<Claims>().ok().and_then(|claims| claims.username);
        format!("You are {}.", name.as_deref().unwrap_or(token.subject()))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let issuer = env::var("ISSUER").context("ISSUER")?;
    let client_id = env::var("CLIENT_ID").context("CLIENT_ID")?;
    let client_secret = env::var("CLIENT_SECRET").context("CLIENT_SECRET")?;
    let url = env::var("PORTCULLIS_RESOURCE").unwrap_or_else(|_| "http://localhost:3002/mcp".to_owned());
    let port = env::var("PORT").unwrap_or_else(|_| "3002".to_owned());

    let auth = ProtectedResource::builder(url)
        .issuer(introspection(&issuer, &client_id, &client_secret))
        .tool("whoami", ["profile:read"])
        .build()?;

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
