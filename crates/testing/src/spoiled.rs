//! An intermediary around a good server that spoils what one test is about, and nothing else: what comes may be changed before
//! the server sees it, and what it answers before anybody reads it. The server keeps its URL.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{Method, Request as Asked, Response as Answered, header},
    response::Response,
};
use bytes::Bytes;
use std::{fmt, sync::Arc};
use tower_service::Service as _;

/// Nothing here is longer.
const MAX_BODY: usize = 1 << 20;

type OnRequest = Arc<dyn Fn(&mut Asked<Bytes>) + Send + Sync>;
type OnAnswer = Arc<dyn Fn(&Asked<Bytes>, &mut Answered<Bytes>) + Send + Sync>;

/// What is spoiled: nothing, unless said.
///
/// ```
/// use axum::{Router, http::StatusCode, routing::get};
/// use portcullis_testing::{Spoiled, serve};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let good = Router::new().route("/", get(async || "good"));
/// let bad = Spoiled::answers(|asked, answer| {
///     if asked.uri().path() == "/" {
///         *answer.status_mut() = StatusCode::NOT_FOUND;
///     }
/// });
/// let server = serve(bad.around(good)).await;
/// # let _ = server.url();
/// # });
/// ```
#[derive(Clone, Default)]
pub struct Spoiled {
    request: Option<OnRequest>,
    answer: Option<OnAnswer>,
}

impl Spoiled {
    /// Changes requests before they are answered: method, URI, headers, body.
    pub fn requests(change: impl Fn(&mut Asked<Bytes>) + Send + Sync + 'static) -> Self {
        Self { request: Some(Arc::new(change)), answer: None }
    }

    /// Changes answers, knowing what was asked before anything was changed. The body of a stream that somebody listens to (GET)
    /// is not waited for: it is empty here, and replaced if it is not empty afterwards.
    pub fn answers(change: impl Fn(&Asked<Bytes>, &mut Answered<Bytes>) + Send + Sync + 'static) -> Self {
        Self { request: None, answer: Some(Arc::new(change)) }
    }

    /// Changes answers too.
    #[must_use]
    pub fn and_answers(
        self,
        change: impl Fn(&Asked<Bytes>, &mut Answered<Bytes>) + Send + Sync + 'static,
    ) -> Self {
        Self { answer: Some(Arc::new(change)), ..self }
    }

    /// The server with the intermediary before it.
    pub fn around(self, good: Router) -> Router {
        Router::new().fallback(move |request: Request| self.clone().pass(good.clone(), request))
    }

    async fn pass(self, mut good: Router, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
        let asked = Asked::from_parts(parts, body);
        let mut request = asked.clone();
        if let Some(change) = &self.request {
            change(&mut request);
        }
        // What was said of another body is not said of this one.
        if request.body() != asked.body() {
            request.headers_mut().remove(header::CONTENT_LENGTH);
        }
        let answer = good.call(request.map(Body::from)).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        match &self.answer {
            None => answer,
            Some(change) => changed(change, &asked, answer).await,
        }
    }
}

async fn changed(change: &OnAnswer, asked: &Asked<Bytes>, answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let is_listened_to = asked.method() == Method::GET && is_event_stream(&parts.headers);
    let (body, stream) = if is_listened_to {
        (Bytes::new(), Some(body))
    } else {
        (to_bytes(body, MAX_BODY).await.unwrap_or_default(), None)
    };
    let mut answer = Answered::from_parts(parts, body.clone());
    change(asked, &mut answer);
    let is_changed = *answer.body() != body;
    if is_changed {
        answer.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let (parts, body) = answer.into_parts();
    let body = stream.filter(|_| !is_changed).unwrap_or_else(|| Body::from(body));
    Response::from_parts(parts, body)
}

fn is_event_stream(headers: &axum::http::HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.starts_with("text/event-stream"))
}

impl fmt::Debug for Spoiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spoiled")
            .field("requests", &self.request.is_some())
            .field("answers", &self.answer.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{http::StatusCode, routing::post};

    async fn through(spoiled: Spoiled) -> (StatusCode, Bytes) {
        let good = Router::new().route("/", post(async |body: Bytes| body));
        let request = Request::post("/").body(Body::from("said")).unwrap();
        let answer = spoiled.around(good).call(request).await.unwrap();
        (answer.status(), to_bytes(answer.into_body(), MAX_BODY).await.unwrap())
    }

    #[tokio::test]
    async fn what_is_not_spoiled_passes() {
        assert_eq!(through(Spoiled::default()).await, (StatusCode::OK, "said".into()));
    }

    #[tokio::test]
    async fn requests_and_answers_are_changed_on_their_way() {
        let spoiled = Spoiled::requests(|request| *request.body_mut() = "heard".into());
        assert_eq!(through(spoiled.clone()).await, (StatusCode::OK, "heard".into()));
        let spoiled = spoiled.and_answers(|asked, answer| {
            assert_eq!((asked.body(), answer.body()), (&"said".into(), &"heard".into()));
            *answer.status_mut() = StatusCode::ACCEPTED;
        });
        assert_eq!(through(spoiled).await, (StatusCode::ACCEPTED, "heard".into()));
    }
}
