//! What crosses the line, and what does not.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{CALL, json},
};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::stream;
use portcullis_testing::TestKey;
use std::{convert::Infallible, sync::Arc};
use tokio::sync::{Mutex, Notify, mpsc};

for_both_drivers!(
    answers_pass_untouched,
    events_pass_one_by_one,
    a_client_that_leaves_cancels_the_call,
    sessions_are_sealed_on_the_way_out_and_opened_on_the_way_in
);

const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

/// RS-11, RS-12, RS-24, TM-06, TM-24: a list of headers goes up, whatever else a client sends stays.
#[tokio::test]
async fn the_upstream_sees_the_authorized_bytes_and_no_header_that_a_client_made_up() {
    let gateway = Driver::InFront.start(|_| async { json(200, RESULT) }).await;
    let answer = gateway
        .call()
        .header("cookie", "session=1")
        .header("x-user", "admin")
        .header("x_user", "admin")
        .header("X-Forwarded-For", "1.2.3.4")
        .header("x-mcp-principal", "admin")
        .header("proxy-authorization", "Basic x")
        .header("dpop-nonce", "x")
        .header("connection", "x-request-id")
        .header("mcp-param-region", "eu")
        .header("accept-language", "de")
        .header("last-event-id", "7")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), RESULT);
    let seen = gateway.seen.lock().unwrap();
    let (head, body) = &seen[0];
    assert_eq!((head.uri.path(), body.as_str()), ("/inner", CALL));
    let get = |name: &str| {
        head.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(get("x-user"), ["user-1"]);
    assert_eq!((get("x-client"), get("x-scope")), (vec!["client-1"], vec!["todo:read"]));
    for absent in [
        "authorization",
        "cookie",
        "x_user",
        "x-forwarded-for",
        "x-mcp-principal",
        "proxy-authorization",
        "dpop-nonce",
        "x-tenant",
    ] {
        assert!(get(absent).is_empty(), "{absent}");
    }
    assert_eq!((get("mcp-param-region"), get("accept-language")), (vec!["eu"], vec!["de"]));
    assert_eq!(get("last-event-id"), ["7"], "of an older revision, which resumes streams");
    let token = gateway.signed();
    assert!(!format!("{head:?}").contains(token.rsplit('.').next().unwrap()));
}

/// TM-01, TM-07, TM-08, TM-15, TM-27, TL-02, TL-05, TL-11: statuses and bodies that are the upstream's to say pass as they are.
async fn answers_pass_untouched(driver: Driver) {
    for (status, body) in [
        (200, RESULT),
        (202, ""),
        (400, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32021,"message":"capability"}}"#),
        (404, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#),
        (405, "{}"),
        (500, "{}"),
    ] {
        let gateway = driver.start(move |_| async move { json(status, body) }).await;
        let answer = gateway.call().send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.text().await.unwrap(), body, "{status}");
    }
}

/// TM-07, TM-11: the client has an event before the upstream has written the next.
async fn events_pass_one_by_one(driver: Driver) {
    let (send, receive) = mpsc::channel::<&'static str>(1);
    let receive = Arc::new(Mutex::new(receive));
    let gateway = driver
        .start(move |_| {
            let receive = receive.clone();
            async move {
                let events = stream::unfold(receive, |receive| async move {
                    let event = receive.lock().await.recv().await?;
                    Some((Ok::<_, Infallible>(Bytes::from(event)), receive))
                });
                Response::builder()
                    .header("content-type", "text/event-stream")
                    .header("x-accel-buffering", "no")
                    .body(Body::from_stream(events))
                    .unwrap()
            }
        })
        .await;
    let mut answer = gateway.call().send().await.unwrap();
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    for event in
        ["id: 1\ndata:\n\n", ": still here\n\n", "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n"]
    {
        send.send(event).await.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), event);
    }
    drop(send);
    assert_eq!(answer.chunk().await.unwrap(), None);
}

/// TM-12: the upstream learns that the client is gone.
async fn a_client_that_leaves_cancels_the_call(driver: Driver) {
    struct Gone(Arc<Notify>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let gone = Arc::new(Notify::new());
    let tell = gone.clone();
    let gateway = driver
        .start(move |_| {
            let guard = Gone(tell.clone());
            async move {
                let events = stream::unfold((guard, true), |(guard, first)| async move {
                    if !first {
                        std::future::pending::<()>().await;
                    }
                    Some((Ok::<_, Infallible>(Bytes::from(": open\n\n")), (guard, false)))
                });
                Response::builder()
                    .header("content-type", "text/event-stream")
                    .body(Body::from_stream(events))
                    .unwrap()
            }
        })
        .await;
    let mut answer = gateway.call().send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), ": open\n\n");
    drop(answer);
    gone.notified().await;
}

/// TL-10, TL-12, TL-15: the client never sees the upstream's session id, the upstream never another.
async fn sessions_are_sealed_on_the_way_out_and_opened_on_the_way_in(driver: Driver) {
    let gateway = driver
        .start(|_| async {
            let mut answer = json(200, RESULT);
            answer.headers_mut().insert("mcp-session-id", "inner-session".parse().unwrap());
            answer
        })
        .await;
    let first = gateway.call().send().await.unwrap();
    let sealed = first.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    assert!(!sealed.contains("inner"));
    assert_eq!(gateway.call().header("mcp-session-id", &sealed).send().await.unwrap().status(), 200);
    assert_eq!(gateway.seen.lock().unwrap()[1].0.headers["mcp-session-id"], "inner-session");
    let other = gateway.token().claim("sub", "user-2").sign(&TestKey::rsa());
    let stolen = gateway
        .client
        .delete(gateway.url())
        .bearer_auth(other)
        .header("mcp-session-id", &sealed)
        .send()
        .await
        .unwrap();
    assert_eq!(stolen.status(), 404);
    assert_eq!(gateway.seen.lock().unwrap().len(), 2);
}
