//! The upstream and the server under it, as a client sees them.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use axum::{
    body::Body,
    http::{Request, Response},
};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error},
    rt::TokioExecutor,
};
use portcullis_testing::{Upstream, upstream::Reply};
use serde_json::json;

async fn post(upstream: &Upstream, body: &str) -> Result<Response<Incoming>, Error> {
    let request =
        Request::post(upstream.url()).header("mcp-method", "ping").body(Body::from(body.to_owned()));
    Client::builder(TokioExecutor::new()).build_http().request(request.unwrap()).await
}

async fn text(response: Response<Incoming>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn records_what_reached_it_and_answers_in_turn() {
    let upstream = Upstream::start().await;
    upstream.next(Reply::unauthorized().session("s-1"));
    let refused = post(&upstream, "not JSON").await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["mcp-session-id"]),
        (401, &"s-1".parse().unwrap())
    );
    let answered = post(&upstream, r#"{"id":7}"#).await.unwrap();
    assert_eq!(text(answered).await, r#"{"id":7,"jsonrpc":"2.0","result":{}}"#);
    let requests = upstream.requests();
    assert_eq!(
        (requests[0].body.as_ref(), requests[1].header("mcp-method")),
        (&b"not JSON"[..], Some("ping"))
    );
    assert_eq!(upstream.server().connections(), 2);
}

#[tokio::test]
async fn events_come_as_they_are_sent_and_end_when_dropped() {
    let upstream = Upstream::start().await;
    let (events, reply) = Reply::events();
    upstream.next(reply);
    let mut body = post(&upstream, "{}").await.unwrap().into_body();
    assert!(events.message(&json!({"a": 1})).await);
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "event: message\ndata: {\"a\":1}\n\n");
    drop(events);
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_reader_that_leaves_is_noticed() {
    let upstream = Upstream::start().await;
    let (events, reply) = Reply::events();
    upstream.next(reply);
    let response = post(&upstream, "{}").await.unwrap();
    upstream.arrived(1).await;
    drop(response);
    events.closed().await;
    assert!(!events.raw(": anybody?\n\n").await);
}

#[tokio::test]
async fn breaks_before_the_answer_and_in_its_middle() {
    let upstream = Upstream::start().await;
    upstream.next(Reply::reset());
    assert!(post(&upstream, "{}").await.is_err());
    let (events, reply) = Reply::events();
    upstream.next(reply);
    let mut body = post(&upstream, "{}").await.unwrap().into_body();
    assert!(events.raw("data: half").await);
    assert!(body.frame().await.unwrap().is_ok());
    events.cut().await;
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn a_dropped_upstream_is_gone_with_its_streams() {
    let upstream = Upstream::start().await;
    let (_events, reply) = Reply::events();
    upstream.next(reply);
    let mut body = post(&upstream, "{}").await.unwrap().into_body();
    drop(upstream);
    assert!(body.frame().await.unwrap().is_err());
}
