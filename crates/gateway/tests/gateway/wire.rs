//! Bytes as an attacker writes them: framing tricks, smuggled headers, and requests that cost too much. Whatever happens,
//! what reached the upstream is nothing, or exactly the authorized bytes.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{CALL, Running},
};
use portcullis_testing::Upstream;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};

for_both_drivers!(
    what_is_said_twice_or_of_another_host_is_refused,
    what_is_too_large_is_refused_by_name,
    a_client_that_drips_its_body_is_told_so
);

async fn dial(gateway: &Running) -> TcpStream {
    TcpStream::connect(gateway.address).await.unwrap()
}

/// Writes `request`, and reads until the gateway closes.
pub(crate) async fn exchange(gateway: &Running, request: &str) -> String {
    let mut stream = dial(gateway).await;
    // The gateway may have answered and closed before it has read everything.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// A request with a good token, these headers more, and this body as it stands; the connection ends after it.
pub(crate) fn request(gateway: &Running, headers: &str, body: &str) -> String {
    let (address, token) = (gateway.address, gateway.signed());
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Connection: close\r\n{headers}\r\n{body}"
    )
}

fn chunked(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
}

/// RS-11: two readers that disagree about where a request ends, or about what its header is.
#[tokio::test]
async fn framing_that_two_readers_take_differently_carries_nothing_through() {
    let length = CALL.len();
    let hidden = "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    for (what, headers, body, expected) in [
        (
            "two lengths",
            format!("Content-Length: {length}\r\nContent-Length: 2\r\n"),
            CALL.to_owned(),
            &[400][..],
        ),
        ("lengths in a list", format!("Content-Length: {length}, 2\r\n"), CALL.to_owned(), &[400]),
        ("a signed length", format!("Content-Length: +{length}\r\n"), CALL.to_owned(), &[400]),
        (
            "a length and chunks",
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n".into(),
            chunked(CALL),
            &[200, 400],
        ),
        ("an unknown encoding", "Transfer-Encoding: xchunked\r\n".into(), chunked(CALL), &[400]),
        ("chunks not last", "Transfer-Encoding: chunked, identity\r\n".into(), chunked(CALL), &[400]),
        (
            "a folded header",
            format!("X-A: 1\r\n Content-Length: 2\r\nContent-Length: {length}\r\n"),
            CALL.to_owned(),
            &[400],
        ),
        (
            "a blank before the colon",
            format!("Content-Length : 2\r\nContent-Length: {length}\r\n"),
            CALL.to_owned(),
            &[400],
        ),
        (
            "a carriage return in a value",
            format!("X-A: 1\rX-User: admin\r\nContent-Length: {length}\r\n"),
            CALL.to_owned(),
            &[400],
        ),
        ("a null in a value", format!("X-A: 1\0\r\nContent-Length: {length}\r\n"), CALL.to_owned(), &[400]),
        (
            "a chunk that lies",
            "Transfer-Encoding: chunked\r\n".into(),
            format!("zz\r\n{CALL}\r\n0\r\n\r\n"),
            &[400],
        ),
        (
            "a second request behind the first",
            format!("Content-Length: {length}\r\n"),
            format!("{CALL}{hidden}"),
            &[200],
        ),
        (
            "a second request behind chunks",
            "Transfer-Encoding: chunked\r\n".into(),
            format!("{}{hidden}", chunked(CALL)),
            &[200],
        ),
    ] {
        let upstream = Upstream::start().await;
        let gateway = Driver::InFront.before(&upstream).await;
        let answer = exchange(&gateway, &request(&gateway, &headers, &body)).await;
        assert!(expected.contains(&status(&answer)), "{what}: {answer}");
        let reached = upstream.requests();
        assert_eq!(reached.len(), usize::from(status(&answer) == 200), "{what}");
        for one in reached {
            assert_eq!(
                (one.body.clone(), one.headers.get_all("content-length").iter().count()),
                (CALL.into(), 1),
                "{what}"
            );
            assert!(
                !one.headers.contains_key("transfer-encoding") && one.header("x-user") == Some("user-1"),
                "{what}"
            );
        }
    }
}

/// RS-12, RS-24: a header by another spelling, hop by hop, or behind the body is not taken for ours.
#[tokio::test]
async fn smuggled_headers_stay_behind() {
    let length = format!("Content-Length: {}\r\n", CALL.len());
    let behind = |trailers: &str| format!("{:x}\r\n{CALL}\r\n0\r\n{trailers}\r\n", CALL.len());
    let plain = |headers: &str| (format!("{length}{headers}"), CALL.to_owned());
    for (what, (headers, body)) in [
        (
            "another spelling",
            plain(
                "x_user: admin\r\nX_User: admin\r\nmcp_session_id: s\r\nmcp_name: n\r\nauthorization_: a\r\n",
            ),
        ),
        (
            "hop by hop",
            plain(
                "Connection: close, authorization, user-agent, x-user\r\nUser-Agent: a\r\nKeep-Alive: 1\r\nTE: trailers\r\n",
            ),
        ),
        ("an upgrade", plain("Connection: close, upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n")),
        (
            "a proxy's words",
            plain(
                "Forwarded: for=1\r\nX-Forwarded-Host: evil\r\nX-Original-URL: /admin\r\nX-HTTP-Method-Override: PUT\r\n",
            ),
        ),
        (
            "trailers",
            (
                "Transfer-Encoding: chunked\r\nTrailer: x-user, authorization\r\n".into(),
                behind("x-user: admin\r\nauthorization: Bearer a\r\nmcp-name: n\r\n"),
            ),
        ),
    ] {
        let upstream = Upstream::start().await;
        let gateway = Driver::InFront.before(&upstream).await;
        let answer = exchange(&gateway, &request(&gateway, &headers, &body)).await;
        assert_eq!(status(&answer), 200, "{what}: {answer}");
        let one = upstream.only_request();
        assert_eq!(
            (one.uri.path(), one.method.as_str(), &one.body[..]),
            ("/inner", "POST", CALL.as_bytes()),
            "{what}"
        );
        let known =
            ["accept-encoding", "content-length", "content-type", "host", "x-client", "x-scope", "x-user"];
        let mut names: Vec<_> = one.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!((names, one.header("x-user")), (known.to_vec(), Some("user-1")), "{what}");
    }
}

/// RS-07, TM-02, TM-17, TL-10: a header that must be there once, twice; and targets that name another host.
async fn what_is_said_twice_or_of_another_host_is_refused(driver: Driver) {
    let length = format!("Content-Length: {}\r\n", CALL.len());
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    let modern = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Name: list_todos\r\n";
    for (what, headers, expected) in [
        ("two tokens", "Authorization: Bearer a\r\n".to_owned(), 400),
        ("two media types", "Content-Type: text/plain\r\n".to_owned(), 415),
        ("two methods", format!("{modern}Mcp-Method: tools/call\r\nMcp-Method: tools/list\r\n"), 400),
        (
            "two versions",
            "MCP-Protocol-Version: 2025-11-25\r\nMCP-Protocol-Version: 2026-07-28\r\n".to_owned(),
            400,
        ),
        ("two sessions", "Mcp-Session-Id: a\r\nMcp-Session-Id: b\r\n".to_owned(), 404),
        ("two hosts", "Host: evil.example\r\n".to_owned(), 403),
        (
            "two origins",
            format!("Origin: http://{0}\r\nOrigin: https://evil.example\r\n", gateway.address),
            403,
        ),
    ] {
        let answer = exchange(&gateway, &request(&gateway, &format!("{headers}{length}"), CALL)).await;
        assert_eq!(status(&answer), expected, "{what}: {answer}");
    }
    let good = request(&gateway, &length, CALL);
    for (what, request) in [
        ("another host in the target", good.replacen("/mcp", "http://evil.example/mcp", 1)),
        ("no host", good.replacen("Host:", "X-Host:", 1)),
    ] {
        let answer = exchange(&gateway, &request).await;
        assert_eq!(status(&answer), 403, "{what}: {answer}");
    }
    assert_eq!(upstream.requests().len(), 0);
}

/// A target that another reader could take for the resource's is nobody's.
#[tokio::test]
async fn a_path_in_other_words_is_another_path() {
    let upstream = Upstream::start().await;
    let gateway = Driver::InFront.before(&upstream).await;
    let good = request(&gateway, &format!("Content-Length: {}\r\n", CALL.len()), CALL);
    let at = |target: &str| good.replacen("/mcp", target, 1);
    for (what, request) in [
        ("a tunnel", good.replacen("POST /mcp", "CONNECT evil.example:443", 1)),
        ("an asterisk", good.replacen("POST /mcp", "OPTIONS *", 1)),
        ("dots", at("/x/../mcp")),
        ("two slashes", at("//mcp")),
        ("encoded", at("/%6dcp")),
        ("a backslash", at("/\\mcp")),
    ] {
        let answer = exchange(&gateway, &request).await;
        assert!([400, 404].contains(&status(&answer)), "{what}: {answer}");
    }
    assert_eq!(upstream.requests().len(), 0);
}

/// What a stranger can make a connection hold: each bound, crossed.
#[tokio::test]
async fn a_head_that_is_too_large_is_refused_by_name() {
    let upstream = Upstream::start().await;
    let gateway = Driver::InFront.before(&upstream).await;
    let large = "x".repeat(70 * 1024);
    let many = (0..150).map(|number| format!("X-{number}: 1\r\n")).collect::<String>();
    for (what, request, expected) in [
        ("one large header", request(&gateway, &format!("X-A: {large}\r\n"), ""), &[431][..]),
        ("many headers", request(&gateway, &many, ""), &[431]),
        (
            "a long target",
            request(&gateway, "", "").replacen("/mcp", &format!("/mcp?{large}"), 1),
            &[431, 414],
        ),
    ] {
        let answer = exchange(&gateway, &request).await;
        let begin = answer.chars().take(200).collect::<String>();
        assert!(expected.contains(&status(&answer)), "{what}: {begin}");
    }
    assert_eq!(upstream.requests().len(), 0);
}

/// RS-20 and what else a stranger can make us hold: each bound, crossed.
async fn what_is_too_large_is_refused_by_name(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    let token = "t".repeat(20 * 1024);
    let claimed = "Content-Length: 5000000\r\n".to_owned();
    let chunks = format!("{:x}\r\n{}\r\n", 5_000_000, " ".repeat(5_000_000));
    let nobody = format!("POST /mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", gateway.address);
    for (what, request, expected) in [
        ("a long token", format!("{nobody}Authorization: Bearer {token}\r\n\r\n"), 401),
        ("a body that says it is large", request(&gateway, &claimed, ""), 413),
        ("a body that turns out large", request(&gateway, "Transfer-Encoding: chunked\r\n", &chunks), 413),
        ("a large body of a stranger", format!("{nobody}{claimed}Expect: 100-continue\r\n\r\n"), 401),
    ] {
        let answer = exchange(&gateway, &request).await;
        assert_eq!(status(&answer), expected, "{what}: {}", answer.chars().take(200).collect::<String>());
    }
    assert_eq!(upstream.requests().len(), 0);
}

/// A client that drips its head holds a connection for a while and no longer; `/health` is answered meanwhile.
#[tokio::test]
async fn a_client_that_drips_its_head_is_cut() {
    let upstream = Upstream::start().await;
    let gateway = Driver::InFront.before(&upstream).await;
    let whole = request(&gateway, "", "");
    let mut stream = dial(&gateway).await;
    stream.write_all(whole.split_once("Content-Type").unwrap().0.as_bytes()).await.unwrap();
    let health = gateway.client.get(format!("http://{}/health", gateway.address));
    assert_eq!(health.send().await.unwrap().status(), 200);
    assert_eq!(after_a_while(stream).await, "");
}

/// The same for a body: the line waits for it for a while and no longer.
async fn a_client_that_drips_its_body_is_told_so(driver: Driver) {
    let upstream = Upstream::start().await;
    let gateway = driver.before(&upstream).await;
    // The keys are there before time stands still.
    assert_eq!(gateway.call().send().await.unwrap().status(), 200);
    let mut stream = dial(&gateway).await;
    let half = request(&gateway, &format!("Content-Length: {}\r\n", CALL.len()), &CALL[..5]);
    stream.write_all(half.as_bytes()).await.unwrap();
    let answer = after_a_while(stream).await;
    assert_eq!(status(&answer), 408, "{answer}");
    assert_eq!(upstream.requests().len(), 1);
}

/// What is read until the other side has had enough.
async fn after_a_while(mut stream: TcpStream) -> String {
    time::pause();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    time::resume();
    answer
}

/// RS-12: `Connection` takes nothing from the upstream by which the request was judged.
#[tokio::test]
async fn what_was_judged_goes_up_whatever_connection_lists() {
    let upstream = Upstream::start().await;
    let gateway = Driver::InFront.before(&upstream).await;
    let headers = format!(
        "Content-Length: {}\r\nMCP-Protocol-Version: 2025-11-25\r\n\
         Connection: close, content-type, content-length, mcp-protocol-version\r\n",
        CALL.len()
    );
    let answer = exchange(&gateway, &request(&gateway, &headers, CALL)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let request = upstream.only_request();
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("mcp-protocol-version"), Some("2025-11-25"));
}
