//! The MCP server behind: it gives sessions, echoes who called with what, and holds answers back when asked to.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::Method,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;
use portcullis_testing::{LoopbackServer, serve};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};
use tokio::sync::{mpsc, watch};

/// The first event of every stream.
pub(crate) const FIRST: &str = ": open\n\n";

pub(crate) struct Upstream {
    pub(crate) server: LoopbackServer,
    /// Up to which batch the answers held back may end.
    pub(crate) released: watch::Sender<u64>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let released = watch::Sender::new(0);
        let sessions = std::sync::Arc::new(AtomicUsize::new(0));
        let app = Router::new().fallback({
            let released = released.clone();
            move |request| {
                let (sessions, released) = (sessions.clone(), released.subscribe());
                async move { answer(request, &sessions, released).await }
            }
        });
        Self { server: serve(app).await, released }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/mcp", self.server.url())
    }
}

async fn answer(request: Request, sessions: &AtomicUsize, mut released: watch::Receiver<u64>) -> Response {
    let (head, body) = request.into_parts();
    let session = head.headers.get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
    let (events, response) = stream();
    if head.method == Method::GET {
        tokio::spawn(async move {
            let _ = events.send(FIRST.into()).await;
            events.closed().await; // open-ended
        });
        return response;
    }
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let request: Value = serde_json::from_slice(&body).unwrap();
    if request["method"] == "initialize" {
        let number = sessions.fetch_add(1, SeqCst);
        let result = axum::Json(json!({ "jsonrpc": "2.0", "id": request["id"], "result": {} }));
        return ([("mcp-session-id", format!("inner-{number}"))], result).into_response();
    }
    let echo = echo(&request, session.as_deref());
    let Some(batch) = request["params"]["arguments"]["batch"].as_u64() else {
        return axum::Json(echo).into_response();
    };
    tokio::spawn(async move {
        let _ = events.send(FIRST.into()).await;
        let _ = released.wait_for(|released| *released >= batch).await;
        let _ = events.send(event(&echo)).await;
    });
    response
}

/// What a call is answered.
pub(crate) fn echo(request: &Value, session: Option<&str>) -> Value {
    let result = json!({ "session": session, "arguments": request["params"]["arguments"] });
    json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })
}

pub(crate) fn event(message: &Value) -> String {
    format!("data: {message}\n\n")
}

fn stream() -> (mpsc::Sender<String>, Response) {
    let (sender, mut receiver) = mpsc::channel::<String>(1);
    let frames = futures_util::stream::poll_fn(move |cx| {
        receiver.poll_recv(cx).map(|event| event.map(|it| Ok::<_, Infallible>(Frame::data(Bytes::from(it)))))
    });
    (sender, ([("content-type", "text/event-stream")], Body::new(StreamBody::new(frames))).into_response())
}
