//! An MCP server that asks for access tokens. Here is who may do what; what there is to do is in `tools.rs`.

#[cfg(test)]
mod tests;
mod tools;

use axum::Router;
use portcullis::{BuildError, Builder, HasIssuer, {{import}}};
use std::{env, error::Error, process::ExitCode};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    // Each decision is an event of `portcullis::audit`: who, through which client, tried what.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let app = app({{described}})?;
    let port = env::var("PORT").map_or(Ok({{port}}), |port| port.parse::<u16>())?;
    // This machine only: whoever is beyond it comes through a proxy that ends TLS.
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
{{resource}}
/// The server behind its layer. What no rule names is refused, and not listed.
fn app(resource: Builder<HasIssuer>) -> Result<Router, BuildError> {
    let auth = resource
        .tool("greet_user", []) // any valid token
        .tool("list_*", ["todo:read"])
        .tool("create_*", ["todo:write"])
        .build()?;
    let host = auth.identifier().authority();
    Ok(Router::new()
        .route_service({{path}}, tools::service(host))
        .layer(auth.layer())
        .merge(auth.well_known()))
}
