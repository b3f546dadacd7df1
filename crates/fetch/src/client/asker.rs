//! [`Ask`] over HTTP: no redirect, no proxy, no cookie; bounded in size and time, open streams too.

use super::{
    exchange::{self, SetupError, no_answer},
    public_only::PublicOnly,
};
use crate::{Answer, Ask, End, FetchError, Limits, Question};
use bytes::BytesMut;
use http::{HeaderMap, Method, header::CONTENT_TYPE};
use reqwest::{Client, Response};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How long an event stream may say nothing before it is left. A comment, and an event without data, says nothing.
const SILENCE: Duration = Duration::from_secs(3);

/// Asks servers that somebody named.
pub struct Asker {
    limits: Limits,
    anywhere: Client,
    /// With connections of its own, as in [`HttpFetcher`](crate::HttpFetcher).
    public_only: Client,
}

impl Asker {
    /// With these limits for each answer.
    ///
    /// # Errors
    /// The machine has no usable trust store.
    pub fn new(limits: Limits) -> Result<Self, SetupError> {
        let builder = || exchange::client().connect_timeout(limits.connect).timeout(limits.total);
        Ok(Self {
            limits,
            anywhere: builder().build().map_err(SetupError)?,
            public_only: builder().dns_resolver(Arc::new(PublicOnly)).build().map_err(SetupError)?,
        })
    }

    async fn answer(&self, Question { request, trust }: Question) -> Result<Answer, FetchError> {
        let url = request.uri().to_string().parse();
        let url = url.map_err(|_| FetchError::Refused("that is no URL"))?;
        trust.check(&url)?;
        let client = if trust.allows_private(&url) { &self.anywhere } else { &self.public_only };
        let is_listening = request.method() == Method::GET;
        let request = request.try_into().map_err(|_| FetchError::Refused("that is no request"))?;
        let mut response = client.execute(request).await.map_err(|error| no_answer(&error))?;
        // Nobody asked for anything that could be waited for: that there is a stream is all there is to see.
        let (body, end) = match is_listening && is_event_stream(response.headers()) {
            true => (BytesMut::new(), End::StillOpen),
            false => self.read(&mut response).await,
        };
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status: response.status(), headers, body: body.freeze(), end })
    }

    async fn read(&self, response: &mut Response) -> (BytesMut, End) {
        let is_stream = is_event_stream(response.headers());
        let mut body = BytesMut::new();
        let (mut events, mut silent_at) = (Events::default(), Instant::now() + SILENCE);
        loop {
            if is_stream {
                match events.heard(&body) {
                    Heard::Answer => return (body, End::StillOpen),
                    Heard::Data => silent_at = Instant::now() + SILENCE,
                    Heard::Nothing => {}
                }
            }
            let chunk = match is_stream {
                false => response.chunk().await,
                true => match timeout_at(silent_at, response.chunk()).await {
                    Ok(chunk) => chunk,
                    Err(_) => return (body, End::StillOpen),
                },
            };
            match chunk {
                Ok(None) => return (body, End::Whole),
                Err(_) => return (body, End::Broken),
                Ok(Some(chunk)) if body.len() + chunk.len() > self.limits.body => {
                    return (body, End::TooLong);
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            }
        }
    }
}

impl Ask for Asker {
    fn ask(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Result<Answer, FetchError>> + Send + '_>> {
        Box::pin(self.answer(question))
    }
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
}

/// How much of a stream has been listened to.
#[derive(Default)]
struct Events {
    heard: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// A request is answered.
    Answer,
    /// Anything else that is data.
    Data,
    /// Comments, or no event yet that is whole.
    Nothing,
}

impl Events {
    /// What the lines say that have come whole since the last time.
    fn heard(&mut self, stream: &[u8]) -> Heard {
        let new = stream.get(self.heard..).unwrap_or_default();
        let end = [&b"\n\n"[..], b"\n\r\n"].into_iter().filter_map(|blank| {
            let at = new.windows(blank.len()).rposition(|window| window == blank)?;
            Some(at + blank.len())
        });
        let whole = &new[..end.max().unwrap_or_default()];
        self.heard += whole.len();
        let text = String::from_utf8_lossy(whole);
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let data: Vec<_> = data.filter(|data| !data.trim().is_empty()).collect();
        match data.iter().any(|data| data.contains("\"result\"") || data.contains("\"error\"")) {
            true => Heard::Answer,
            false if data.is_empty() => Heard::Nothing,
            false => Heard::Data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_until_a_request_is_answered() {
        for (stream, expected) in [
            ("data: {\"id\":1,\"result\":{}}\n\n", Heard::Answer),
            ("event: message\r\ndata: {\"error\":{}}\r\n\r\n", Heard::Answer),
            (": comment\n\ndata: {\"result\":{}}\n\n", Heard::Answer),
            ("data: {\"result\":{}}\n", Heard::Nothing),
            ("data: {\"method\":\"notifications/message\"}\n\n", Heard::Data),
            (": comment\n\n", Heard::Nothing),
            ("id: 1\nretry: 3\ndata:\n\n", Heard::Nothing),
            ("", Heard::Nothing),
        ] {
            assert_eq!(Events::default().heard(stream.as_bytes()), expected, "{stream:?}");
        }
    }

    #[test]
    fn comments_are_silence_however_many_come() {
        let (mut events, mut stream) = (Events::default(), Vec::new());
        for (more, expected) in [
            (": comment\n\n", Heard::Nothing),
            ("data: {}\n", Heard::Nothing),
            ("\n", Heard::Data),
            (": comment\n\n", Heard::Nothing),
            (":\r\n\r\n:\n\n", Heard::Nothing),
            ("data: {\"result\":1}\n\n: co", Heard::Answer),
            ("mment\n\n", Heard::Nothing),
        ] {
            stream.extend_from_slice(more.as_bytes());
            assert_eq!(events.heard(&stream), expected, "{more:?}");
        }
    }
}
