//! A network that answers as it is told, and counts.

use bytes::Bytes;
use portcullis_fetch::{Fetch, FetchError, Fetched, Form, Trust};
use serde_json::Value;
use std::{
    collections::HashMap,
    future::Future,
    pin::{Pin, pin},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;
use url::Url;

/// What the next fetches get.
#[derive(Clone, Debug)]
pub enum Answer {
    /// 200 with this document.
    Json(Value),
    /// 200 with this document, and how long it lives.
    Living(Value, Duration),
    /// 200 with these bytes.
    Text(String),
    /// Another status.
    Status(u16),
    /// No connection.
    Down,
    /// Nothing, until [`FakeFetch::release`].
    Hang(Value),
}

/// A [`Fetch`] without a network.
#[derive(Debug)]
pub struct FakeFetch {
    state: Mutex<State>,
    asked: Notify,
    released: Notify,
}

#[derive(Debug)]
struct State {
    everywhere: Answer,
    answers: HashMap<Url, Answer>,
    calls: Vec<(Url, Trust)>,
}

impl FakeFetch {
    /// Answers every URL alike.
    pub fn new(answer: Answer) -> Self {
        let state = State { everywhere: answer, answers: HashMap::new(), calls: Vec::new() };
        Self { state: Mutex::new(state), asked: Notify::new(), released: Notify::new() }
    }

    /// From now on answers like this, but for URLs with an answer of their own.
    pub fn set(&self, answer: Answer) {
        self.state().everywhere = answer;
    }

    /// From now on answers like this at `url`.
    pub fn set_at(&self, url: &str, answer: Answer) {
        self.state().answers.insert(parse(url), answer);
    }

    /// How often it was asked.
    pub fn calls(&self) -> u64 {
        self.state().calls.len().try_into().unwrap_or(u64::MAX)
    }

    /// How often it was asked for `url`.
    pub fn calls_to(&self, url: &str) -> usize {
        let url = parse(url);
        self.state().calls.iter().filter(|(called, _)| *called == url).count()
    }

    /// Everything it was asked for, in order, and how far the asker trusted it.
    pub fn all_calls(&self) -> Vec<(Url, Trust)> {
        self.state().calls.clone()
    }

    /// Waits until it has been asked `times` times: how a test knows that somebody hangs.
    pub async fn was_asked(&self, times: u64) {
        loop {
            // Made before the look: a call between the look and the wait is not missed.
            let asked = pin!(self.asked.notified());
            if self.calls() >= times {
                return;
            }
            asked.await;
        }
    }

    /// Lets one hanging fetch go on.
    pub fn release(&self) {
        self.released.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetch for FakeFetch {
    fn get(
        &self,
        url: Url,
        trust: Trust,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>> {
        let answer = {
            let mut state = self.state();
            let answer = state.answers.get(&url).unwrap_or(&state.everywhere).clone();
            state.calls.push((url, trust));
            answer
        };
        self.asked.notify_waiters();
        Box::pin(async move {
            let (body, max_age) = match answer {
                Answer::Json(value) => (Bytes::from(value.to_string()), None),
                Answer::Living(value, max_age) => (Bytes::from(value.to_string()), Some(max_age)),
                Answer::Text(text) => (Bytes::from(text), None),
                Answer::Status(status) => return Err(FetchError::Status(status)),
                Answer::Down => return Err(FetchError::Connect),
                Answer::Hang(value) => {
                    self.released.notified().await;
                    (Bytes::from(value.to_string()), None)
                }
            };
            Ok(Fetched { body, max_age })
        })
    }

    /// As a document: what is posted is not looked at, and counts as a call.
    fn post(
        &self,
        url: Url,
        trust: Trust,
        _: Form,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>> {
        self.get(url, trust)
    }
}

fn parse(url: &str) -> Url {
    url.parse().expect("a test writes valid URLs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;

    const KEYS: &str = "https://issuer.example/keys";

    async fn get(fetch: &FakeFetch, url: &str) -> Result<Fetched, FetchError> {
        fetch.get(parse(url), Trust::Configured).await
    }

    #[tokio::test]
    async fn a_url_may_answer_otherwise_than_the_rest() {
        let fetch = FakeFetch::new(Answer::Down);
        fetch.set_at(KEYS, Answer::Living(json!({}), Duration::from_secs(9)));
        let fetched = Fetched { body: "{}".into(), max_age: Some(Duration::from_secs(9)) };
        assert_eq!(get(&fetch, KEYS).await, Ok(fetched));
        assert_eq!(get(&fetch, "https://issuer.example/").await, Err(FetchError::Connect));
        fetch.set(Answer::Status(503));
        assert_eq!(get(&fetch, "https://issuer.example/").await, Err(FetchError::Status(503)));
        assert_eq!((fetch.calls_to(KEYS), fetch.calls()), (1, 3));
    }

    #[tokio::test]
    async fn whoever_hangs_is_let_go() {
        let fetch = Arc::new(FakeFetch::new(Answer::Hang(json!([]))));
        let hanging = tokio::spawn({
            let fetch = fetch.clone();
            async move { get(&fetch, KEYS).await }
        });
        fetch.was_asked(1).await;
        assert!(!hanging.is_finished());
        fetch.release();
        assert_eq!(hanging.await.unwrap().unwrap().body, "[]");
    }
}
