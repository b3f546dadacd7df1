//! An axum application with two routes gains an MCP endpoint over the same data. Its routes stay as they were and ask nobody for
//! a token; `/mcp` does.
//!
//! | variable | |
//! |---|---|
//! | `ISSUER` | whoever signs the access tokens (RFC 9068), as their `iss` says it |
//! | `PORTCULLIS_RESOURCE` | the URL clients dial, which is the tokens' `aud`; `http://localhost:3002/mcp` unless set |
//! | `PORT` | 3002 unless set |
//!
//! `ISSUER=https://login.example.com cargo run --bin existing_app`

use anyhow::Context as _;
use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use portcullis::{ProtectedResource, oidc};
use rmcp::{
    handler::server::wrapper::Parameters,
    schemars, tool, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::{env, io, sync::Arc};
use tokio::net::TcpListener;

/// What both faces of the application show.
#[derive(Clone)]
struct Orders(Arc<[&'static str]>);

impl Orders {
    fn state(&self, number: usize) -> &'static str {
        self.0.get(number).copied().unwrap_or("unknown")
    }
}

/// The application as it was.
fn shop(orders: Orders) -> Router {
    Router::new()
        .route("/", get(async || "Welcome to the shop."))
        .route(
            "/orders/{number}",
            get(async |Path(number): Path<usize>, State(orders): State<Orders>| orders.state(number)),
        )
        .with_state(orders)
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Which {
    /// The number of the order.
    number: usize,
}

#[tool_router(server_handler)]
impl Orders {
    #[tool(description = "Says how far an order is.")]
    fn order_state(&self, Parameters(Which { number }): Parameters<Which>) -> String {
        self.state(number).to_owned()
    }
}

/// What is new. The layer is around this router, and around nothing else.
fn mcp(orders: Orders, auth: &ProtectedResource) -> Router {
    let service = StreamableHttpService::new(
        move || Ok(orders.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default().with_allowed_hosts([auth.identifier().authority()]),
    );
    Router::new().route_service("/mcp", service).layer(auth.layer()).merge(auth.well_known())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let issuer = env::var("ISSUER").context("ISSUER")?;
    let url = env::var("PORTCULLIS_RESOURCE").unwrap_or_else(|_| "http://localhost:3002/mcp".to_owned());
    let port = env::var("PORT").unwrap_or_else(|_| "3002".to_owned());

    let auth =
        ProtectedResource::builder(url).issuer(oidc(&issuer)).tool("order_state", ["orders:read"]).build()?;

    let orders = Orders(Arc::new(["packed", "on its way"]));
    let app = shop(orders.clone()).merge(mcp(orders, &auth));
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
