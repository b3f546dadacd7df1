//! What the tests stand on: a server in the process, a clock that is moved by hand, a client, and a browser.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_authorization_server::{
    DevAuthorizationServer, DevConfig, Randomness, SigningKey, SystemRandomness, TestUser,
};
use portcullis_oauth::{Clock, Issuer, NumericDate, Scope};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tower_service::Service as _;
use url::{Url, form_urlencoded};

pub(crate) const ISSUER: &str = "http://localhost:3002";
pub(crate) const RESOURCE: &str = "http://localhost:3002/mcp";
pub(crate) const OTHER_SPELLING: &str = "http://127.0.0.1:3002/mcp";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:5000/callback";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) type Pairs<'a> = Vec<(&'a str, &'a str)>;

struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> NumericDate {
        NumericDate(self.0.load(SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(SeqCst))
    }
}

/// A server, and what a test does to it.
pub(crate) struct Bench {
    pub(crate) server: DevAuthorizationServer,
    clock: Arc<TestClock>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with_key(SigningKey::ephemeral().unwrap())
    }

    pub(crate) fn with_key(key: SigningKey) -> Self {
        Self::with(key, Arc::new(SystemRandomness))
    }

    pub(crate) fn with(key: SigningKey, randomness: Arc<dyn Randomness>) -> Self {
        let clock = Arc::new(TestClock(AtomicU64::new(NOW)));
        let user = |id: &str, name: &str, tenant: &str| TestUser {
            id: id.into(),
            name: name.into(),
            tenant: tenant.into(),
        };
        let config = DevConfig {
            issuer: Issuer::parse(ISSUER).unwrap(),
            resources: vec![RESOURCE.into(), OTHER_SPELLING.into()],
            scopes: Scope::parse("todo:read todo:write").unwrap(),
            users: vec![user("alice", "Alice Archer", "acme"), user("bob", "Bob Baker", "globex")],
            hosts: vec!["localhost:3002".into(), "127.0.0.1:3002".into(), "[::1]:3002".into()],
        };
        Self {
            server: DevAuthorizationServer::with_randomness(config, key, clock.clone(), randomness),
            clock,
        }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, SeqCst);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(self.server.router(), request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn register(&self, metadata: Value) -> Answer {
        let request =
            request(Method::POST, "/oauth/register").header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(metadata.to_string().into()).unwrap()).await
    }

    /// A registered client's id.
    pub(crate) async fn client(&self) -> String {
        self.client_at(CALLBACK).await
    }

    pub(crate) async fn client_at(&self, redirect_uri: &str) -> String {
        let answer =
            self.register(json!({ "client_name": "Test client", "redirect_uris": [redirect_uri] })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn authorize(&self, parameters: &Pairs<'_>) -> Answer {
        self.get(&format!("/oauth/authorize?{}", encode(parameters))).await
    }

    /// The page, the decision on it, and where the browser is sent.
    pub(crate) async fn decide(&self, parameters: &Pairs<'_>, user: &str, decision: &str) -> Answer {
        let page = self.authorize(parameters).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let (request, csrf) = (page.field("request"), page.field("csrf"));
        let form = vec![
            ("request", request.as_str()),
            ("csrf", csrf.as_str()),
            ("user", user),
            ("decision", decision),
        ];
        self.send(decision_of(&form, &page.cookie(), Some(ISSUER))).await
    }

    /// A code for alice.
    pub(crate) async fn code(&self, client_id: &str) -> String {
        let answer = self.decide(&asked(client_id), "alice", "allow").await;
        answer.location()["code"].clone()
    }

    pub(crate) async fn token(&self, form: &Pairs<'_>) -> Answer {
        self.send(form_post("/oauth/token", form)).await
    }

    /// The answer to a first token request of alice's.
    pub(crate) async fn sign_in(&self, client_id: &str) -> Value {
        let code = self.code(client_id).await;
        let answer = self.token(&redeemed(client_id, &code)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    pub(crate) async fn refresh(&self, client_id: &str, refresh_token: &str) -> Answer {
        self.token(&refreshed(client_id, refresh_token)).await
    }
}

pub(crate) async fn send(mut router: Router, request: Request<Body>) -> Answer {
    let response = router.call(request).await.unwrap_or_else(|never| match never {});
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub(crate) fn request(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, "localhost:3002")
}

pub(crate) fn form_post(path: &str, form: &Pairs<'_>) -> Request<Body> {
    let request =
        request(Method::POST, path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(encode(form).into()).unwrap()
}

pub(crate) fn decision_of(form: &Pairs<'_>, cookie: &str, origin: Option<&str>) -> Request<Body> {
    let mut request = form_post("/oauth/authorize", form);
    request.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
    if let Some(origin) = origin {
        request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
    }
    request
}

/// A good authorization request.
pub(crate) fn asked(client_id: &str) -> Pairs<'_> {
    vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", RESOURCE),
        ("scope", "todo:read"),
        ("state", "s"),
    ]
}

/// A good token request.
pub(crate) fn redeemed<'a>(client_id: &'a str, code: &'a str) -> Pairs<'a> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("resource", RESOURCE),
    ]
}

pub(crate) fn refreshed<'a>(client_id: &'a str, refresh_token: &'a str) -> Pairs<'a> {
    vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", client_id)]
}

/// The same with one parameter otherwise; `None` leaves it out.
pub(crate) fn but<'a>(mut pairs: Pairs<'a>, name: &'a str, value: Option<&'a str>) -> Pairs<'a> {
    pairs.retain(|(other, _)| *other != name);
    pairs.extend(value.map(|value| (name, value)));
    pairs
}

/// The same and one parameter more.
pub(crate) fn and<'a>(mut pairs: Pairs<'a>, name: &'a str, value: &'a str) -> Pairs<'a> {
    pairs.push((name, value));
    pairs
}

/// A form; what proves something in it is noted as a secret.
pub(crate) fn encode(pairs: &Pairs<'_>) -> String {
    for (name, value) in pairs {
        if matches!(*name, "code" | "code_verifier" | "refresh_token") {
            portcullis_testing::secret(value);
        }
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.body);
        let body: Value = serde_json::from_str(&self.body).unwrap();
        if let Some(token) = body["access_token"].as_str() {
            portcullis_testing::secret(token);
        }
        body
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The parameters the browser is sent to the client with, and none twice.
    pub(crate) fn location(&self) -> HashMap<String, String> {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        let url = Url::parse(self.header("location")).unwrap();
        let pairs: HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs.len(), url.query_pairs().count(), "{url}");
        pairs
    }

    /// A hidden field of the page.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        self.body.split(&start).nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// What the browser sends back of the cookie it was given.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}
