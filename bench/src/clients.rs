//! Clients of `bench/run streams`: each opens one stream, reads all of it, and looks at every event.

use crate::{
    calls::{body_with, call, token},
    events::{Heard, Reader},
    fountain::CALLER,
};
use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis_testing::TestKey;
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpStream, sync::Semaphore, task::JoinSet};

/// What the gateway allows on one HTTP/2 connection.
const STREAMS_A_CONNECTION: usize = 200;
/// Streams that are being opened at a time, so that nobody's queue of new connections overflows.
const OPENING: usize = 256;

/// The protocol between client and server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// A connection for each stream.
    Http1,
    /// One for 200 streams.
    Http2,
}

impl Protocol {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }
}

/// Whom clients talk to.
#[derive(Clone)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// Signs tokens, where they are asked for.
    pub key: Option<TestKey>,
}

impl Target {
    /// A call whose answer has this many events, each caller's first and only; zero is without end.
    pub fn request(&self, protocol: Protocol, number: usize, events: usize) -> Request<Full<Bytes>> {
        let resource = format!("http://{}/mcp", self.address);
        let token = self.key.as_ref().map(|key| {
            token(&resource, number).claim("sub", caller(number)).header("alg", "ES256").sign(key)
        });
        let request = match protocol {
            Protocol::Http1 => call("/mcp", token.as_deref()).header("host", self.address.to_string()),
            Protocol::Http2 => call(&resource, token.as_deref()),
        };
        // The gateway drops what a client says of itself and tells the upstream what the token says.
        let said = if self.key.is_some() { "somebody else".to_owned() } else { caller(number) };
        let body = body_with(number, &format!(r#"{{"events":{events}}}"#));
        request.header(CALLER, said).body(Full::new(body)).expect("a valid request")
    }
}

fn caller(number: usize) -> String {
    format!("caller-{number}")
}

/// The sending side of a connection.
pub enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Sender {
    async fn connect(address: SocketAddr, protocol: Protocol) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let stream = TokioIo::new(stream);
        Ok(match protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(stream).await?;
                tokio::spawn(connection);
                Self::Http1(sender)
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
                tokio::spawn(connection);
                Self::Http2(sender)
            }
        })
    }

    /// Sends, and waits for the answer's head.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Response<Incoming>> {
        let answer = match self {
            Self::Http1(sender) => sender.send_request(request).await?,
            Self::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        };
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        bail!("{status}: {}", String::from_utf8_lossy(&body))
    }
}

/// Streams that are all open.
pub struct Streams(JoinSet<anyhow::Result<Heard>>);

impl Streams {
    /// Opens so many; each has had its first event.
    pub async fn open(
        target: &Target,
        protocol: Protocol,
        streams: usize,
        events: usize,
    ) -> anyhow::Result<Self> {
        let (turns, opened) = (Arc::new(Semaphore::new(OPENING)), Arc::new(Semaphore::new(0)));
        let mut shared = Vec::new();
        if protocol == Protocol::Http2 {
            for _ in 0..streams.div_ceil(STREAMS_A_CONNECTION) {
                shared.push(Sender::connect(target.address, protocol).await?);
            }
        }
        let mut all = JoinSet::new();
        for number in 0..streams {
            let (target, turns, opened) = (target.clone(), turns.clone(), opened.clone());
            let shared = match shared.get(number / STREAMS_A_CONNECTION) {
                Some(Sender::Http2(sender)) => Some(Sender::Http2(sender.clone())),
                _ => None,
            };
            all.spawn(async move {
                let turn = turns.acquire_owned().await?;
                let mut sender = match shared {
                    Some(sender) => sender,
                    None => Sender::connect(target.address, protocol).await?,
                };
                let answer = sender.send(target.request(protocol, number, events)).await?;
                let mut body = answer.into_body();
                let mut reader = Reader::new(number, caller(number));
                let first = body.frame().await.context("a stream without events")??;
                reader.read(first.data_ref().map_or(&[], |data| data));
                opened.add_permits(1);
                drop(turn);
                while let Some(frame) = body.frame().await {
                    reader.read(frame.context("a stream broke off")?.data_ref().map_or(&[], |data| data));
                }
                anyhow::Ok(reader.end(events))
            });
        }
        drop(shared);
        tokio::select! {
            _ = opened.acquire_many(u32::try_from(streams)?) => Ok(Self(all)),
            Some(early) = all.join_next() => {
                early??;
                bail!("a stream ended before it began")
            }
        }
    }

    /// Reads all of them to their ends.
    pub async fn read(mut self) -> anyhow::Result<Heard> {
        let mut heard = Heard::default();
        while let Some(one) = self.0.join_next().await {
            heard.add(one??);
        }
        heard.delays.sort_unstable();
        Ok(heard)
    }
}

/// Asks the fountain itself.
pub async fn ask(fountain: SocketAddr, path: &str) -> anyhow::Result<Bytes> {
    let mut sender = Sender::connect(fountain, Protocol::Http1).await?;
    let request = Request::get(path).header("host", "fountain").body(Full::default())?;
    let answer = sender.send(request).await?.into_body().collect().await?.to_bytes();
    ensure!(path != "/poured" || !answer.is_empty(), "the fountain does not count");
    Ok(answer)
}
