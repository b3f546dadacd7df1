//! Upstreams that take their time, or all of it. Time is moved on once they are stuck.

use super::{
    Reads::{Error, TornInTime, Whole},
    Stage,
    liar::Act,
    say,
};
use crate::fixture::CALL;

const EVENTS: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test]
async fn an_upstream_that_does_not_come_to_its_answer_is_504() {
    let mut stage = Stage::new().await;
    let large = CALL.replace(
        "\"list_todos\"",
        &format!("\"list_todos\",\"_meta\":{{\"x\":\"{}\"}}", "x".repeat(3 << 20)),
    );
    stage.row_with("nothing is read", &large, vec![Act::Unread, Act::Stall], Error(504)).await;
    stage.row("nothing is said", vec![Act::Stall], Error(504)).await;
    stage.row("half a head", vec![say("HTTP/1.1 200 OK\r\nX-Inner: inner-se"), Act::Stall], Error(504)).await;
    stage.row("go on, for ever", vec![Act::Flood(b"HTTP/1.1 100 Go\r\n\r\n".to_vec())], Error(504)).await;
    let hints = format!("HTTP/1.1 103 Early Hints\r\nLink: {}\r\n\r\n", "x".repeat(8000));
    stage.row("hints, for ever", vec![Act::Flood(hints.into())], Error(504)).await;
}

/// G-07: the longest call.
#[tokio::test]
async fn an_answer_that_does_not_come_to_its_end_ends_with_the_longest_call() {
    let mut stage = Stage::new().await;
    let event = "9\r\ndata: 1\n\n\r\n";
    stage
        .row(
            "events, then silence",
            vec![say(format!("{EVENTS}{event}")), Act::Stall],
            Whole(200, "data: 1\n\n"),
        )
        .await;
    stage.row("a head, and nothing", vec![say(EVENTS), Act::Stall], Whole(200, "")).await;
    let half = say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    stage.row("half of its length", vec![half, Act::Stall], TornInTime).await;
}

/// TM-12
#[tokio::test]
async fn a_client_that_leaves_releases_a_stuck_upstream() {
    let stage = Stage::new().await;
    for (what, acts) in [
        ("a head, and nothing", vec![say(EVENTS), Act::Stall]),
        ("half an event", vec![say(format!("{EVENTS}5\r\ndata:")), Act::Stall]),
        ("half of its length", vec![say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), Act::Stall]),
        ("events for ever", vec![say(EVENTS), Act::Flood(b"8\r\ndata: 1\n\r\n".repeat(1000))]),
    ] {
        stage.liar.will(acts);
        let answer = stage.caller(what).header("x-request-id", "bad").send().await.unwrap();
        stage.liar.is_stuck().await;
        stage.good("meanwhile", what).await;
        drop(answer);
        stage.liar.is_let_go().await;
        stage.good("after", what).await;
    }
}
