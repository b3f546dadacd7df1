//! Servers that answer at once: a good one and its authorization server, and how each may be changed.

use crate::{ClientReport, Seen, Subject, clients::play, look};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use portcullis_fetch::{Answer, Ask, End, FetchError, Question};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

pub(super) const URL: &str = "https://h.example/mcp";
pub(super) const AT_PATH: &str = "https://h.example/.well-known/oauth-protected-resource/mcp";
pub(super) const AT_ROOT: &str = "https://h.example/.well-known/oauth-protected-resource";
pub(super) const SERVER: &str = "https://as.example/.well-known/oauth-authorization-server";
pub(super) const OPENID: &str = "https://as.example/.well-known/openid-configuration";

/// Servers, each answer by its URL, and what they were asked.
#[derive(Clone)]
pub(super) struct World {
    pub(super) call: (u16, Vec<(&'static str, String)>),
    pub(super) documents: BTreeMap<String, (u16, String)>,
    pub(super) asked: Arc<Mutex<Vec<String>>>,
}

impl World {
    pub(super) fn good() -> Self {
        let challenge = format!(r#"Bearer resource_metadata="{AT_PATH}", scope="todo:read""#);
        let mut world = Self {
            call: (401, vec![("www-authenticate", challenge)]),
            documents: BTreeMap::new(),
            asked: Arc::default(),
        };
        for place in [AT_PATH, AT_ROOT] {
            world.publish(
                place,
                &json!({
                    "resource": URL,
                    "authorization_servers": ["https://as.example"],
                    "scopes_supported": ["todo:read"],
                }),
            );
        }
        world.publish(
            SERVER,
            &json!({
                "issuer": "https://as.example",
                "authorization_endpoint": "https://as.example/authorize",
                "token_endpoint": "https://as.example/token",
                "registration_endpoint": "https://as.example/register",
                "response_types_supported": ["code"],
                "scopes_supported": ["todo:read", "offline_access"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "client_id_metadata_document_supported": true,
            }),
        );
        world
    }

    fn publish(&mut self, at: &str, document: &Value) {
        self.documents.insert(at.to_owned(), (200, document.to_string()));
    }

    /// Changes a member of the documents at these places; `null` takes it away.
    pub(super) fn set(mut self, places: &[&str], name: &str, value: Value) -> Self {
        for place in places {
            let (_, text) = &self.documents[*place];
            let mut document: Value = serde_json::from_str(text).unwrap();
            document[name] = value.clone();
            if value.is_null() {
                document.as_object_mut().unwrap().remove(name);
            }
            self.publish(place, &document);
        }
        self
    }

    pub(super) fn move_to(mut self, from: &str, to: &str) -> Self {
        let document = self.documents.remove(from).unwrap();
        self.documents.insert(to.to_owned(), document);
        self
    }

    pub(super) fn answer(mut self, at: &str, status: u16, body: &str) -> Self {
        self.documents.insert(at.to_owned(), (status, body.to_owned()));
        self
    }

    pub(super) fn without(mut self, places: &[&str]) -> Self {
        self.documents.retain(|place, _| !places.contains(&place.as_str()));
        self
    }

    pub(super) fn calls(mut self, status: u16, headers: Vec<(&'static str, String)>) -> Self {
        self.call = (status, headers);
        self
    }

    pub(super) fn points_to(self, place: &str) -> Self {
        self.calls(401, vec![("www-authenticate", format!(r#"Bearer resource_metadata="{place}""#))])
    }

    pub(super) fn seen(&self) -> Seen {
        now(look(Subject::parse(URL).unwrap(), self, &mut |_| {}))
    }

    pub(super) fn play(&self) -> Vec<ClientReport> {
        play(&self.seen(), &[])
    }
}

impl Ask for World {
    fn ask(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Result<Answer, FetchError>> + Send + '_>> {
        let url = question.request.uri().to_string();
        if let Err(error) = question.trust.check(&url.parse().unwrap()) {
            return Box::pin(async { Err(error) });
        }
        self.asked.lock().unwrap().push(format!("{} {url}", question.request.method()));
        let is_get = question.request.method() == Method::GET;
        let (status, headers, body) = match self.documents.get(&url) {
            Some((status, body)) if is_get => {
                (*status, vec![("content-type", "application/json".to_owned())], body.clone())
            }
            _ if url == URL => (self.call.0, self.call.1.clone(), "{}".to_owned()),
            _ => (404, Vec::new(), "{}".to_owned()),
        };
        let headers: HeaderMap = headers
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::from(body),
            end: End::Whole,
        };
        Box::pin(async { Ok(answer) })
    }
}

/// What waits for nothing is ready at once.
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}
