//! A gateway with its administration; or a server in process that keeps to the same revocations.

use crate::{
    driver::{Behind, Driver},
    fixture::{Running, With, json, settings_at},
};
use portcullis_gateway::{
    Admin, AdminListener, AdminPlace, Denylist, KnownIssuers, ResourceSettings, serve_admin,
};
use portcullis_oauth::Issuer;
use portcullis_resource_server::{Policy, SharedSecret};
use portcullis_testing::{TestClock, TestKey, Token};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) const SECRET: &str = "a-secret-of-at-least-32-characters";
pub(crate) const ISSUER: &str = "https://issuer.example";
/// Has the same keys, and tokens of the same subjects.
pub(crate) const OTHER: &str = "https://other.example";
/// Seconds a revocation lasts that does not say.
pub(crate) const LIFETIME: u64 = 3600;

pub(crate) struct Administered {
    pub(crate) running: Running,
    pub(crate) admin: String,
    serving: JoinHandle<()>,
}

impl Drop for Administered {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Before an upstream that answers every call with `{}`.
pub(crate) async fn start(file: Option<&Path>) -> Administered {
    before(answering().await, file, Arc::default()).await
}

/// Answers every call with `{}`.
pub(crate) async fn answering() -> Behind {
    Behind::recording(|_| async { json(200, "{}") }).await
}

/// Before this upstream, at the time of `clock`.
pub(crate) async fn before(
    behind: impl Into<Behind>,
    file: Option<&Path>,
    clock: Arc<TestClock>,
) -> Administered {
    administer(Driver::InFront, behind, file, clock, |policy| policy).await
}

/// Where revocations matter, whoever serves.
pub(crate) async fn revocable(driver: Driver, behind: impl Into<Behind>) -> Administered {
    administer(driver, behind, None, Arc::default(), |policy| policy).await
}

/// Before an upstream that answers every call with `{}`, under other rules.
pub(crate) async fn ruled(rules: impl FnOnce(Policy) -> Policy) -> Administered {
    administer(Driver::InFront, answering().await, None, Arc::default(), rules).await
}

async fn administer(
    driver: Driver,
    behind: impl Into<Behind>,
    file: Option<&Path>,
    clock: Arc<TestClock>,
    rules: impl FnOnce(Policy) -> Policy,
) -> Administered {
    let behind = behind.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings(&behind.url, &format!("http://{}/mcp", listener.local_addr().unwrap()));
    settings.policy = rules(settings.policy);
    let issuers = KnownIssuers::of(std::slice::from_ref(&settings));
    let lifetime = Duration::from_secs(LIFETIME);
    let denylist = Denylist::open(file, issuers, lifetime, clock.clone()).unwrap();
    let with = With { clock, revocations: Some(denylist.clone()), ..With::default() };
    let running = driver.run_with(listener, settings, behind, with);
    let place = AdminPlace::Loopback("127.0.0.1:0".parse().unwrap());
    let listener = AdminListener::bind(&place).await.unwrap();
    let admin = listener.place().unwrap().to_string();
    let administration = Admin::new(running.gateway.clone(), denylist, SharedSecret::new(SECRET));
    let serving = tokio::spawn(serve_admin(administration, listener));
    Administered { running, admin, serving }
}

/// Two issuers, the first with a second identifier.
fn settings(upstream: &str, identifier: &str) -> ResourceSettings {
    let mut settings = settings_at(upstream, identifier);
    let mut other = settings.issuers[0].clone();
    other.name = "other".into();
    other.issuers = vec![Issuer::parse(OTHER).unwrap()];
    settings.issuers[0].issuers.push(Issuer::parse("https://moved.example").unwrap());
    settings.issuers.push(other);
    settings
}

impl Administered {
    /// A request to the administration, by somebody who may.
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.stranger(method, path).bearer_auth(SECRET)
    }

    /// The same by somebody who may not.
    pub(crate) fn stranger(&self, method: Method, path: &str) -> RequestBuilder {
        self.running.client.request(method, format!("{}{path}", self.admin))
    }

    /// Revokes, and what came of it.
    pub(crate) async fn revoke(&self, order: Value) -> (u16, Value) {
        let request = self.ask(Method::POST, "/revocations").header("content-type", "application/json");
        let answer = request.body(order.to_string()).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    /// The id of a new revocation.
    pub(crate) async fn revoked(&self, order: Value) -> u64 {
        let (status, entry) = self.revoke(order).await;
        assert_eq!(status, 201, "{entry}");
        entry["id"].as_u64().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    pub(crate) async fn metrics(&self) -> String {
        let answer = self.ask(Method::GET, "/metrics").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// Who calls in these tests, unless they say otherwise.
    pub(crate) fn token(&self) -> Token {
        self.running.token()
    }

    /// The status of a call with this token.
    pub(crate) async fn call(&self, token: &Token) -> u16 {
        self.running.call_at(&self.running.url(), token).send().await.unwrap().status().as_u16()
    }

    /// An open-ended stream under this token.
    pub(crate) fn stream(&self, token: &Token) -> RequestBuilder {
        let request = self.running.client.get(self.running.url()).bearer_auth(token.sign(&TestKey::rsa()));
        request.header("accept", "text/event-stream")
    }
}

/// The status of taking a revocation back.
pub(crate) async fn deleted(gateway: &Administered, id: u64) -> u16 {
    let request = gateway.ask(Method::DELETE, &format!("/revocations/{id}"));
    request.send().await.unwrap().status().as_u16()
}
