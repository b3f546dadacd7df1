//! The upstream of `bench/run streams`: answers a call with an event a second, or with more than anybody can read.
//!
//! The first event comes at once, the others once `/go` was asked for, each stream at its own moment of the second.
//! `/poured` says how much was taken from each endless stream.

use crate::{
    events::{Event, now},
    servers::{listen, until_told},
};
use bytes::Bytes;
use futures_util::stream::unfold;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// The header that names the caller.
pub const CALLER: &str = "x-caller";
/// One event of an endless stream.
const GUSH: usize = 16 * 1024;

/// What a call asks for.
#[derive(Deserialize)]
struct Call {
    id: usize,
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    arguments: Arguments,
}

#[derive(Deserialize)]
struct Arguments {
    /// That many, the first included; without end if zero.
    events: usize,
}

#[derive(Clone)]
struct Fountain {
    go: watch::Sender<Option<Instant>>,
    poured: Arc<Mutex<BTreeMap<usize, Arc<AtomicU64>>>>,
}

/// Serves until told to end.
pub async fn run() -> anyhow::Result<()> {
    let listener = listen().await?;
    let fountain = Fountain { go: watch::Sender::new(None), poured: Arc::default() };
    tokio::spawn(async move {
        let http = Arc::new(auto::Builder::new(TokioExecutor::new()));
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let (http, fountain) = (http.clone(), fountain.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| fountain.clone().answer(request));
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    until_told().await
}

type Body = BoxBody<Bytes, Infallible>;

impl Fountain {
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, anyhow::Error> {
        match request.uri().path() {
            "/go" => {
                self.go.send_replace(Some(Instant::now()));
                Ok(Response::new(Full::default().boxed()))
            }
            "/poured" => {
                let poured = self.poured.lock().unwrap_or_else(PoisonError::into_inner);
                let bytes: Vec<u64> = poured.values().map(|bytes| bytes.load(Relaxed)).collect();
                Ok(Response::new(Full::from(serde_json::to_vec(&bytes)?).boxed()))
            }
            _ => self.events(request).await,
        }
    }

    async fn events(self, request: Request<Incoming>) -> Result<Response<Body>, anyhow::Error> {
        let caller = request.headers().get(CALLER).and_then(|value| value.to_str().ok());
        let caller = caller.unwrap_or_default().to_owned();
        let call: Call = serde_json::from_slice(&request.into_body().collect().await?.to_bytes())?;
        let body = match call.params.arguments.events {
            0 => self.pour(call.id),
            count => self.count(caller, call.id, count),
        };
        Ok(Response::builder()
            .header("content-type", "text/event-stream")
            .header("cache-control", "no-store")
            .body(body)?)
    }

    /// One event now, and one a second after `/go`.
    fn count(&self, caller: String, call: usize, count: usize) -> Body {
        // Spread over the second, in no order of the calls.
        let moment = Duration::from_millis((call * 7919 % 1000) as u64);
        let state = (self.go.subscribe(), 0);
        StreamBody::new(unfold(state, move |(mut go, number)| {
            let caller = caller.clone();
            async move {
                if number == count {
                    return None;
                }
                if number > 0 {
                    let begin = (*go.wait_for(Option::is_some).await.ok()?)?;
                    let at = begin + moment + Duration::from_secs(number as u64 - 1);
                    tokio::time::sleep_until(at).await;
                }
                let text = Event { caller, call, number, sent: now() }.text();
                Some((Ok(Frame::data(Bytes::from(text))), (go, number + 1)))
            }
        }))
        .boxed()
    }

    /// As fast as it is taken.
    fn pour(&self, call: usize) -> Body {
        let poured: Arc<AtomicU64> = Arc::default();
        self.poured.lock().unwrap_or_else(PoisonError::into_inner).insert(call, poured.clone());
        let gush = Bytes::from(format!("data: {}\n\n", "x".repeat(GUSH - 8)));
        StreamBody::new(unfold((), move |()| {
            poured.fetch_add(gush.len() as u64, Relaxed);
            let frame = Ok(Frame::data(gush.clone()));
            async move { Some((frame, ())) }
        }))
        .boxed()
    }
}
