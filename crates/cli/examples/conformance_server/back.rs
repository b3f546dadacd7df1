//! A response's stream that ends before its answer (SEP-1699), and the client that comes back for it.

use axum::{extract::Request, http::HeaderMap, http::Method, middleware::Next, response::Response};
use rmcp::{
    RoleServer, service::RequestContext,
    transport::streamable_http_server::session::local::LocalSessionManager,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// What the client is told to wait before it comes back; and how long we wait for it.
const RETRY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(5);

/// The sessions, and word of each that took up a response's stream again.
#[derive(Clone)]
pub(crate) struct Back {
    sessions: Arc<LocalSessionManager>,
    returned: broadcast::Sender<String>,
}

impl Back {
    pub(crate) fn new(sessions: Arc<LocalSessionManager>) -> Self {
        Self { sessions, returned: broadcast::Sender::new(16) }
    }

    /// Around the service: tells of a GET with the `Last-Event-ID` of a response's stream, once its own stream stands.
    pub(crate) async fn watch(self, request: Request, next: Next) -> Response {
        let is_back = request.method() == Method::GET
            && text(request.headers(), "last-event-id").is_some_and(|event| event.contains('/'));
        let session = text(request.headers(), "mcp-session-id").filter(|_| is_back).map(str::to_owned);
        let response = next.run(request).await;
        if let Some(session) = session {
            let _ = self.returned.send(session);
        }
        response
    }

    /// Ends the stream of the request in hand, and waits: the SDK keeps no answer for a client that is late.
    pub(crate) async fn hang_up(&self, context: &RequestContext<RoleServer>) {
        let parts = context.extensions.get::<axum::http::request::Parts>();
        let Some(id) = parts.and_then(|parts| text(&parts.headers, "mcp-session-id")) else { return };
        let Some(session) = self.sessions.sessions.read().await.get(id).cloned() else { return };
        let mut returned = self.returned.subscribe();
        // Which stream is this request's, only the SDK knows: of the first few it is the one that is open.
        for stream in 0..16 {
            if session.close_sse_stream(stream, Some(RETRY)).await.is_ok() {
                break;
            }
        }
        let is_back = async { while returned.recv().await.is_ok_and(|session| session != id) {} };
        let _ = tokio::time::timeout(PATIENCE, is_back).await;
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
