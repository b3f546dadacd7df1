//! How long answers live, and what holds them back. Where time matters it is paused, and passes as soon as nothing else is
//! to be done.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{CALL, Running},
};
use portcullis_resource_server::{DefaultRule, Policy};
use portcullis_testing::{TestKey, Upstream, upstream::Reply};
use reqwest::{RequestBuilder, Response};
use std::time::Duration;
use tokio::time::{self, Instant};

for_both_drivers!(
    a_listener_hears_that_its_subscription_is_over,
    an_open_ended_stream_ends_with_its_token,
    the_answer_to_one_call_outlives_its_token_until_the_longest_call,
    a_stream_under_another_type_ends_with_its_token_too,
    a_client_that_leaves_before_the_answer_begins_cancels_the_call,
    a_stream_that_is_reset_cancels_its_call_and_no_other,
    a_slow_reader_holds_back_the_upstream
);

const LISTEN: &str = r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
/// Seconds that tokens live here, and the grace after them.
const LIFETIME: u64 = 300;
const GRACE: u64 = 30;

fn token(gateway: &Running) -> String {
    use portcullis_oauth::Clock as _;
    let expires = gateway.clock.now().plus(LIFETIME).0;
    gateway.token().claim("exp", expires).sign(&TestKey::rsa())
}

fn get(gateway: &Running) -> RequestBuilder {
    gateway.client.get(gateway.url()).bearer_auth(token(gateway)).header("accept", "text/event-stream")
}

fn post(gateway: &Running, body: &'static str) -> RequestBuilder {
    gateway
        .client
        .post(gateway.url())
        .bearer_auth(token(gateway))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(body)
}

fn listen(gateway: &Running) -> RequestBuilder {
    post(gateway, LISTEN)
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "subscriptions/listen")
}

/// Seconds until the answer ends by itself, once its first event was seen.
pub(crate) async fn seconds_to_the_end(mut answer: Response) -> u64 {
    assert_eq!(answer.status(), 200);
    assert!(answer.chunk().await.unwrap().is_some());
    time::pause();
    let start = Instant::now();
    let rest = async { while answer.chunk().await.unwrap().is_some() {} };
    time::timeout(Duration::from_secs(24 * 3600), rest).await.expect("it ends");
    time::resume();
    start.elapsed().as_secs()
}

/// G-07: a GET stream (TL-01) and a listening one (TM-09) end with the token.
async fn an_open_ended_stream_ends_with_its_token(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    for request in [get, listen] {
        let events = upstream.opens(": open\n\n").await;
        let seconds = seconds_to_the_end(request(&gateway).send().await.unwrap()).await;
        assert!((LIFETIME..=LIFETIME + GRACE).contains(&seconds), "{seconds}");
        events.closed().await;
    }
}

/// G-07: what was begun with a good token may be finished, for as long as a call may take.
async fn the_answer_to_one_call_outlives_its_token_until_the_longest_call(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    let events = upstream.opens(": open\n\n").await;
    let seconds = seconds_to_the_end(post(&gateway, CALL).send().await.unwrap()).await;
    assert!((3590..=3600).contains(&seconds), "{seconds}");
    events.closed().await;
}

/// A type that says nothing of events does not make an open-ended answer endless. (Where a policy hides something, it is
/// refused: `lists.rs`.)
async fn a_stream_under_another_type_ends_with_its_token_too(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.with_policy(&upstream, Policy::new(DefaultRule::Authenticated)).await;
    let (events, reply) = Reply::events();
    upstream.next(reply.header("content-type", "application/octet-stream"));
    assert!(events.raw("open").await);
    let seconds = seconds_to_the_end(get(&gateway).send().await.unwrap()).await;
    assert!((LIFETIME..=LIFETIME + GRACE).contains(&seconds), "{seconds}");
    events.closed().await;
}

const ACKNOWLEDGED: &str = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{}}\n\n";
const LAST_WORDS: &str = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":1}}}\n\n";

/// Everything up to the end.
async fn rest(mut answer: Response) -> String {
    let mut all = Vec::new();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        all.extend_from_slice(&chunk);
    }
    String::from_utf8(all).unwrap()
}

/// What a listener has been told so far, and whether it can be told the end then.
fn beginnings() -> [(String, bool); 4] {
    [
        (ACKNOWLEDGED.to_owned(), true),
        (format!("{ACKNOWLEDGED}: still there\r\n"), true),
        (format!("{ACKNOWLEDGED}id: 1\n"), false),
        (": not yet acknowledged\n\n".to_owned(), false),
    ]
}

/// A listener hears this first, and then what comes when the process leaves, or its token ends.
async fn is_told_the_end(driver: Driver, (first, words): (String, bool), drains: bool) {
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    let (events, reply) = Reply::events();
    upstream.next(reply);
    assert!(events.raw(first.clone()).await);
    let mut answer = listen(&gateway).send().await.unwrap();
    let begin = answer.chunk().await.unwrap().unwrap();
    if drains {
        gateway.drain.close();
    } else {
        time::pause();
    }
    let all = format!("{}{}", std::str::from_utf8(&begin).unwrap(), rest(answer).await);
    let expected = format!("{first}{}", if words { LAST_WORDS } else { "" });
    assert_eq!(serde_lines(&all), serde_lines(&expected), "{first:?}");
    if !drains {
        time::resume();
    }
    events.closed().await;
}

/// TM-32, G-14: a modern listener that we end is told so, between two events, once it was acknowledged.
async fn a_listener_hears_that_its_subscription_is_over(driver: Driver) {
    for beginning in beginnings() {
        is_told_the_end(driver, beginning, false).await;
    }
}

/// TM-32, G-14: the same where the process leaves; an older stream has no such end.
#[tokio::test]
async fn a_listener_hears_that_the_process_leaves() {
    for beginning in beginnings() {
        is_told_the_end(Driver::InFront, beginning, true).await;
    }
    let upstream = Upstream::start().await;
    let gateway = Driver::InFront.before(&upstream).await;
    let _events = upstream.opens("data: 1\n\n").await;
    let answer = get(&gateway).send().await.unwrap();
    gateway.drain.close();
    assert_eq!(rest(answer).await, "data: 1\n\n");
}

/// Lines, with the members of a message in any order.
fn serde_lines(text: &str) -> Vec<serde_json::Value> {
    text.split('\n')
        .map(|line| {
            line.strip_prefix("data: ").map_or_else(|| line.into(), |it| serde_json::from_str(it).unwrap())
        })
        .collect()
}

/// An open stream would hold the process for ever; a call may finish.
#[tokio::test]
async fn draining_ends_streams_and_lets_a_call_finish() {
    let upstream = Upstream::start().await;
    let gateway = Driver::InFront.before(&upstream).await;
    let _events = upstream.opens(": open\n\n").await;
    let mut stream = get(&gateway).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    let answer = upstream.opens("data: 1\n\n").await;
    let mut call = post(&gateway, CALL).send().await.unwrap();
    assert!(call.chunk().await.unwrap().is_some());

    gateway.drain.begin();
    assert_eq!(stream.chunk().await.unwrap(), None);
    assert!(answer.raw("data: 2\n\n").await);
    assert_eq!(call.chunk().await.unwrap().unwrap(), "data: 2\n\n");
    drop(answer);
    assert_eq!(call.chunk().await.unwrap(), None);
    let (address, client) = (gateway.address, gateway.client.clone());
    gateway.serving.await.unwrap();
    assert!(client.get(format!("http://{address}/health")).send().await.is_err(), "nobody listens any more");
}

/// TM-12, before the first byte: the client gave up while the tool was still thinking.
async fn a_client_that_leaves_before_the_answer_begins_cancels_the_call(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    let (events, reply) = Reply::events();
    upstream.next(reply.thinking());
    let call = tokio::spawn(post(&gateway, CALL).send());
    upstream.arrived(1).await;
    call.abort();
    events.closed().await;
}

/// TM-12 over HTTP/2, where the connection stays and one stream is reset.
async fn a_stream_that_is_reset_cancels_its_call_and_no_other(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let open = |events: &'static str| {
        let request = client.post(gateway.url()).bearer_auth(token(&gateway));
        request.header("content-type", "application/json").header("x-request-id", events).body(CALL).send()
    };
    let first = upstream.opens(": open\n\n").await;
    let mut leaves = open("1").await.unwrap();
    assert_eq!(leaves.version(), reqwest::Version::HTTP_2);
    assert!(leaves.chunk().await.unwrap().is_some());
    let second = upstream.opens(": open\n\n").await;
    let mut stays = open("2").await.unwrap();
    assert!(stays.chunk().await.unwrap().is_some());
    drop(leaves);
    first.closed().await;
    assert!(second.raw("data: 1\n\n").await);
    assert_eq!(stays.chunk().await.unwrap().unwrap(), "data: 1\n\n");
}

/// A client that does not read holds back its own upstream, and nothing piles up here.
async fn a_slow_reader_holds_back_the_upstream(driver: Driver) {
    const PIECE: usize = 64 * 1024;
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    let events = upstream.opens(": open\n\n").await;
    let mut answer = post(&gateway, CALL).send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    time::pause();
    let mut pieces = 0;
    while time::timeout(Duration::from_secs(30), events.raw(vec![b'x'; PIECE])).await == Ok(true) {
        pieces += 1;
        assert!(pieces * PIECE < 64 << 20, "64 MiB went somewhere");
    }
    time::resume();
    drop(events);
    let mut read = 0;
    while let Some(chunk) = answer.chunk().await.unwrap() {
        read += chunk.len();
    }
    assert_eq!(read, pieces * PIECE, "and nothing is lost");
}
