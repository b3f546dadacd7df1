//! A network that answers as it is told, and counts.

use bytes::Bytes;
use portcullis_fetch::{Fetch, FetchError, Fetched, Trust};
use serde_json::Value;
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;
use url::Url;

/// What the next fetches get.
#[derive(Clone, Debug)]
pub enum Answer {
    /// 200 with this document.
    Json(Value),
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
    answer: Mutex<Answer>,
    calls: AtomicU64,
    released: Notify,
}

impl FakeFetch {
    /// Answers every URL alike.
    pub fn new(answer: Answer) -> Self {
        Self { answer: Mutex::new(answer), calls: AtomicU64::new(0), released: Notify::new() }
    }

    /// From now on answers like this.
    pub fn set(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// How often it was asked.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Lets one hanging fetch go on.
    pub fn release(&self) {
        self.released.notify_one();
    }
}

impl Fetch for FakeFetch {
    fn get(
        &self,
        _: Url,
        _: Trust,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            let body = match answer {
                Answer::Json(value) => Bytes::from(value.to_string()),
                Answer::Text(text) => Bytes::from(text),
                Answer::Status(status) => return Err(FetchError::Status(status)),
                Answer::Down => return Err(FetchError::Connect),
                Answer::Hang(value) => {
                    self.released.notified().await;
                    Bytes::from(value.to_string())
                }
            };
            Ok(Fetched { body, max_age: None })
        })
    }
}
