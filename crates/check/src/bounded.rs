//! The way to the server, for one look: not longer than the look may take, and with no session left behind (TL-13).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header::AUTHORIZATION};
use portcullis_fetch::{Answer, Ask, FetchError, Question, Trust};
use std::{future::Future, pin::Pin, sync::Mutex, time::Duration};
use tokio::time::Instant;

/// Why a request has no answer when the look has no time left.
pub(crate) const TIME_UP: FetchError = FetchError::Refused("the time for this look was up");
/// How long sessions may take to be ended, all together; the last may take as long as any request.
const GRACE: Duration = Duration::from_secs(10);
const SESSION: &str = "mcp-session-id";

pub(crate) struct Bounded<'a> {
    ask: &'a dyn Ask,
    until: Instant,
    opened: Mutex<Vec<Opened>>,
}

/// A session, and what it takes to end it.
struct Opened {
    session: HeaderValue,
    end: Request<Bytes>,
    trust: Trust,
}

impl<'a> Bounded<'a> {
    /// From now on.
    pub(crate) fn new(ask: &'a dyn Ask, time: Duration) -> Self {
        Self { ask, until: Instant::now() + time, opened: Mutex::default() }
    }

    pub(crate) fn is_time_up(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Ends every session that is open still, each with the credentials it was opened with, even if the time is up.
    pub(crate) async fn end(&self) {
        let opened = self.opened.lock().map(|mut opened| std::mem::take(&mut *opened)).unwrap_or_default();
        let until = Instant::now() + GRACE;
        for Opened { session: _, end: request, trust } in opened {
            if Instant::now() < until {
                let _ = self.ask.ask(Question { request, trust }).await;
            }
        }
    }

    async fn bounded(&self, question: Question) -> Result<Answer, FetchError> {
        if self.is_time_up() {
            return Err(TIME_UP);
        }
        let trust = question.trust.clone();
        let is_end = question.request.method() == Method::DELETE;
        let sent = question.request.headers().get(SESSION).cloned();
        let mut end = Request::delete(question.request.uri().clone());
        for value in question.request.headers().get_all(AUTHORIZATION) {
            end = end.header(AUTHORIZATION, value);
        }
        let is_post = question.request.method() == Method::POST;
        let answer = self.ask.ask(question).await?;
        let Ok(mut opened) = self.opened.lock() else { return Ok(answer) };
        match (sent, answer.headers.get(SESSION)) {
            (Some(sent), _) if is_end => opened.retain(|opened| opened.session != sent),
            (None, Some(session)) if is_post && answer.status.is_success() => {
                let is_known = opened.iter().any(|opened| opened.session == session);
                let end = end.header(SESSION, session).body(Bytes::new());
                if let (false, Ok(end)) = (is_known, end) {
                    opened.push(Opened { session: session.clone(), end, trust });
                }
            }
            _ => {}
        }
        drop(opened);
        Ok(answer)
    }
}

impl Ask for Bounded<'_> {
    fn ask(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Result<Answer, FetchError>> + Send + '_>> {
        Box::pin(self.bounded(question))
    }
}
