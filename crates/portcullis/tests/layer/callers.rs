//! The code behind the layer knows its caller, and may ask for more than the rules do.

use crate::fixture::{CALL, Events, RESOURCE, Whole, described, post, text, token, with_scope};
use axum::{Router, body::Body, response::IntoResponse, routing::any};
use http::Request;
use portcullis::{
    AccessToken, Allowed, DefaultRule, InsufficientScope, Permit, ProtectedResource, rmcp::CallerContext as _,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::router::tool::ToolRouter,
    model::{ServerCapabilities, ServerConfig},
    service::RequestContext,
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::{convert::Infallible, sync::Arc};
use tower::ServiceExt as _;

fn app(resource: &ProtectedResource) -> Router {
    async fn handler(token: AccessToken, permit: Permit, same: Option<AccessToken>) -> String {
        #[derive(serde::Deserialize)]
        struct Claims {
            iss: String,
        }
        let claims: Claims = token.claims().unwrap();
        assert_eq!(same.unwrap().subject(), token.subject());
        format!("{} of {} asks {}", token.subject(), claims.iss, permit.operations()[0].method())
    }
    Router::new().route("/mcp", any(handler)).layer(resource.layer())
}

#[tokio::test]
async fn a_handler_takes_its_caller_as_an_argument() {
    let resource = described().tool("whoami", []).build().unwrap();
    let answer = app(&resource).oneshot(post::<Body>(&token("user-1"), CALL)).await.unwrap();
    assert_eq!(text(answer).await, "user-1 of https://issuer.example asks tools/call");
}

/// A handler that was left outside says so as the program's own mistake, and lets nobody in.
#[tokio::test]
async fn a_handler_around_which_there_is_no_layer_has_no_caller() {
    async fn needs(_: AccessToken) {}
    async fn may(token: Option<AccessToken>, permit: Option<Permit>) -> &'static str {
        assert!(token.is_none() && permit.is_none());
        "nobody"
    }
    let app: Router = Router::new().route("/needs", any(needs)).route("/may", any(may));
    let ask = |path: &str| app.clone().oneshot(Request::post(path).body(Body::empty()).unwrap());
    let answer = ask("/needs").await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (500, &"application/json".parse().unwrap())
    );
    assert_eq!(text(ask("/may").await.unwrap()).await, "nobody");
}

/// The metadata is read without a token in whatever order its routes and the layer are put together (PRM-04, PRM-05).
#[tokio::test]
async fn the_metadata_is_read_wherever_the_layer_stands() {
    let resource = described().tool("whoami", []).build().unwrap();
    let inner = || Router::new().route("/mcp", any(async || "in"));
    let mcp = tower::service_fn(async |_: http::Request<Whole>| {
        Ok::<_, Infallible>(http::Response::new(Whole::default()))
    });
    let apps: [Router; 6] = [
        resource.router(mcp),
        Router::new().route("/other", any(async || "out")).merge(resource.router(mcp)),
        inner().layer(resource.layer()).merge(resource.well_known()),
        inner().merge(resource.well_known()).layer(resource.layer()),
        inner().layer(resource.layer()),
        Router::new().merge(resource.well_known()).merge(inner().layer(resource.layer())),
    ];
    for app in apps {
        for path in [
            "/.well-known/oauth-protected-resource/mcp",
            "/.well-known/oauth-protected-resource/mcp/",
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-protected-resource/",
        ] {
            let request = Request::get(format!("https://mcp.example.com{path}")).body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            assert!(text(answer).await.contains(RESOURCE), "{path}");
        }
        let request = Request::post(RESOURCE).body(Body::empty()).unwrap();
        assert_eq!(app.oneshot(request).await.unwrap().status(), 401);
    }
}

/// What a router takes for patterns is a path like any other.
#[tokio::test]
async fn an_odd_path_is_published_where_it_is() {
    for path in ["/:a/mcp", "/*a", "/{a}/{*b}", "/a%20b"] {
        let issuer = portcullis::oidc("https://issuer.example");
        let resource = ProtectedResource::builder(format!("https://mcp.example.com{path}")).issuer(issuer);
        let resource = resource.otherwise(DefaultRule::Authenticated).build().unwrap();
        let app: Router = resource.well_known();
        let own = resource.metadata_paths()[0].to_owned();
        let request = Request::get(format!("https://mcp.example.com{own}")).body(Body::empty()).unwrap();
        assert_eq!(app.oneshot(request).await.unwrap().status(), 200, "{own}");
    }
}

/// CH-13..CH-15: the challenge names what the data asked for and what the rule does, and nothing of the answer goes out.
#[tokio::test]
async fn a_scope_that_a_handler_requires_becomes_a_challenge() {
    async fn handler(token: AccessToken) -> Result<&'static str, InsufficientScope> {
        token.require_scope("todo:archive")?;
        Ok("archived")
    }
    async fn careless(token: AccessToken) -> impl IntoResponse {
        let _ = token.require_scope("todo:archive");
        "archived all the same"
    }
    let events = Arc::new(Events::default());
    let resource = described()
        .audit(events.clone())
        .tool("whoami", ["todo:read"])
        .implies("todo:admin", ["todo:archive"])
        .build()
        .unwrap();
    let app: Router = Router::new().route("/mcp", any(handler)).layer(resource.layer());
    let careless: Router = Router::new().route("/mcp", any(careless)).layer(resource.layer());
    for (app, scope, status) in [
        (&app, "todo:read", 403),
        (&app, "todo:read todo:archive", 200),
        (&app, "todo:read todo:admin", 200),
        (&careless, "todo:read", 403),
    ] {
        let answer = app.clone().oneshot(post::<Body>(&with_scope("user-1", scope), CALL)).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{scope}");
        if status == 403 {
            let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
            assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
            assert!(challenge.contains(r#"scope="todo:archive todo:read""#), "{challenge}");
            let event = events.last();
            assert_eq!(
                (&event["decision"], &event["missing_scope"]),
                (&"refused".into(), &"todo:archive".into())
            );
            assert!(!text(answer).await.contains("all the same"));
        }
    }
}

/// A text that is no scope is nobody's.
#[tokio::test]
async fn a_scope_that_cannot_be_is_nobodys() {
    async fn handler(token: AccessToken) -> String {
        let texts = ["", " ", "todo\"read", "todo\\read"];
        let had = texts.into_iter().filter(|text| token.has_scope(text) || token.require_scope(text).is_ok());
        had.count().to_string()
    }
    let resource = described().otherwise(DefaultRule::Authenticated).build().unwrap();
    let app: Router = Router::new().route("/mcp", any(handler)).layer(resource.layer());
    let answer = app.oneshot(post::<Body>(&token("user-1"), CALL)).await.unwrap();
    assert_eq!(text(answer).await, "0");
}

#[derive(Clone)]
struct Archive {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Archive {
    #[tool(description = "Who calls?")]
    fn whoami(&self, token: AccessToken, context: RequestContext<RoleServer>) -> Result<String, ErrorData> {
        context.require_scope("todo:archive")?;
        assert_eq!(context.permit()?.operations().len(), 1);
        Ok(format!("you are {}", token.subject()))
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Archive {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

fn archive(config: StreamableHttpServerConfig) -> Router {
    let server = Archive { tool_router: Archive::tool_router() };
    let resource = described().tool("whoami", ["todo:read"]).build().unwrap();
    let config = config.with_allowed_hosts([resource.identifier().authority()]);
    let service: StreamableHttpService<_, LocalSessionManager> =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
    Router::new().route_service("/mcp", service).layer(resource.layer())
}

fn modern(token: &str) -> Request<Body> {
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"arguments""#;
    let mut request = post::<Body>(token, &CALL.replace("\"arguments\"", meta));
    for (name, value) in
        [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "whoami")]
    {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

/// CH-13: a tool of the SDK asks for a scope, and the client gets a challenge, in the modern era, and in the older one where
/// answers are JSON.
#[tokio::test]
async fn a_tool_that_requires_a_scope_makes_its_client_step_up() {
    let usual = StreamableHttpServerConfig::default;
    let json = || usual().with_legacy_session_mode(false).with_json_response(true);
    let legacy = |token: &str| {
        let mut request = post::<Body>(token, CALL);
        request.headers_mut().insert("mcp-protocol-version", "2025-11-25".parse().unwrap());
        request
    };
    let (poor, rich) = (with_scope("user-1", "todo:read"), with_scope("user-1", "todo:read todo:archive"));
    for (name, server, poor, rich) in [
        ("modern, events", archive(usual()), modern(&poor), modern(&rich)),
        ("modern, JSON", archive(json()), modern(&poor), modern(&rich)),
        ("legacy, JSON", archive(json()), legacy(&poor), legacy(&rich)),
    ] {
        let refused = server.clone().oneshot(poor).await.unwrap();
        assert_eq!(refused.status(), 403, "{name}");
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(r#"scope="todo:archive todo:read""#), "{name}: {challenge}");
        let answer = server.oneshot(rich).await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        assert!(text(answer).await.contains("you are user-1"), "{name}");
    }
}

/// Where the stream has begun there is no challenge any more: the client reads which scope it lacks.
#[tokio::test]
async fn in_a_stream_that_has_begun_the_client_reads_what_it_lacks() {
    let server = archive(StreamableHttpServerConfig::default());
    let poor = with_scope("user-1", "todo:read");
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
    let opened = server.clone().oneshot(post::<Body>(&poor, initialize)).await.unwrap();
    let session = opened.headers()["mcp-session-id"].clone();
    let mut last = None;
    for body in [r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, CALL] {
        let mut request = post::<Body>(&poor, body);
        request.headers_mut().insert("mcp-session-id", session.clone());
        request.headers_mut().insert("mcp-protocol-version", "2025-11-25".parse().unwrap());
        last = Some(server.clone().oneshot(request).await.unwrap());
    }
    let answer = last.unwrap();
    assert_eq!(answer.status(), 200);
    let body = text(answer).await;
    assert!(
        body.contains(r#""error":"insufficient_scope""#) && body.contains(r#""scope":"todo:archive""#),
        "{body}"
    );
    assert!(!body.contains("you are"), "{body}");
}

/// A function of the program's own has the last word, is told who asks for what, and its reason goes to the audit alone.
#[tokio::test]
async fn an_own_check_has_the_last_word() {
    let events = Arc::new(Events::default());
    let resource = described()
        .audit(events.clone())
        .tool("*", [])
        .check(|token, operation| async move {
            let wanted = operation.arguments.as_ref().and_then(|arguments| arguments.get("of")).cloned();
            match wanted {
                Some(of) if of != token.subject() => Allowed::no("only one's own"),
                _ => Allowed::yes(),
            }
        })
        .build()
        .unwrap();
    for (of, status) in [("user-1", 200), ("user-2", 403)] {
        let call = CALL.replace("\"arguments\":{}", &format!(r#""arguments":{{"of":"{of}"}}"#));
        let answer = app(&resource).oneshot(post::<Body>(&token("user-1"), &call)).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        assert!(!text(answer).await.contains("one's own"));
    }
    let event = events.last();
    assert_eq!(
        (&event["reason"], &event["check_reason"]),
        (&"check_denied".into(), &"only one's own".into())
    );
}
