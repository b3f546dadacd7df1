//! An MCP server that remembers what reached it, and answers what a test wants.

use crate::{LoopbackServer, serve, server::BreakConnection};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, mpsc};

/// A recording upstream on loopback. It answers each JSON-RPC request with a result `{}` unless told otherwise.
#[derive(Debug)]
pub struct Upstream {
    server: LoopbackServer,
    shared: Arc<Shared>,
}

/// What reached the upstream.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
}

impl Recorded {
    /// A header as text, if it is there once and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }

    /// The body as JSON; `null` if it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// One answer.
#[derive(Debug)]
pub struct Reply {
    thinks: bool,
    status: StatusCode,
    headers: HeaderMap,
    body: ReplyBody,
}

#[derive(Debug)]
enum ReplyBody {
    /// A JSON-RPC result; the id is the request's.
    Result(Value),
    Json(Value),
    Text(String),
    Events(mpsc::Receiver<Piece>),
    Broken,
}

#[derive(Debug)]
enum Piece {
    Bytes(Bytes),
    Cut,
}

impl Reply {
    /// 200 with this JSON-RPC result for the request's own id.
    pub fn result(result: Value) -> Self {
        Self::new(StatusCode::OK, ReplyBody::Result(result))
    }

    /// This JSON.
    pub fn json(status: u16, body: Value) -> Self {
        Self::new(code(status), ReplyBody::Json(body))
    }

    /// This text, as `text/plain`.
    pub fn text(status: u16, body: &str) -> Self {
        Self::new(code(status), ReplyBody::Text(body.to_owned()))
    }

    /// The upstream's own refusal, with a challenge that is not ours.
    pub fn unauthorized() -> Self {
        Self::text(401, "upstream says no").header("www-authenticate", "Bearer realm=\"upstream\"")
    }

    /// The connection is closed in place of an answer.
    pub fn reset() -> Self {
        Self::new(StatusCode::OK, ReplyBody::Broken)
    }

    /// An event stream that stays open until the other half is dropped.
    pub fn events() -> (Events, Self) {
        let (sender, receiver) = mpsc::channel(16);
        (Events(sender), Self::new(StatusCode::OK, ReplyBody::Events(receiver)))
    }

    /// The same, of a tool that thinks for ever: not even headers come.
    #[must_use]
    pub fn thinking(mut self) -> Self {
        self.thinks = true;
        self
    }

    /// With a header more; `content-type` in place of the reply's own.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a test writes valid header names");
        self.headers.append(name, HeaderValue::from_str(value).expect("a test writes valid header values"));
        self
    }

    /// With an `Mcp-Session-Id`.
    #[must_use]
    pub fn session(self, id: &str) -> Self {
        self.header("mcp-session-id", id)
    }

    fn new(status: StatusCode, body: ReplyBody) -> Self {
        Self { thinks: false, status, headers: HeaderMap::new(), body }
    }

    fn into_response(self, request: &Recorded) -> Response {
        let mut response = match self.body {
            ReplyBody::Result(result) => {
                let id = request.json()["id"].take();
                axum::Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
            }
            ReplyBody::Json(body) => axum::Json(body).into_response(),
            ReplyBody::Text(body) => body.into_response(),
            ReplyBody::Events(pieces) => {
                ([(header::CONTENT_TYPE, "text/event-stream")], event_stream(pieces)).into_response()
            }
            ReplyBody::Broken => {
                let mut response = Response::default();
                response.extensions_mut().insert(BreakConnection);
                response
            }
        };
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// The writing half of an event stream. Dropped, it ends the stream.
#[derive(Debug)]
pub struct Events(mpsc::Sender<Piece>);

impl Events {
    /// Sends one `message` event; `false` if the reader has gone.
    pub async fn message(&self, message: &Value) -> bool {
        self.raw(format!("event: message\ndata: {message}\n\n")).await
    }

    /// Sends these bytes, whatever they are: comments, priming events, half an event.
    pub async fn raw(&self, bytes: impl Into<Bytes>) -> bool {
        self.0.send(Piece::Bytes(bytes.into())).await.is_ok()
    }

    /// Breaks the connection in the middle of the stream.
    pub async fn cut(self) {
        let _ = self.0.send(Piece::Cut).await;
    }

    /// Waits until the reader has gone: how a test sees a cancellation (TM-12).
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

fn event_stream(pieces: mpsc::Receiver<Piece>) -> Body {
    Body::from_stream(stream::unfold(pieces, |mut pieces| async move {
        let piece = match pieces.recv().await? {
            Piece::Bytes(bytes) => Ok(bytes),
            Piece::Cut => Err("a test asked for it"),
        };
        Some((piece, pieces))
    }))
}

#[derive(Debug, Default)]
struct Shared {
    recorded: Mutex<Vec<Recorded>>,
    replies: Mutex<VecDeque<Reply>>,
    arrived: Notify,
}

impl Upstream {
    /// Starts one.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let server = serve(service(&shared)).await;
        Self { server, shared }
    }

    /// The same server in process: it shares the answers, and the memory of what arrived.
    pub fn service(&self) -> Router {
        service(&self.shared)
    }

    /// `http://127.0.0.1:<port>/mcp`; every other path answers alike.
    pub fn url(&self) -> String {
        format!("{}/mcp", self.server.url())
    }

    /// The server underneath, for its address and its connections.
    pub fn server(&self) -> &LoopbackServer {
        &self.server
    }

    /// Answers the next request that has no answer yet with this one. Several queue up.
    pub fn next(&self, reply: Reply) {
        lock(&self.shared.replies).push_back(reply);
    }

    /// Answers the next request with an event stream that begins with `first`.
    pub async fn opens(&self, first: &'static str) -> Events {
        let (events, reply) = Reply::events();
        self.next(reply);
        assert!(events.raw(first).await, "the stream has not been asked for, and cannot be gone");
        events
    }

    /// Everything that arrived, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.recorded).clone()
    }

    /// The one request that arrived.
    ///
    /// # Panics
    /// If none arrived, or more than one.
    pub fn only_request(&self) -> Recorded {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "requests that reached the upstream");
        requests.remove(0)
    }

    /// Waits until `count` requests have arrived, answered or not.
    pub async fn arrived(&self, count: usize) {
        loop {
            let arrived = std::pin::pin!(self.shared.arrived.notified());
            if lock(&self.shared.recorded).len() >= count {
                return;
            }
            arrived.await;
        }
    }
}

fn service(shared: &Arc<Shared>) -> Router {
    Router::new().fallback(record).with_state(shared.clone())
}

async fn record(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    // A body that breaks off reached nobody.
    let Ok(body) = to_bytes(body, 64 * 1024 * 1024).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let recorded = Recorded { method: head.method, uri: head.uri, headers: head.headers, body };
    lock(&shared.recorded).push(recorded.clone());
    shared.arrived.notify_waiters();
    let reply = lock(&shared.replies).pop_front();
    let reply = reply.unwrap_or_else(|| Reply::result(json!({})));
    if reply.thinks {
        std::future::pending::<()>().await;
    }
    reply.into_response(&recorded)
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a test writes valid statuses")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
