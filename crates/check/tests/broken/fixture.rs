//! A good protected MCP server with a good authorization server beside it: our own, on two ports of loopback. Either may be
//! spoiled by an intermediary that keeps its URL.

use crate::batches::with_batches;
use portcullis::{
    HasIssuer, IssuerSettings, ProofSettings, ProtectedResource,
    oauth::{Clock as _, Issuer, NumericDate, Scope},
    resource_server::{Algorithm, KeyLocation, SystemClock, TypRule},
};
use portcullis_authorization_server::{
    DevAuthorizationServer, DevConfig, MintRequest, SigningKey, TestUser, mint,
};
use portcullis_check::{Finding, Other, OtherToken, Outcome, Report, Secret, Seen, Subject, judge, look};
use portcullis_fetch::{Asker, HttpFetcher, Limits};
use portcullis_testing::{LoopbackPort, LoopbackServer, Spoiled};
use rmcp::{
    ServerHandler,
    handler::server::router::tool::ToolRouter,
    model::{ServerCapabilities, ServerConfig},
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::time::timeout;

/// A look that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Made once: a client reads the machine's trust store, though nobody is dialled over TLS here.
static ASKER: LazyLock<Asker> = LazyLock::new(|| Asker::new(Limits::default()).unwrap());
static FETCHER: LazyLock<Arc<HttpFetcher>> = LazyLock::new(|| Arc::new(HttpFetcher::new().unwrap()));
const SCOPES: &str = "todo:read todo:write";

/// What is known of the servers before they start.
pub(crate) struct Known {
    /// The MCP server, as clients dial it.
    pub(crate) url: String,
    /// The authorization server.
    pub(crate) issuer: String,
    /// A token that the MCP server takes.
    pub(crate) token: String,
    key: SigningKey,
}

/// What is spoiled: nothing, unless said.
#[derive(Default)]
pub(crate) struct Spoil {
    server: Spoiled,
    issuer: Spoiled,
    is_without_token: bool,
    token: Option<String>,
    other_tokens: Vec<OtherToken>,
    is_thorough: bool,
    time: Option<Duration>,
}

impl Spoil {
    /// The MCP server and its metadata.
    pub(crate) fn server(spoiled: Spoiled) -> Self {
        Self { server: spoiled, ..Self::default() }
    }

    /// The authorization server.
    pub(crate) fn issuer(spoiled: Spoiled) -> Self {
        Self { issuer: spoiled, ..Self::default() }
    }

    /// The authorization server too.
    pub(crate) fn and_issuer(self, spoiled: Spoiled) -> Self {
        Self { issuer: spoiled, ..self }
    }

    /// It is looked at without a token.
    pub(crate) fn without_token(self) -> Self {
        Self { is_without_token: true, ..self }
    }

    /// It is looked at with this token in place of the good one.
    pub(crate) fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    /// It is looked at for no longer.
    pub(crate) fn for_no_longer_than(self, time: Duration) -> Self {
        Self { time: Some(time), ..self }
    }

    /// It is looked at with another token too.
    pub(crate) fn and_other(mut self, other: Other, token: &str) -> Self {
        self.other_tokens.push(OtherToken { other, token: Secret::new(token) });
        self
    }

    /// It is looked at with more than what is safe everywhere.
    pub(crate) fn thorough(self) -> Self {
        Self { is_thorough: true, ..self }
    }
}

impl Known {
    /// A token of the issuer for these audiences, with these scopes, from now for `lifetime` seconds.
    pub(crate) fn mint(&self, audiences: &[String], scope: &str, lifetime: u64) -> String {
        self.mint_for(&alice(), audiences, scope, SystemClock::new().now(), lifetime)
    }

    /// A good one of another user's.
    pub(crate) fn mint_for_bob(&self) -> String {
        let bob = TestUser { id: "bob".into(), ..alice() };
        self.mint_for(&bob, std::slice::from_ref(&self.url), SCOPES, SystemClock::new().now(), 3600)
    }

    /// One that was good until an hour ago.
    pub(crate) fn mint_expired(&self) -> String {
        let two_hours_ago = SystemClock::new().now().minus(7200);
        self.mint_for(&alice(), std::slice::from_ref(&self.url), SCOPES, two_hours_ago, 3600)
    }

    fn mint_for(
        &self,
        user: &TestUser,
        audiences: &[String],
        scope: &str,
        issued_at: NumericDate,
        lifetime: u64,
    ) -> String {
        let scope = &Scope::parse(scope).unwrap();
        let (issuer, client_id, token_id) = (self.issuer.as_str(), "portcullis-check", "token-1");
        let request =
            MintRequest { issuer, user, client_id, scope, audiences, issued_at, lifetime, token_id };
        mint(&self.key, &request).unwrap()
    }
}

/// Looks at good servers, spoiled like this, and judges what was seen.
pub(crate) async fn check(spoil: impl FnOnce(&Known) -> Spoil) -> Report {
    judge(&seen(spoil).await)
}

/// Looks at good servers, spoiled like this.
pub(crate) async fn seen(spoil: impl FnOnce(&Known) -> Spoil) -> Seen {
    let servers = Servers::start(spoil).await;
    timeout(PATIENCE, look(servers.subject.clone(), &*ASKER, &mut |_| {})).await.expect("it hangs")
}

/// Nothing is wrong.
#[track_caller]
pub(crate) fn nothing(report: &Report) {
    let wrong = wrong(report);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// This is wrong, once, and nothing else is.
#[track_caller]
pub(crate) fn only(report: &Report, row: &str) -> Finding {
    let wrong = wrong(report);
    assert_eq!(wrong.iter().map(|finding| finding.row).collect::<Vec<_>>(), [row], "{wrong:#?}");
    wrong[0].clone()
}

/// This could not be judged, by one rule of the row at least.
#[track_caller]
pub(crate) fn not_applicable(report: &Report, row: &str) {
    let found: Vec<_> = report.findings().filter(|finding| finding.row == row).collect();
    assert!(!found.is_empty(), "no rule has {row}");
    assert!(found.iter().any(|finding| finding.outcome == Outcome::NotApplicable), "{found:#?}");
}

/// What is wrong.
pub(crate) fn wrong(report: &Report) -> Vec<&Finding> {
    let is_wrong = |finding: &&Finding| matches!(finding.outcome, Outcome::Failed | Outcome::Warned);
    report.findings().filter(is_wrong).collect()
}

/// Both, for as long as this lives.
pub(crate) struct Servers {
    pub(crate) subject: Subject,
    _server: LoopbackServer,
    _issuer: LoopbackServer,
}

impl Servers {
    /// On ports of their own.
    pub(crate) async fn start(spoil: impl FnOnce(&Known) -> Spoil) -> Self {
        let (server, issuer) = (LoopbackPort::bind().await, LoopbackPort::bind().await);
        let folder = tempfile::tempdir().unwrap();
        let key = || SigningKey::load_or_create(&folder.path().join("key.p8")).unwrap();
        let url = format!("{}/mcp", server.url());
        let mut known = Known { url, issuer: issuer.url(), token: String::new(), key: key() };
        known.token = known.mint(std::slice::from_ref(&known.url), SCOPES, 3600);
        let spoil = spoil(&known);
        let mut subject = Subject::parse(&known.url).unwrap();
        let token = spoil.token.as_ref().unwrap_or(&known.token);
        subject.token = (!spoil.is_without_token).then(|| Secret::new(token));
        subject.other_tokens = spoil.other_tokens;
        subject.is_thorough = spoil.is_thorough;
        subject.time = spoil.time.unwrap_or(subject.time);
        let authorization_server = authorization_server(&known, key());
        Self {
            subject,
            _issuer: issuer.serve(spoil.issuer.around(authorization_server.router())),
            _server: server.serve(spoil.server.around(protected(&known))),
        }
    }
}

fn authorization_server(known: &Known, key: SigningKey) -> DevAuthorizationServer {
    let config = DevConfig {
        issuer: Issuer::parse(&known.issuer).unwrap(),
        resources: vec![known.url.clone()],
        scopes: Scope::parse(SCOPES).unwrap(),
        users: vec![alice()],
        hosts: vec![known.issuer.trim_start_matches("http://").to_owned()],
    };
    DevAuthorizationServer::new(config, key, Arc::new(SystemClock::new()))
}

fn alice() -> TestUser {
    TestUser { id: "alice".into(), name: "Alice Archer".into(), tenant: "acme".into() }
}

/// As the library's guide has it.
fn protected(known: &Known) -> axum::Router {
    let auth = described(known)
        .allow_loopback_origins()
        .fetch(FETCHER.clone())
        .tool("whoami", [])
        .tool("list_todos", ["todo:read"])
        .tool("*_todo", ["todo:write"])
        .name("A good server")
        .build()
        .unwrap();
    let config = StreamableHttpServerConfig::default().with_allowed_hosts([auth.identifier().authority()]);
    let todos = Todos { tool_router: Todos::tool_router() };
    let service =
        StreamableHttpService::new(move || Ok(todos.clone()), Arc::<LocalSessionManager>::default(), config);
    auth.router(with_batches(axum::Router::new().fallback_service(service)))
}

fn described(known: &Known) -> portcullis::Builder<HasIssuer> {
    let issuer = Issuer::parse(&known.issuer).unwrap();
    ProtectedResource::builder(&known.url).issuer(IssuerSettings {
        name: "dev".to_owned(),
        published: issuer.to_string(),
        audiences: None,
        proof: ProofSettings::Signature {
            keys: KeyLocation::Discover(issuer.clone()),
            algorithms: vec![Algorithm::Es256],
            typ: TypRule::Development,
        },
        issuers: vec![issuer],
        scopes_claim: false,
        tenant_claim: None,
        leeway: 30,
    })
}

/// The server behind, in both eras.
#[derive(Clone)]
struct Todos {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Todos {
    #[tool(description = "Says who calls.")]
    fn whoami(&self, token: portcullis::AccessToken) -> String {
        token.subject().to_owned()
    }

    #[tool(description = "Lists what is to be done.")]
    fn list_todos(&self) -> String {
        "Nothing is to be done.".to_owned()
    }

    #[tool(description = "Adds something to be done.")]
    fn create_todo(&self) -> String {
        "Added as number 1.".to_owned()
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Todos {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}
