//! What is remembered of an answer, for how long, and what a flood of questions comes to.

use crate::asking::{Asking, TOKEN, good};
use crate::fixture::{Fixture, RESOURCE};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use portcullis_oauth::Clock as _;
use portcullis_testing::{Answer, TestKey};
use serde_json::json;
use std::{
    future::Future,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

/// IN-05: half a minute by default, and then the issuer is asked again.
#[tokio::test]
async fn a_revoked_token_works_no_longer_than_its_answer_is_believed() {
    let a = Asking::new();
    a.say(a.good());
    assert_eq!(a.call().await, "ok");
    a.say(json!({ "active": false }));
    a.f.clock.advance(29);
    assert_eq!(a.call().await, "ok", "this is what a memory costs");
    assert_eq!(a.server.questions().len(), 1);
    a.f.clock.advance(1);
    assert_eq!(a.call().await, "token_inactive");
    assert_eq!(a.server.questions().len(), 2);
}

/// IN-05: with no memory, every request is a question.
#[tokio::test]
async fn without_a_memory_a_revoked_token_stops_at_once() {
    let a = Asking::with(|settings| settings.cache = Duration::ZERO);
    a.say(a.good());
    assert_eq!((a.call().await, a.call().await), ("ok", "ok"));
    a.say(json!({ "active": false }));
    assert_eq!(a.call().await, "token_inactive");
    assert_eq!(a.server.questions().len(), 3);
    a.server.say("endless", Answer::Json(a.good_without("exp")));
    assert_eq!(a.f.call("endless").await, "ok", "good for this request alone");
    assert_eq!(a.f.call("endless").await, "ok");
    assert_eq!(a.server.asked_about("endless"), 2);
}

/// IN-05: never past `exp`, however long the memory; the leeway is for clocks, not for memories.
#[tokio::test]
async fn nothing_is_remembered_past_its_end() {
    let a = Asking::with(|settings| settings.cache = Duration::from_secs(600));
    a.say(a.good_but("exp", json!(a.f.clock.now().0 + 10)));
    assert_eq!(a.call().await, "ok");
    a.f.clock.advance(9);
    assert_eq!(a.call().await, "ok");
    assert_eq!(a.server.questions().len(), 1);
    a.f.clock.advance(1);
    a.say(json!({ "active": false }));
    assert_eq!(a.call().await, "token_inactive");
    assert_eq!(a.server.questions().len(), 2);
}

/// G-07, IN-05: an open stream is believed for as long as a request would be, also where it is opened late; an answer that has
/// an end is no longer good than that.
#[tokio::test]
async fn a_stream_may_go_on_for_as_long_as_its_answer_is_believed() {
    for (cache, ends_in, at_once, seven_later) in
        [(30, Some(600), 30, 23), (600, Some(10), 10, 3), (30, None, 30, 23), (0, Some(600), 0, 0)]
    {
        let a = Asking::with(|settings| settings.cache = Duration::from_secs(cache));
        let ends_at = ends_in.map(|seconds: u64| a.f.clock.now().0 + seconds);
        a.say(ends_at.map_or_else(|| a.good_without("exp"), |ends_at| a.good_but("exp", json!(ends_at))));
        let left = async || {
            let admitted = a.f.admit(get(TOKEN)).await.unwrap();
            a.f.line.time_left(admitted.permit().token()).as_secs()
        };
        assert_eq!(left().await, at_once, "{cache} {ends_in:?}");
        a.f.clock.advance(7);
        assert_eq!(left().await, seven_later, "{cache} {ends_in:?}");
    }
    let f = Fixture::new();
    let token = f.token().claim("exp", f.clock.now().0 + 600).sign(&TestKey::rsa());
    let admitted = f.admit(get(&token)).await.unwrap();
    f.clock.advance(100);
    assert_eq!(f.line.time_left(admitted.permit().token()).as_secs(), 500, "a signature needs no asking");
}

fn get(token: &str) -> Request<Full<Bytes>> {
    let request = Request::get(RESOURCE).header("authorization", format!("Bearer {token}"));
    request.body(Full::default()).unwrap()
}

/// IN-08: an outage brings no old answer back to life.
#[tokio::test]
async fn an_answer_that_is_too_old_is_not_used_in_an_outage() {
    let a = Asking::new();
    a.say(a.good());
    assert_eq!(a.call().await, "ok");
    a.server.say_of_all(Some(Answer::Down));
    a.f.clock.advance(10);
    assert_eq!(a.call().await, "ok", "within its time nobody asks");
    a.f.clock.advance(20);
    assert_eq!(a.call().await, "introspection_unavailable");
}

/// IN-05: an answer is one token's.
#[tokio::test]
async fn an_answer_is_never_anothers() {
    let a = Asking::new();
    a.say(a.good());
    assert_eq!(a.call().await, "ok");
    for other in [&TOKEN[1..], &TOKEN[..TOKEN.len() - 1], &TOKEN.to_lowercase(), &format!("{TOKEN}=")] {
        assert_eq!(a.f.call(other).await, "token_inactive", "{other}");
        assert_eq!(a.server.asked_about(other), 1, "{other}");
    }
    assert_eq!(a.call().await, "ok");
}

/// IN-03: garbage that comes again and again is asked about once in a while, and pushes no good token out.
#[tokio::test]
async fn garbage_costs_one_question_and_no_good_tokens_place() {
    let a = Asking::with(|settings| settings.cache = Duration::from_secs(600));
    a.say(a.good());
    assert_eq!(a.call().await, "ok");
    for _ in 0..10 {
        assert_eq!(a.f.call("garbage").await, "token_inactive");
    }
    assert_eq!(a.server.asked_about("garbage"), 1);
    for number in 0..3000 {
        assert_eq!(a.f.call(&format!("garbage-{number}")).await, "token_inactive");
    }
    assert_eq!(a.call().await, "ok");
    assert_eq!(a.server.asked_about(TOKEN), 1);
    // A token that its server learns of late is not refused for long.
    a.server.say("garbage", Answer::Json(a.good()));
    a.f.clock.advance(5);
    assert_eq!(a.f.call("garbage").await, "ok");
}

/// IN-05
#[tokio::test]
async fn all_who_ask_about_one_token_share_one_question() {
    let a = Asking::new();
    a.server.say(TOKEN, Answer::Hang(a.good()));
    {
        // The first caller leaves while the question is open.
        let mut leaving = pin!(a.call());
        assert!(leaving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        a.server.was_asked(1).await;
    }
    let waiting = async { tokio::join!(a.call(), a.call(), a.call()) };
    let release = async {
        tokio::task::yield_now().await;
        a.server.release();
    };
    let (answers, ()) = tokio::join!(waiting, release);
    assert_eq!(answers, ("ok", "ok", "ok"));
    assert_eq!(a.server.questions().len(), 1);
}

/// IN-05: whoever asked need not stay for the answer to be remembered.
#[tokio::test]
async fn an_answer_is_remembered_though_nobody_waited_for_it() {
    let a = Asking::new();
    a.server.say(TOKEN, Answer::Hang(a.good()));
    {
        let mut leaving = pin!(a.call());
        assert!(leaving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        a.server.was_asked(1).await;
    }
    a.server.release();
    tokio::task::yield_now().await;
    assert_eq!(a.call().await, "ok");
    assert_eq!(a.server.questions().len(), 1);
}

/// IN-08: a flood of made-up tokens comes to a bounded number of questions; good tokens that are known are served meanwhile.
#[tokio::test]
async fn a_flood_of_unknown_tokens_is_a_few_questions_at_once() {
    let a = Asking::new();
    a.say(a.good());
    assert_eq!(a.call().await, "ok");
    a.server.say_of_all(Some(Answer::Hang(json!({ "active": false }))));
    let flood: Vec<_> = (0..100).map(|number| format!("flood-{number}")).collect();
    let mut calls: Vec<_> = flood.iter().map(|token| Box::pin(a.f.call(token))).collect();
    let mut told_to_come_back = 0;
    for call in &mut calls {
        if let std::task::Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            assert_eq!(answer, "introspection_unavailable");
            told_to_come_back += 1;
        }
    }
    a.server.was_asked(33).await;
    assert_eq!((a.server.questions().len(), told_to_come_back), (1 + 32, 68));
    assert_eq!(a.call().await, "ok", "a known token waits for nobody");
    a.server.release();
    drop(calls);
}

/// IN-08: a server that is down is left alone for a moment, and then asked by one.
#[tokio::test]
async fn a_server_that_is_down_is_asked_by_one_at_a_time() {
    let a = Asking::new();
    a.server.say_of_all(Some(Answer::Status(503)));
    for number in 0..20 {
        assert_eq!(a.f.call(&format!("token-{number}")).await, "introspection_unavailable");
    }
    assert_eq!(a.server.questions().len(), 1);
    a.f.clock.advance(5);
    a.server.say_of_all(Some(Answer::Hang(json!({ "active": false }))));
    let mut first = pin!(a.f.call("first"));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    a.server.was_asked(2).await;
    assert_eq!(a.f.call("second").await, "introspection_unavailable");
    a.server.release();
    assert_eq!(first.await, "token_inactive");
    a.server.say_of_all(None);
    a.server.say("second", Answer::Json(a.good()));
    assert_eq!(a.f.call("second").await, "ok");
    assert_eq!(a.server.questions().len(), 3);
}

/// IN-08: a stranger's odd token, over which a server or a firewall stumbles, keeps nobody else out.
#[tokio::test]
async fn a_token_over_which_the_server_stumbles_keeps_nobody_else_out() {
    for stumbling in [
        Answer::Status(400),
        Answer::Status(403),
        Answer::Status(500),
        Answer::Text("<html>blocked</html>".into()),
        Answer::Text(r#"{"active":"true"}"#.into()),
    ] {
        let a = Asking::new();
        a.server.say("../../etc/passwd", stumbling.clone());
        a.say(good(a.f.clock.now().0));
        assert_eq!(a.f.call("../../etc/passwd").await, "introspection_unavailable");
        assert_eq!(a.call().await, "ok", "{stumbling:?}");
    }
}
