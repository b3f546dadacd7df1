//! One request, as it is sent, and as it may be shown: its secrets have names.

use crate::{
    Exchange, Secret,
    exchange::{SAID, printable},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, header};
use portcullis_fetch::{Ask, FetchError, Question, Trust};
use serde_json::Value;
use url::{Url, form_urlencoded};

/// A shorter word of a header with a secret is a scheme, or nobody's secret.
pub(crate) const SHORTEST_SECRET: usize = 8;
const JSON: &str = "application/json";

/// What is sent: a request whose secrets have names to be shown by.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `GET`, `POST` …
    pub method: Method,
    /// Where to. A token in its query is not in here.
    pub url: Url,
    headers: Vec<(HeaderName, Shown)>,
    query: Option<(&'static str, Secret)>,
    form: Option<(&'static str, Secret)>,
    body: Bytes,
}

#[derive(Clone, Debug)]
enum Shown {
    Plainly(String),
    /// The value, and what is shown in its place.
    As(Secret, String),
}

impl Sent {
    /// A GET.
    pub(crate) fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// A request without headers or body.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), query: None, form: None, body: Bytes::new() }
    }

    /// A POST of JSON, with the media types that every client of MCP says it takes (TM-06).
    pub(crate) fn post(url: Url, body: &Value) -> Self {
        Self::new(Method::POST, url)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", JSON)
            .body(body.to_string())
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((HeaderName::from_static(name), Shown::Plainly(value.into())));
        self
    }

    /// This value of a header in place of any other.
    pub(crate) fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self.header(name, value)
    }

    /// Whether it has this header.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(header, _)| header == name)
    }

    /// Not this header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self
    }

    /// `Mcp-Session-Id`: whoever has it and a token is in the session.
    pub(crate) fn session(mut self, id: &Secret) -> Self {
        let shown = Shown::As(id.clone(), "<the session>".to_owned());
        self.headers.push((HeaderName::from_static("mcp-session-id"), shown));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// `Authorization: Bearer …`; shown as `Bearer <what>`.
    pub(crate) fn bearer(self, token: &Secret, what: &str) -> Self {
        self.authorization(Secret::new(&format!("Bearer {}", token.expose())), &format!("Bearer <{what}>"))
    }

    /// An `Authorization` header of any form, one more if there is one.
    pub(crate) fn authorization(mut self, value: Secret, shown: &str) -> Self {
        self.headers.push((header::AUTHORIZATION, Shown::As(value, shown.to_owned())));
        self
    }

    /// A token in the URL's query, where none belongs (RS-05).
    pub(crate) fn query(mut self, name: &'static str, token: &Secret) -> Self {
        self.query = Some((name, token.clone()));
        self
    }

    /// A token in a form, where none belongs (RS-06). It takes the body's place.
    pub(crate) fn form(mut self, name: &'static str, token: &Secret) -> Self {
        self.form = Some((name, token.clone()));
        self.set("content-type", "application/x-www-form-urlencoded")
    }

    /// Sends it.
    pub(crate) async fn to(self, ask: &dyn Ask, trust: Trust) -> Exchange {
        let came = match self.request() {
            Some(request) => ask.ask(Question { request, trust }).await,
            None => Err(FetchError::Refused("that cannot be sent")),
        };
        Exchange { sent: self, came }
    }

    fn request(&self) -> Option<Request<Bytes>> {
        let mut url = self.url.clone();
        if let Some((name, token)) = &self.query {
            url.query_pairs_mut().append_pair(name, token.expose());
        }
        let mut request = Request::builder().method(self.method.clone()).uri(url.as_str());
        for (name, value) in &self.headers {
            request = match value {
                Shown::Plainly(value) => request.header(name, value),
                Shown::As(secret, _) => {
                    let mut value = HeaderValue::from_str(secret.expose()).ok()?;
                    value.set_sensitive(true);
                    request.header(name, value)
                }
            };
        }
        let form = |(name, token): &(&str, Secret)| {
            let form =
                form_urlencoded::Serializer::new(String::new()).append_pair(name, token.expose()).finish();
            Bytes::from(form)
        };
        request.body(self.form.as_ref().map_or_else(|| self.body.clone(), form)).ok()
    }

    /// In one line: method, URL, what is asked for, and the headers that matter.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("{} {}", self.method, self.url);
        if let Some((name, _)) = &self.query {
            line += &format!("?{name}=<token>");
        }
        if let Some((name, _)) = &self.form {
            line += &format!(" {name}=<token>");
        } else if let Some(method) = self.operation() {
            line += &format!(" {method}");
        }
        for (name, value) in &self.headers {
            let value = match value {
                Shown::Plainly(value) => value,
                Shown::As(_, shown) => shown,
            };
            if *name == header::ACCEPT || *name == header::CONTENT_TYPE && value == JSON {
                continue;
            }
            line += &format!(" · {name}: {value}");
        }
        printable(&line, SAID)
    }

    /// The JSON-RPC method, where the body is one message.
    fn operation(&self) -> Option<String> {
        let message: Value = serde_json::from_slice(&self.body).ok()?;
        Some(message.get("method")?.as_str()?.to_owned())
    }

    /// The body, where it is text; nothing of a form with a token.
    #[must_use]
    pub fn body_text(&self) -> Option<&str> {
        let body = if self.form.is_none() { std::str::from_utf8(&self.body).ok() } else { None };
        body.filter(|text| !text.is_empty())
    }

    /// Every secret that was sent: an answer may repeat one.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().filter_map(|(_, value)| match value {
            Shown::Plainly(_) => None,
            Shown::As(secret, _) => Some(secret),
        });
        let words = headers.flat_map(|secret| secret.expose().split([' ', '"']));
        words
            .chain(self.query.iter().chain(&self.form).map(|(_, secret)| secret.expose()))
            .filter(|secret| secret.len() >= SHORTEST_SECRET)
    }
}
