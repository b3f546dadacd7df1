//! What stands behind and beside the gateway: an MCP server of the official SDK, and the least a reverse proxy can be.

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use rmcp::{
    ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    model::{ServerCapabilities, ServerConfig},
    schemars, tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::{io::Write as _, sync::Arc};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

#[derive(Clone)]
struct Greeter {
    tool_router: ToolRouter<Self>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Greet {
    name: String,
}

#[tool_router]
impl Greeter {
    #[tool(description = "Greets somebody by name.")]
    fn greet_user(&self, Parameters(Greet { name }): Parameters<Greet>) -> String {
        format!("Hello, {}!", &name[..name.len().min(32)])
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Greeter {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// The MCP server; answers as JSON, or as events.
pub async fn upstream(events: bool) -> anyhow::Result<()> {
    serve(axum::Router::new().route_service("/mcp", greeter(events))).await
}

/// The MCP server as a service.
pub fn greeter(events: bool) -> StreamableHttpService<impl ServerHandler, LocalSessionManager> {
    let greeter = Greeter { tool_router: Greeter::tool_router() };
    let config = StreamableHttpServerConfig::default().with_json_response(!events);
    StreamableHttpService::new(move || Ok(greeter.clone()), Arc::default(), config)
}

/// Serves this until told to end.
pub async fn serve(router: axum::Router) -> anyhow::Result<()> {
    serve_on(listen().await?, router).await
}

/// The same on a listener that is there.
pub async fn serve_on(listener: TcpListener, router: axum::Router) -> anyhow::Result<()> {
    // Without this an answer in two writes takes 40 ms, whoever asks.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    until_told().await
}

/// Passes every request to `to`, with a pooled client and bodies as they come.
pub async fn proxy(to: Uri) -> anyhow::Result<()> {
    let listener = listen().await?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<HttpConnector, Incoming> = Client::builder(TokioExecutor::new()).build(connector);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let (client, to) = (client.clone(), to.clone());
            let service = service_fn(move |request| forward(client.clone(), to.clone(), request));
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    until_told().await
}

async fn forward(
    client: Client<HttpConnector, Incoming>,
    to: Uri,
    mut request: Request<Incoming>,
) -> Result<Response<BoxBody<bytes::Bytes, hyper::Error>>, hyper_util::client::legacy::Error> {
    *request.uri_mut() = to;
    request.headers_mut().remove(http::header::HOST);
    request.headers_mut().remove(http::header::CONNECTION);
    Ok(client.request(request).await?.map(|body| body.boxed()))
}

/// A port nobody chose, said on standard output.
pub async fn listen() -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?).context("standard output")?;
    Ok(listener)
}

/// Standard input ends with whoever started us.
pub async fn until_told() -> anyhow::Result<()> {
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
