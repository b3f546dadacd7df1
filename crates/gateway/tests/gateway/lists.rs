//! Lists lose what no scope could unlock, on every way they can take, and an upstream that lies about them is not passed on.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{CALL, Running, value},
};
use portcullis_oauth::Scope;
use portcullis_resource_server::{DefaultRule, Policy};
use portcullis_testing::{Upstream, upstream::Reply};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

for_both_drivers!(
    a_list_loses_what_no_scope_could_unlock,
    prompts_and_resources_are_lists_too,
    a_list_of_what_may_be_seen_passes_byte_for_byte,
    a_list_in_an_event_stream_is_filtered_event_by_event,
    a_list_in_a_batch_is_filtered,
    a_list_that_cannot_be_read_is_502,
    a_list_without_a_length_is_read_within_the_same_bound,
    an_error_in_place_of_a_list_keeps_its_status_and_says_nothing_unread,
    a_list_that_cannot_be_read_ends_its_stream_with_an_error,
    a_legacy_stream_tells_nothing_hidden,
    a_list_in_the_stream_of_a_call_is_filtered_and_the_calls_answer_is_not
);

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
/// One may be called by everybody, one lacks a scope, and one is nobody's.
const TOOLS: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[ {"name":"greet"}, {"name":"secret"},{"name":"list_todos","x":1.0}],"nextCursor":"c"}}"#;
const LEFT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[ {"name":"greet"},{"name":"list_todos","x":1.0}],"nextCursor":"c"}}"#;

async fn gateway(driver: Driver, upstream: &Upstream) -> Running {
    let policy = Policy::new(DefaultRule::Refuse)
        .tool("greet", Scope::default())
        .tool("list_todos", Scope::parse("todo:admin").unwrap());
    driver.with_policy(upstream, policy).await
}

fn post(gateway: &Running, body: &str) -> RequestBuilder {
    gateway.call().body(body.to_owned())
}

fn get(gateway: &Running) -> RequestBuilder {
    gateway.client.get(gateway.url()).bearer_auth(gateway.signed())
}

fn json_text(text: &str) -> Reply {
    Reply::text(200, text).header("content-type", "application/json")
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().unwrap())
}

/// G-09, G-21, TM-33, TM-36, TM-38: what lacks only a scope stays, and the answer is this caller's alone.
async fn a_list_loses_what_no_scope_could_unlock(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    upstream.next(
        json_text(TOOLS)
            .header("etag", "\"1\"")
            .header("age", "7")
            .header("cache-control", "public, max-age=60")
            .header("cdn-cache-control", "public")
            .header("content-digest", "sha-256=:AA==:"),
    );
    let answer = post(&gateway, LIST).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "cache-control"), Some("private, no-store"));
    assert_eq!(header(&answer, "content-length"), Some(LEFT.len().to_string().as_str()));
    for gone in ["etag", "age", "cdn-cache-control", "content-digest"] {
        assert_eq!(header(&answer, gone), None, "{gone}");
    }
    assert_eq!(answer.text().await.unwrap(), LEFT);
    assert_eq!(upstream.only_request().header("accept-encoding"), Some("identity"));
}

/// G-22: prompts and resources that no rule lists are nobody's.
async fn prompts_and_resources_are_lists_too(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    for (method, list, name) in [
        ("prompts/list", "prompts", "name"),
        ("resources/list", "resources", "uri"),
        ("resources/templates/list", "resourceTemplates", "uriTemplate"),
    ] {
        let mut result = json!({ "cacheScope": "public", "ttlMs": 1 });
        result[list] = json!([{ name: "greet" }]);
        upstream.next(Reply::result(result));
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method }).to_string();
        let answer = value(post(&gateway, &body).send().await.unwrap()).await;
        let mut expected = json!({ "cacheScope": "private", "ttlMs": 1 });
        expected[list] = json!([]);
        assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": 7, "result": expected }));
    }
}

/// Where nothing has to go, not a byte changes; and where nothing is ever hidden, not a header.
async fn a_list_of_what_may_be_seen_passes_byte_for_byte(driver: Driver) {
    let upstream = Upstream::start().await;
    let some = gateway(driver, &upstream).await;
    let spaced = LEFT.replace(':', " : ");
    for text in [LEFT, &spaced, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"secret"}}"#] {
        upstream.next(json_text(text));
        let answer = post(&some, LIST).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, text));
    }
    let open = driver.with_policy(&upstream, Policy::new(DefaultRule::Authenticated)).await;
    upstream.next(Reply::text(200, "{\"tools\":").header("etag", "\"1\"").header("content-encoding", "br"));
    let answer = post(&open, LIST).send().await.unwrap();
    assert_eq!((header(&answer, "etag"), header(&answer, "content-encoding")), (Some("\"1\""), Some("br")));
    assert_eq!(answer.text().await.unwrap(), "{\"tools\":");
}

/// TM-11: comments and notifications do not wait for the list.
async fn a_list_in_an_event_stream_is_filtered_event_by_event(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    let events = upstream.opens(": thinking\r\n").await;
    let mut answer = post(&gateway, LIST).send().await.unwrap();
    assert_eq!(header(&answer, "cache-control"), Some("private, no-store"));
    assert_eq!(answer.chunk().await.unwrap().unwrap(), ": thinking\r\n");
    let progress = "event: message\r\ndata: {\"method\":\"notifications/progress\"}\r\n\r\n";
    assert!(events.raw(progress).await);
    assert_eq!(answer.chunk().await.unwrap().unwrap(), progress);
    let (one, other) = TOOLS.split_at(100);
    assert!(events.raw(format!("id: 3\ndata: {one}")).await);
    assert!(events.raw(format!("{other}\n\n: bye\n\n")).await);
    drop(events);
    assert_eq!(answer.text().await.unwrap(), format!("id: 3\ndata: {LEFT}\n\n: bye\n\n"));
}

/// TL-03: the list is found by its id, and the other answer, which looks like one, is let alone.
async fn a_list_in_a_batch_is_filtered(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    let batch = format!("[{LIST},{}]", CALL.replace("\"id\":1", "\"id\":2").replace("list_todos", "greet"));
    let other = r#"{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"secret"}]}}"#;
    upstream.next(json_text(&format!("[{other},{TOOLS}]")));
    let answer = post(&gateway, &batch).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), format!("[{other},{LEFT}]"));
}

/// What cannot be judged does not pass: the names in it are nobody's to read.
async fn a_list_that_cannot_be_read_is_502(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    let long = format!("{TOOLS}{}", " ".repeat(9 * 1024 * 1024));
    let twice = TOOLS.replace("\"result\":", "\"result\":{\"tools\":[]},\"result\":");
    let notification = TOOLS.replace("\"id\":1", "\"method\":\"notifications/x\"");
    for (what, reply) in [
        ("no type of JSON", Reply::text(200, TOOLS)),
        ("no type at all", json_text(TOOLS).header("content-type", "application/octet-stream")),
        ("events under another type", Reply::text(200, &format!("data: {TOOLS}\n\n"))),
        ("another charset", json_text(TOOLS).header("content-type", "application/json; charset=utf-16")),
        ("JSON or events", json_text(TOOLS).header("content-type", "application/json, text/event-stream")),
        ("compressed", json_text(TOOLS).header("content-encoding", "gzip")),
        (
            "compressed events",
            Reply::text(200, "data: 1\n\n")
                .header("content-type", "text/event-stream")
                .header("content-encoding", "gzip"),
        ),
        ("not JSON", json_text(&TOOLS[1..])),
        ("cut", json_text(&TOOLS[..90])),
        ("too long", json_text(&long)),
        ("a result twice", json_text(&twice)),
        ("a list in a notification", json_text(&notification)),
        ("no list", json_text(r#"{"id":1,"result":{"tools":{"a":{"name":"secret"}}}}"#)),
        ("an array for an object", json_text(r#"{"id":1,"result":[[{"name":"secret"}]]}"#)),
    ] {
        upstream.next(reply.header("x-note", "secret"));
        let answer = post(&gateway, LIST).send().await.unwrap();
        assert_eq!(answer.status(), 502, "{what}");
        assert_eq!(header(&answer, "x-note"), None, "{what}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains("secret"), "{what}");
        let error: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&error["id"], &error["error"]["code"]), (&json!(1), &json!(-32603)), "{what}");
    }
}

/// Nobody says beforehand how long it will be.
async fn a_list_without_a_length_is_read_within_the_same_bound(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    for (pieces, expected) in [(1, 200), (9, 502)] {
        let (events, reply) = Reply::events();
        upstream.next(reply.header("content-type", "application/json"));
        let writing = tokio::spawn(async move {
            for _ in 0..pieces {
                events.raw(vec![b' '; 1024 * 1024 - 100]).await;
            }
            events.raw(TOOLS).await;
        });
        let answer = post(&gateway, LIST).send().await.unwrap();
        assert_eq!(answer.status(), expected);
        assert!(!answer.text().await.unwrap().contains("secret"));
        writing.await.unwrap();
    }
    // One that breaks off is none, and whatever had come of it stays here.
    let (events, reply) = Reply::events();
    upstream.next(reply.header("content-type", "application/json"));
    assert!(events.raw(&TOOLS[..100]).await);
    events.cut().await;
    assert_eq!(post(&gateway, LIST).send().await.unwrap().status(), 502);
}

/// An error of the upstream is the client's to understand: a session that is gone is 404 whatever is said of it.
async fn an_error_in_place_of_a_list_keeps_its_status_and_says_nothing_unread(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    upstream.next(Reply::text(404, TOOLS).header("retry-after", "5"));
    let answer = post(&gateway, LIST).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (404, Some("5")));
    assert!(!answer.text().await.unwrap().contains("secret"));
    let error =
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32001, "message": "no such session" } });
    upstream.next(Reply::json(404, error.clone()));
    let answer = post(&gateway, LIST).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(value(answer).await, error);
    upstream.next(Reply::text(202, ""));
    let answer = post(&gateway, LIST).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (202, ""));
}

/// In a stream the status is gone: the request gets its error, and nothing follows.
async fn a_list_that_cannot_be_read_ends_its_stream_with_an_error(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    for (what, data) in [
        ("twice", TOOLS.replace("\"tools\":", "\"tools\":[],\"tools\":")),
        ("not JSON", TOOLS[..90].to_owned()),
        ("too long", format!("{TOOLS}{}", " ".repeat(9 * 1024 * 1024))),
    ] {
        let events = upstream.opens(": first\n\n").await;
        let answer = post(&gateway, LIST).send().await.unwrap();
        assert!(events.raw(format!("id: 1\ndata: {data}\n\ndata: {TOOLS}\n\n")).await);
        let text = answer.text().await.unwrap();
        assert!(!text.contains("secret"), "{what}");
        let error = text
            .strip_prefix(": first\n\nid: 1\n\nevent: message\ndata: ")
            .unwrap_or_else(|| panic!("{what}: {text}"));
        let error: Value = serde_json::from_str(error.strip_suffix("\n\n").unwrap()).unwrap();
        assert_eq!((&error["id"], &error["error"]["code"]), (&json!(1), &json!(-32603)), "{what}");
        events.closed().await;
    }
}

/// TL-07, TL-08: on a resumed stream any answer may come again, so that a list is known by what it is; and a resource that is
/// not the caller's changes unseen (TM-32).
async fn a_legacy_stream_tells_nothing_hidden(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    let updated =
        r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"secret://a"}}"#;
    let changed = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n";
    let events = upstream.opens(": open\n\n").await;
    let answer = get(&gateway)
        .header("last-event-id", "6")
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    for event in
        [format!("id: 7\ndata: {TOOLS}\n\n"), format!("id: 8\ndata: {updated}\n\n"), changed.to_owned()]
    {
        assert!(events.raw(event).await);
    }
    drop(events);
    assert_eq!(
        answer.text().await.unwrap(),
        format!(": open\n\nid: 7\ndata: {LEFT}\n\nid: 8\n:\n\n{changed}")
    );
    for (reply, status) in
        [(Reply::text(200, "secret"), 502), (Reply::text(405, "secret").header("allow", "POST"), 405)]
    {
        upstream.next(reply);
        let answer = get(&gateway).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert!(!answer.text().await.unwrap().contains("secret"));
    }
}

/// A call's own answer is let alone, however it looks and however long it is; a list beside it is not.
async fn a_list_in_the_stream_of_a_call_is_filtered_and_the_calls_answer_is_not(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = gateway(driver, &upstream).await;
    let call = CALL.replace("list_todos", "greet").replace("\"id\":1", "\"id\":5");
    let long =
        format!(r#"{{"id":5,"result":{{"tools":[{{"name":"secret"}}],"text":"{}"}}}}"#, "x".repeat(200_000));
    for own in [
        r#"{"id":5,"result":{"tools":[{"name":"secret"}],"n":NaN}}"#,
        r#"{"result":{"tools":[{"name":"secret"}]},"id":5}"#,
        &long,
    ] {
        let events = upstream.opens(": first\n\n").await;
        let answer = post(&gateway, &call).send().await.unwrap();
        assert!(events.raw(format!("data: {TOOLS}\n\ndata: {own}\n\n")).await);
        drop(events);
        assert_eq!(answer.text().await.unwrap(), format!(": first\n\ndata: {LEFT}\n\ndata: {own}\n\n"));
    }
    let unclear = Reply::text(200, "data: 1\n\n").header("content-type", "text/event-stream; charset=utf-16");
    upstream.next(unclear);
    assert_eq!(post(&gateway, &call).send().await.unwrap().status(), 502);
}
