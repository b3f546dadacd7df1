//! An MCP server of the older era and its authorization server, on one loopback port, for what honest ones do not do. A test
//! answers the authorization request by itself.
#![allow(dead_code, reason = "not every test needs all of it")]

use axum::{
    Json, Router,
    extract::{Form, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use portcullis_testing::{LoopbackServer, serve_at};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::{Notify, watch};

/// Both, as long as this lives.
pub(crate) struct Provider {
    server: LoopbackServer,
    world: Arc<World>,
}

/// What it knows and how it behaves.
pub(crate) struct World {
    url: String,
    facts: Mutex<Facts>,
    /// A refresh has come.
    pub(crate) refresh_came: Notify,
    /// Whether refreshes wait.
    pub(crate) hold: watch::Sender<bool>,
}

#[derive(Default)]
pub(crate) struct Facts {
    /// What its metadata is answered with, if not 200.
    pub(crate) status: Option<u16>,
    /// In place of members of the authorization server's metadata.
    pub(crate) metadata: Vec<(&'static str, Value)>,
    /// What a registered client is given.
    pub(crate) client_secret: Option<&'static str>,
    /// In seconds.
    pub(crate) expires_in: Option<u64>,
    /// What is granted, whatever was asked for.
    pub(crate) grants: Option<&'static str>,
    /// What the tool asks for.
    pub(crate) needs: Option<&'static str>,
    /// What the tool answers.
    pub(crate) tool: Option<Value>,
    /// Says what it is sent in its complaints.
    pub(crate) is_talkative: bool,
    /// Forms that the token endpoint was sent.
    pub(crate) forms: Vec<HashMap<String, String>>,
    /// `Authorization` at the token endpoint.
    pub(crate) credentials: Vec<Option<String>>,
    /// The scope of each access token that is good.
    pub(crate) good: BTreeMap<String, String>,
    refresh_token: String,
    count: usize,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let mut world = None;
        let server = serve_at(|url| {
            let facts = Facts { expires_in: Some(3600), ..Facts::default() };
            let it = Arc::new(World {
                url: url.to_owned(),
                facts: Mutex::new(facts),
                refresh_came: Notify::new(),
                hold: watch::Sender::new(false),
            });
            world = Some(it.clone());
            Router::new()
                .route("/.well-known/oauth-protected-resource/mcp", get(resource))
                .route("/.well-known/oauth-authorization-server", get(metadata))
                .route("/register", post(register))
                .route("/token", post(token))
                .route("/mcp", post(mcp))
                .with_state(it)
        })
        .await;
        Self { server, world: world.unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/mcp", self.server.url())
    }

    pub(crate) fn issuer(&self) -> String {
        self.server.url()
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.world.facts.lock().unwrap()
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }
}

impl World {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }
}

async fn resource(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!({
        "resource": format!("{}/mcp", world.url),
        "authorization_servers": [world.url],
        "scopes_supported": ["todo:read"],
    }))
}

async fn metadata(State(world): State<Arc<World>>) -> (StatusCode, Json<Value>) {
    let url = &world.url;
    let mut document = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "registration_endpoint": format!("{url}/register"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    for (name, value) in &world.facts().metadata {
        document[name] = value.clone();
    }
    let status = world.facts().status.unwrap_or(200);
    (StatusCode::from_u16(status).unwrap(), Json(document))
}

async fn register(State(world): State<Arc<World>>, Json(mut client): Json<Value>) -> Response {
    client["client_id"] = json!("registered-client");
    client["client_secret"] = json!(world.facts().client_secret);
    (StatusCode::CREATED, Json(client)).into_response()
}

async fn token(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let is_refresh = form.get("grant_type").is_some_and(|grant| grant == "refresh_token");
    if is_refresh {
        world.refresh_came.notify_one();
        world.hold.subscribe().wait_for(|held| !held).await.unwrap();
    }
    let mut facts = world.facts();
    let credentials = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    facts.credentials.push(credentials);
    facts.forms.push(form.clone());
    let presented = form.get(if is_refresh { "refresh_token" } else { "code" }).cloned().unwrap_or_default();
    let is_good =
        if is_refresh { presented == facts.refresh_token } else { presented == "good-code-0123456789" };
    if !is_good {
        // Whoever presents an old one has stolen it, or has been stolen from.
        facts.refresh_token.clear();
        facts.good.clear();
        let description =
            if facts.is_talkative { format!("{presented} is unknown") } else { "unknown".into() };
        let refused = json!({ "error": "invalid_grant", "error_description": description });
        return (StatusCode::BAD_REQUEST, Json(refused)).into_response();
    }
    facts.count += 1;
    let (access, refresh) =
        (format!("access-token-{:016}", facts.count), format!("refresh-token-{:016}", facts.count));
    facts.refresh_token.clone_from(&refresh);
    let scope = facts.grants.map_or_else(|| form.get("scope").cloned(), |scope| Some(scope.to_owned()));
    let scope = scope.unwrap_or_else(|| "todo:read".to_owned());
    facts.good.insert(access.clone(), scope.clone());
    Json(json!({
        "access_token": access, "token_type": "Bearer", "refresh_token": refresh,
        "expires_in": facts.expires_in, "scope": scope,
    }))
    .into_response()
}

async fn mcp(State(world): State<Arc<World>>, request: Request) -> Response {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let facts = world.facts();
    let metadata = format!("resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"", world.url);
    let Some(scope) = facts.good.get(&bearer) else {
        let challenge = format!("Bearer {metadata}");
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
    };
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = &message["id"];
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
            "serverInfo": { "name": "old", "version": "1" },
        }),
        _ if id.is_null() => return StatusCode::ACCEPTED.into_response(),
        "tools/list" => json!({ "tools": [{
            "name": "work", "description": "Works.\nHard.",
            "inputSchema": {
                "type": "object",
                "properties": { "times": { "type": "integer" }, "what": { "type": "string" } },
            },
        }] }),
        "tools/call" => {
            if let Some(needs) = facts.needs.filter(|needs| !scope.split(' ').any(|scope| scope == *needs)) {
                let challenge = format!("Bearer {metadata}, error=\"insufficient_scope\", scope=\"{needs}\"");
                return (StatusCode::FORBIDDEN, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
            }
            if facts.is_talkative {
                let error = json!({ "code": -32000, "message": format!("I was shown {bearer}\u{1b}[2J") });
                return Json(json!({ "jsonrpc": "2.0", "id": id, "error": error })).into_response();
            }
            let said = json!({ "content": [{ "type": "text", "text": message["params"]["arguments"].to_string() }] });
            facts.tool.clone().unwrap_or(said)
        }
        _ => {
            let error = json!({ "code": -32601, "message": "no such method" });
            return Json(json!({ "jsonrpc": "2.0", "id": id, "error": error })).into_response();
        }
    };
    Json(json!({ "jsonrpc": "2.0", "id": id, "result": result })).into_response()
}
