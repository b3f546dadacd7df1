//! Around the official SDK's server, in both eras: a tool knows who calls it.

use crate::fixture::{CALL, Whole, post, protected, text, token};
use portcullis::Permit;
use rmcp::{
    RoleServer, ServerHandler,
    handler::server::router::tool::ToolRouter,
    model::{ServerCapabilities, ServerConfig},
    service::RequestContext,
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::sync::Arc;
use tower::{Layer as _, ServiceExt as _};

#[derive(Clone)]
struct Server {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Server {
    #[tool(description = "Who calls?")]
    fn whoami(&self, context: RequestContext<RoleServer>) -> String {
        let parts = context.extensions.get::<http::request::Parts>().unwrap();
        let permit = parts.extensions.get::<Permit>().unwrap();
        assert!(!parts.headers.contains_key("authorization"), "the token stays behind");
        format!("you are {}", permit.token().subject())
    }

    /// No rule lists it.
    #[tool(description = "Nobody's")]
    fn reboot(&self) {}
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

fn server() -> StreamableHttpService<Server, LocalSessionManager> {
    let config = StreamableHttpServerConfig::default().with_allowed_hosts(["mcp.example.com"]);
    let server = Server { tool_router: Server::tool_router() };
    StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config)
}

#[tokio::test]
async fn a_tool_of_the_modern_era_knows_its_caller() {
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"arguments""#;
    let service = protected().layer().layer(server());
    for user in ["user-1", "user-2"] {
        let mut request = post::<Whole>(&token(user), &CALL.replace("\"arguments\"", meta));
        for (name, value) in
            [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "whoami")]
        {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let answer = service.clone().oneshot(request).await.unwrap();
        let (status, body) = (answer.status().as_u16(), text(answer).await);
        assert_eq!(status, 200, "{body}");
        assert!(body.contains(&format!("you are {user}")), "{body}");
    }
}

/// TL-10, TL-14: the session of the older revisions is sealed for its user here too.
#[tokio::test]
async fn a_tool_of_the_legacy_era_knows_its_caller_and_a_session_its_user() {
    let service = protected().layer().layer(server());
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
    let opened = service.clone().oneshot(post::<Whole>(&token("user-1"), initialize)).await.unwrap();
    assert_eq!(opened.status(), 200);
    let session = opened.headers()["mcp-session-id"].clone();
    let with_session = |user: &str, body: &str| {
        let mut request = post::<Whole>(&token(user), body);
        request.headers_mut().insert("mcp-session-id", session.clone());
        request.headers_mut().insert("mcp-protocol-version", "2025-11-25".parse().unwrap());
        service.clone().oneshot(request)
    };
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(with_session("user-1", initialized).await.unwrap().status(), 202);
    let stolen = with_session("user-2", CALL).await.unwrap();
    assert_eq!(stolen.status(), 404);
    let answer = with_session("user-1", CALL).await.unwrap();
    let body = text(answer).await;
    assert!(body.contains("you are user-1"), "{body}");
}

/// G-21: what no rule lists is not told either, whether the SDK answers with JSON or with events.
#[tokio::test]
async fn a_list_of_either_era_names_what_may_be_called() {
    const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
    let meta = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}"#;
    let service = protected().layer().layer(server());
    for (version, body) in [("2026-07-28", LIST.replace("{}", meta)), ("2025-11-25", LIST.to_owned())] {
        let mut request = post::<Whole>(&token("user-1"), &body);
        request.headers_mut().insert("mcp-protocol-version", version.parse().unwrap());
        if version == "2026-07-28" {
            request.headers_mut().insert("mcp-method", "tools/list".parse().unwrap());
        } else {
            let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
            let opened = service.clone().oneshot(post::<Whole>(&token("user-1"), initialize)).await.unwrap();
            request.headers_mut().insert("mcp-session-id", opened.headers()["mcp-session-id"].clone());
        }
        let answer = service.clone().oneshot(request).await.unwrap();
        let (status, private) = (answer.status().as_u16(), answer.headers()["cache-control"].clone());
        let body = text(answer).await;
        assert_eq!((status, private.to_str().unwrap()), (200, "private, no-store"), "{body}");
        assert!(body.contains("\"whoami\"") && !body.contains("reboot"), "{version}: {body}");
    }
}
