//! Callers of both eras, who expect every answer, and each its own.

use crate::upstream::{FIRST, echo, event};
use portcullis_oauth::Clock as _;
use portcullis_resource_server::SystemClock;
use portcullis_testing::{TestKey, Token};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// One caller, and its session if it is of the legacy era.
#[derive(Clone)]
pub(crate) struct Caller {
    url: String,
    token: String,
    http: Client,
    /// Sealed, and what the upstream knows it by.
    session: Option<(String, String)>,
}

impl Caller {
    pub(crate) fn modern(url: &str) -> Self {
        let token = Token::at(SystemClock::new().now()).claim("aud", url).sign(&TestKey::rsa());
        let http = Client::builder().no_proxy().build().unwrap();
        Self { url: url.to_owned(), token, http, session: None }
    }

    /// Opens a session, and calls once to learn what the upstream calls it.
    pub(crate) async fn legacy(url: &str) -> Self {
        let mut caller = Self::modern(url);
        let initialize = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
                "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } },
        });
        let answer = caller.request(&initialize).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let sealed = answer.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        assert!(!sealed.starts_with("inner"), "{sealed}");
        caller.session = Some((sealed, String::new()));
        let answer = caller.request(&call(json!({}))).send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let inner = answer["result"]["session"].as_str().unwrap().to_owned();
        assert!(inner.starts_with("inner-"), "{inner}");
        caller.session.as_mut().unwrap().1 = inner;
        caller
    }

    /// One call, and the answer that is its own.
    pub(crate) async fn calls(&self) {
        let call = call(json!({ "title": "x".repeat(100) }));
        let answer = self.request(&call).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!((status.as_u16(), text), (200, self.expected(&call).to_string()));
    }

    /// A call whose answer is a stream that has begun; what is still to come when its batch is released.
    pub(crate) async fn begins(&self, batch: u64) -> (Response, String) {
        let call = call(json!({ "batch": batch }));
        let answer = begun(self.request(&call)).await;
        (answer, event(&self.expected(&call)))
    }

    /// An open-ended stream that has begun.
    pub(crate) async fn listens(&self) -> Response {
        let request = self.http.get(&self.url).bearer_auth(&self.token).header("accept", "text/event-stream");
        begun(self.in_session(request)).await
    }

    fn expected(&self, call: &Value) -> Value {
        echo(call, self.session.as_ref().map(|(_, inner)| inner.as_str()))
    }

    fn request(&self, message: &Value) -> RequestBuilder {
        let request = self.http.post(&self.url).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json");
        let request = request.header("accept", "application/json, text/event-stream");
        if self.session.is_some() || message["method"] == "initialize" {
            return self.in_session(request).body(message.to_string());
        }
        let mut message = message.clone();
        message["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let request = request.header("mcp-protocol-version", "2026-07-28").header("mcp-method", "tools/call");
        request.header("mcp-name", "create_todo").body(message.to_string())
    }

    fn in_session(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.session {
            Some((sealed, _)) => {
                request.header("mcp-protocol-version", "2025-06-18").header("mcp-session-id", sealed)
            }
            None => request,
        }
    }
}

/// No two calls are alike.
fn call(arguments: Value) -> Value {
    static ID: AtomicU64 = AtomicU64::new(1);
    let id = ID.fetch_add(1, SeqCst);
    json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": { "name": "create_todo", "arguments": arguments },
    })
}

async fn begun(request: RequestBuilder) -> Response {
    let mut answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.chunk().await.unwrap().unwrap(), FIRST);
    answer
}

/// All that is left of a stream, which must end as a whole one.
pub(crate) async fn rest(mut answer: Response) -> String {
    let mut rest = String::new();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        rest.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    rest
}
