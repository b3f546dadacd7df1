//! A server of rust-mcp-sdk with the authorization that goes with it: a peer that is looked at, not measured.

use crate::servers::{listen, serve_on};
use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use rust_mcp_extra::token_verifier::{
    GenericOauthTokenVerifier, TokenVerifierOptions, VerificationStrategies,
};
use rust_mcp_sdk::{
    McpServer, RequestContext, ServerDetails, ToMcpServerHandler as _, TransportOptions,
    auth::{Audience, AuthMetadataBuilder, RemoteAuthProvider},
    id_generator::{FastIdGenerator, UuidGenerator},
    mcp_http::{DEFAULT_MAX_LISTEN_STREAMS, McpAppState, McpHttpHandler, middleware::AuthMiddleware},
    mcp_server::ServerHandler,
    schema::{
        Implementation, ListToolsResult, ListToolsResultCacheScope, PaginatedRequestParams, RpcError,
        ServerCapabilities, ServerCapabilitiesTools,
    },
};
use std::{sync::Arc, time::Duration};

/// Longer requests are not looked at.
const MAX_BODY: usize = 4 << 20;

struct Greeter;

#[async_trait]
impl ServerHandler for Greeter {
    async fn handle_list_tools_request(
        &self,
        _: Option<PaginatedRequestParams>,
        _: &RequestContext,
        _: Arc<dyn McpServer>,
    ) -> Result<ListToolsResult, RpcError> {
        Ok(ListToolsResult {
            cache_scope: ListToolsResultCacheScope::Public,
            meta: None,
            next_cursor: None,
            result_type: "complete".to_owned(),
            ttl_ms: 0,
            tools: Vec::new(),
        })
    }
}

/// Serves it.
pub async fn server(issuer: &str, keys: &str) -> anyhow::Result<()> {
    let listener = listen().await?;
    let resource = format!("http://{}/mcp", listener.local_addr()?);
    let discovery = format!("{issuer}/.well-known/oauth-authorization-server");
    let metadata =
        AuthMetadataBuilder::from_discovery_url(&discovery, resource.clone(), vec!["todo:read".to_owned()]);
    let metadata = metadata.await.and_then(AuthMetadataBuilder::build);
    let (server, protected) = metadata.map_err(|error| anyhow::anyhow!("{error}"))?;
    let verifier = GenericOauthTokenVerifier::new(TokenVerifierOptions {
        strategies: vec![VerificationStrategies::JWKs { jwks_uri: keys.into() }],
        validate_audience: Some(Audience::Single(resource)),
        validate_issuer: Some(issuer.into()),
        cache_capacity: None,
    })?;
    let required = Some(vec!["todo:read".to_owned()]);
    let provider = Arc::new(RemoteAuthProvider::new(server, protected, Box::new(verifier), required));
    let middleware = Arc::new(AuthMiddleware::new(provider.clone()));
    let served = Served {
        handler: McpHttpHandler::new(Some(provider), vec![middleware], None),
        state: Arc::new(state()),
    };
    let router = Router::new().route("/mcp", axum::routing::any(mcp)).fallback(published);
    serve_on(listener, router.with_state(Arc::new(served))).await
}

struct Served {
    handler: McpHttpHandler,
    state: Arc<McpAppState>,
}

fn state() -> McpAppState {
    let tools = ServerCapabilitiesTools { list_changed: None };
    let server_details = ServerDetails {
        server_info: Implementation {
            name: "greeter".to_owned(),
            version: "0.0.0".to_owned(),
            title: None,
            description: None,
            icons: Vec::new(),
            website_url: None,
        },
        capabilities: ServerCapabilities { tools: Some(tools), ..ServerCapabilities::default() },
        instructions: None,
        meta: None,
    };
    McpAppState {
        id_generator: Arc::new(UuidGenerator {}),
        stream_id_gen: Arc::new(FastIdGenerator::new(Some("s_"))),
        server_details: Arc::new(server_details),
        handler: Greeter.to_mcp_server_handler(),
        ping_interval: Duration::from_secs(12),
        transport_options: Arc::new(TransportOptions::default()),
        enable_json_response: true,
        message_observer: None,
        extensions: Arc::default(),
        active_listen_streams: Arc::default(),
        max_listen_streams: DEFAULT_MAX_LISTEN_STREAMS,
    }
}

async fn mcp(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    let request = http::Request::from_parts(parts, body.as_str());
    match served.handler.handle_streamable_http(request, Arc::clone(&served.state)).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// What it publishes, as its own servers route it.
async fn published(State(served): State<Arc<Served>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let known = served.handler.oauth_endpoints().unwrap_or_default();
    if !known.contains(&&path) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let request = http::Request::from_parts(request.into_parts().0, "");
    match served.handler.handle_auth_requests(request, Arc::clone(&served.state)).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
