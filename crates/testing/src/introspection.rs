//! An authorization server that is asked about tokens (RFC 7662): it checks who asks, answers as it is told, and remembers
//! every question. As a [`Fetch`] without a network, or on a loopback port.

use crate::{Answer, LoopbackServer, serve_at, server::BreakConnection};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use portcullis_fetch::{Fetch, FetchError, Fetched, Form, Trust};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;
use url::{Url, form_urlencoded};

/// The one client that may ask.
pub const CLIENT_ID: &str = "gate:way";
/// Its secret, with everything in it that is encoded on the way.
pub const CLIENT_SECRET: &str = "s3cret of-the +gate%way: äß";

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The form.
    pub parameters: Vec<(String, String)>,
    /// User and password of the header, decoded twice (RFC 6749 §2.3.1).
    pub basic: Option<(String, String)>,
    /// How far whoever asks trusts the URL, where no network was between.
    pub trust: Option<Trust>,
}

impl Question {
    /// The one parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut values = self.parameters.iter().filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }

    /// Whether the client proved that it is itself by its secret, in one way and not in two.
    fn is_by_the_client(&self) -> bool {
        let in_header = self.basic.as_ref().map(|(id, secret)| id == CLIENT_ID && secret == CLIENT_SECRET);
        let in_form = self
            .parameter("client_secret")
            .map(|secret| self.parameter("client_id") == Some(CLIENT_ID) && secret == CLIENT_SECRET);
        let assertion = self.parameter("client_assertion").map(|_| true);
        matches!(
            (in_header, in_form, assertion),
            (Some(true), None, None) | (None, Some(true), None) | (None, None, Some(true))
        )
    }
}

/// The authorization server. A token that it was not told of is not active.
#[derive(Default)]
pub struct IntrospectionStandIn {
    state: Mutex<State>,
    asked: Notify,
    released: Notify,
}

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    of_all: Option<Answer>,
    metadata: Option<Value>,
    questions: Vec<Question>,
}

impl IntrospectionStandIn {
    /// One that knows no token.
    pub fn new() -> Arc<Self> {
        crate::secret(CLIENT_SECRET);
        Arc::new(Self::default())
    }

    /// What it says of this token.
    pub fn say(&self, token: &str, answer: Answer) {
        crate::secret(token);
        self.state().answers.insert(token.to_owned(), answer);
    }

    /// From now on says the same of all, or what it knows of each.
    pub fn say_of_all(&self, answer: Option<Answer>) {
        self.state().of_all = answer;
    }

    /// The metadata it publishes. Without it, there is none.
    pub fn publish(&self, metadata: Value) {
        self.state().metadata = Some(metadata);
    }

    /// All that was asked, in order.
    pub fn questions(&self) -> Vec<Question> {
        self.state().questions.clone()
    }

    /// How often it was asked about this token.
    pub fn asked_about(&self, token: &str) -> usize {
        self.questions().iter().filter(|question| question.parameter("token") == Some(token)).count()
    }

    /// Waits until so many questions were asked.
    pub async fn was_asked(&self, times: usize) {
        loop {
            // Made before the look: a question between the look and the wait is not missed.
            let asked = pin!(self.asked.notified());
            if self.state().questions.len() >= times {
                return;
            }
            asked.await;
        }
    }

    /// Lets everyone go on who hangs.
    pub fn release(&self) {
        self.released.notify_waiters();
    }

    /// Serves it at `/introspect` of a loopback port, metadata beside it.
    pub async fn serve(self: &Arc<Self>) -> LoopbackServer {
        let (questions, documents) = (self.clone(), self.clone());
        serve_at(|origin| {
            self.publish(
                json!({ "issuer": origin, "introspection_endpoint": format!("{origin}/introspect") }),
            );
            Router::new()
                .route(
                    "/introspect",
                    post(move |request: Request| async move { questions.http(request).await }),
                )
                .route(
                    "/.well-known/oauth-authorization-server",
                    get(move || async move { documents.document().into_response() }),
                )
        })
        .await
    }

    fn document(&self) -> Response {
        match &self.state().metadata {
            Some(metadata) => metadata.to_string().into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }

    async fn http(&self, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let is_form = head
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes() == b"application/x-www-form-urlencoded");
        let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
        assert!(is_form, "a question is a form");
        let basic = head.headers.get(header::AUTHORIZATION).map(|value| {
            let encoded = value.to_str().ok().and_then(|text| text.strip_prefix("Basic "));
            let pair = STANDARD.decode(encoded.expect("Basic")).expect("base64");
            let pair = String::from_utf8(pair).expect("ASCII");
            let (user, password) = pair.split_once(':').expect("a pair");
            (decoded(user), decoded(password))
        });
        let parameters = form_urlencoded::parse(&body).into_owned().collect();
        match self.answer(Question { parameters, basic, trust: None }).await {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response(),
            Err(FetchError::Status(status)) => {
                StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT).into_response()
            }
            Err(_) => {
                let mut response = Response::default();
                response.extensions_mut().insert(BreakConnection);
                response
            }
        }
    }

    async fn answer(&self, question: Question) -> Result<Bytes, FetchError> {
        let known = question.is_by_the_client();
        let token = question.parameter("token").unwrap_or_default().to_owned();
        let answer = {
            let mut state = self.state();
            state.questions.push(question);
            let unknown = Answer::Json(json!({ "active": false }));
            state.of_all.clone().or_else(|| state.answers.get(&token).cloned()).unwrap_or(unknown)
        };
        // Made before anybody is told that it hangs: a release in between is not missed.
        let released = self.released.notified();
        let mut released = pin!(released);
        released.as_mut().enable();
        self.asked.notify_waiters();
        if !known {
            return Err(FetchError::Status(401));
        }
        match answer {
            Answer::Json(value) | Answer::Living(value, _) => Ok(Bytes::from(value.to_string())),
            Answer::Text(text) => Ok(Bytes::from(text)),
            Answer::Status(status) => Err(FetchError::Status(status)),
            Answer::Down => Err(FetchError::Connect),
            Answer::Hang(value) => {
                released.await;
                Ok(Bytes::from(value.to_string()))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetch for IntrospectionStandIn {
    fn get(
        &self,
        _: Url,
        _: Trust,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>> {
        let document = self.state().metadata.clone().ok_or(FetchError::Status(404));
        Box::pin(async move { Ok(Fetched { body: document?.to_string().into(), max_age: None }) })
    }

    fn post(
        &self,
        _: Url,
        trust: Trust,
        form: Form,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>> {
        let basic = form.basic().map(|(user, password)| (decoded(user), decoded(password)));
        let question = Question { parameters: form.parameters(), basic, trust: Some(trust) };
        Box::pin(async move { Ok(Fetched { body: self.answer(question).await?, max_age: None }) })
    }
}

fn decoded(text: &str) -> String {
    form_urlencoded::parse(text.as_bytes()).map(|(text, _)| text.into_owned()).collect()
}
