//! Who administers, and who does not. The attacks: no secret, a wrong one, one that is only nearly right, a caller's own
//! token; a page in a browser, under this machine's name or one of its own; an address that others can dial; a socket
//! that others can open, or that takes somebody else's place; requests that are no orders.

use crate::administered::{Administered, SECRET, start};
use portcullis_gateway::{AdminListenError, AdminListener, AdminPlace};
use portcullis_testing::TestKey;
use reqwest::{Method, RequestBuilder};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};

/// Status and body.
async fn answer(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// RS-17: whoever does not know the secret learns nothing: every path is the same to them.
#[tokio::test]
async fn whoever_does_not_know_the_secret_learns_nothing() {
    let gateway = start(None).await;
    let user = gateway.token().sign(&TestKey::rsa());
    let almost = &SECRET[..SECRET.len() - 1];
    let longer = format!("{SECRET}2");
    let headers: [Option<String>; 8] = [
        None,
        Some(format!("Bearer {almost}")),
        Some(format!("Bearer {longer}")),
        Some(format!("Bearer {}", SECRET.to_uppercase())),
        Some(format!("Basic {SECRET}")),
        Some(format!("Bearer {user}")),
        Some("Bearer ".to_owned()),
        Some(SECRET.to_owned()),
    ];
    let mut answers = Vec::new();
    for header in &headers {
        for (method, path) in [
            (Method::GET, "/metrics"),
            (Method::GET, "/revocations"),
            (Method::POST, "/revocations"),
            (Method::DELETE, "/revocations/1"),
            (Method::GET, "/nothing"),
            (Method::OPTIONS, "/metrics"),
            (Method::GET, "/health"),
        ] {
            let request = gateway.stranger(method, path);
            let request =
                header.iter().fold(request, |request, value| request.header("authorization", value));
            answers.push(answer(request).await);
        }
    }
    // Where tokens do not belong, one is none.
    answers.push(answer(gateway.stranger(Method::GET, &format!("/metrics?access_token={SECRET}"))).await);
    let twice = gateway.ask(Method::GET, "/metrics").header("authorization", format!("Bearer {SECRET}"));
    answers.push(answer(twice).await);
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, 401);
    assert!(!answers[0].1.contains(SECRET));
    let challenge = gateway.stranger(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(challenge.headers()["www-authenticate"], "Bearer realm=\"admin\"");
    assert_eq!(challenge.headers()["connection"], "close", "and the place is free again");
}

/// TM-02: a page of a browser, whatever it knows.
#[tokio::test]
async fn no_page_of_a_browser_is_answered() {
    let gateway = start(None).await;
    let port = gateway.admin.rsplit(':').next().unwrap().to_owned();
    for (name, value) in [
        ("origin", "http://evil.example".to_owned()),
        ("origin", "null".to_owned()),
        ("origin", gateway.admin.clone()),
        ("host", "evil.example".to_owned()),
        ("host", format!("evil.example:{port}")),
        ("host", format!("localhost.evil.example:{port}")),
    ] {
        let request = gateway.ask(Method::GET, "/metrics").header(name, &value);
        assert_eq!(answer(request).await.0, 403, "{name}: {value}");
    }
    let by_name = gateway.ask(Method::GET, "/revocations").header("host", format!("localhost:{port}"));
    assert_eq!(answer(by_name).await.0, 200);
    // What a form could send without asking first.
    for media_type in ["application/x-www-form-urlencoded", "text/plain"] {
        let form = gateway.ask(Method::POST, "/revocations").header("content-type", media_type);
        assert_eq!(answer(form.body("{}")).await.0, 415, "{media_type}");
    }
}

#[tokio::test]
async fn what_is_no_order_is_told_so_in_json() {
    let gateway = start(None).await;
    let long = "x".repeat(17 * 1024);
    for (method, path, body, expected) in [
        (Method::GET, "/", "", 404),
        (Method::GET, "/health", "", 404),
        (Method::GET, "/metrics/", "", 404),
        (Method::GET, "/mcp", "", 404),
        (Method::POST, "/metrics", "", 405),
        (Method::PUT, "/revocations", "", 405),
        (Method::GET, "/revocations/1", "", 405),
        (Method::DELETE, "/revocations/1", "", 404),
        (Method::DELETE, "/revocations/x", "", 404),
        (Method::DELETE, "/revocations/", "", 404),
        (Method::DELETE, "/revocations/-1", "", 404),
        (Method::GET, "/revocations?limit=0", "", 400),
        (Method::GET, "/revocations?limit=1001", "", 400),
        (Method::GET, "/revocations?page=2", "", 400),
        (Method::POST, "/revocations", "", 400),
        (Method::POST, "/revocations", &long, 413),
    ] {
        let request = gateway.ask(method.clone(), path).header("content-type", "application/json");
        let (status, body) = answer(request.body(body.to_owned())).await;
        assert_eq!(status, expected, "{method} {path}: {body}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(body["error"].is_string() && body["error_description"].is_string(), "{body}");
    }
    let allowed = gateway.ask(Method::PUT, "/revocations").send().await.unwrap();
    assert_eq!(allowed.headers()["allow"], "GET, POST");
}

/// What is administered is not where clients are.
#[tokio::test]
async fn the_gateway_itself_administers_nothing() {
    let gateway = start(None).await;
    let main = format!("http://{}", gateway.running.address);
    for path in ["/metrics", "/revocations"] {
        let request = gateway.running.client.get(format!("{main}{path}")).bearer_auth(SECRET);
        assert_eq!(request.send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn an_address_that_others_can_dial_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "10.0.0.1:0", "[::ffff:127.0.0.1]:0"] {
        let place = AdminPlace::Loopback(address.parse().unwrap());
        let refused = AdminListener::bind(&place).await.unwrap_err();
        assert!(matches!(refused, AdminListenError::NotLoopback(_)), "{address}: {refused}");
    }
}

/// Whoever says nothing holds a place for ten seconds, not for ever.
#[tokio::test]
async fn silent_connections_give_their_places_back() {
    let gateway = start(None).await;
    let address = gateway.admin.strip_prefix("http://").unwrap();
    let mut silent = Vec::new();
    for _ in 0..16 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    time::pause();
    let answered = gateway.ask(Method::GET, "/metrics").send();
    let answered = time::timeout(Duration::from_secs(60), answered).await.expect("there is room again");
    time::resume();
    assert_eq!(answered.unwrap().status(), 200);
    assert_eq!(silent[0].read(&mut [0; 1]).await.unwrap(), 0);
}

#[cfg(unix)]
mod socket {
    use super::*;
    use portcullis_gateway::{Admin, Denylist, KnownIssuers, serve_admin};
    use portcullis_resource_server::SharedSecret;
    use std::{
        fs,
        os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink},
        path::Path,
    };
    use tokio::net::UnixStream;

    async fn bind(path: &Path) -> Result<AdminListener, AdminListenError> {
        AdminListener::bind(&AdminPlace::Socket(path.to_owned())).await
    }

    async fn asked(path: &Path, secret: &str) -> String {
        let mut stream = UnixStream::connect(path).await.unwrap();
        let request = format!(
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    fn administration(gateway: &Administered) -> Admin {
        let clock = gateway.running.clock.clone();
        let denylist = Denylist::open(None, KnownIssuers::default(), Duration::from_secs(60), clock).unwrap();
        Admin::new(gateway.running.gateway.clone(), denylist, SharedSecret::new(SECRET))
    }

    #[tokio::test]
    async fn a_socket_is_its_owners_only_and_gone_with_its_process() {
        let (folder, gateway) = (tempfile::tempdir().unwrap(), start(None).await);
        let path = folder.path().join("admin.sock");
        let listener = bind(&path).await.unwrap();
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        let serving = tokio::spawn(serve_admin(administration(&gateway), listener));
        assert!(asked(&path, SECRET).await.starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(
            asked(&path, "another-secret").await.starts_with("HTTP/1.1 401 "),
            "the owner's other programs"
        );
        let Err(served) = bind(&path).await else { panic!("it has taken the place of another") };
        assert!(matches!(served, AdminListenError::Served { .. }), "{served}");
        assert!(asked(&path, SECRET).await.starts_with("HTTP/1.1 200 OK\r\n"), "and nothing was taken away");
        serving.abort();
        assert!(serving.await.unwrap_err().is_cancelled());
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        drop(std::os::unix::net::UnixListener::bind(at("left")).unwrap());
        assert!(at("left").exists());
        drop(bind(&at("left")).await.unwrap());
        assert!(!at("left").exists());
        fs::write(at("file"), "precious").unwrap();
        symlink(at("file"), at("link")).unwrap();
        drop(std::os::unix::net::UnixListener::bind(at("elsewhere")).unwrap());
        symlink(at("elsewhere"), at("link to a socket")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for name in ["file", "link", "link to a socket", "folder"] {
            let refused = bind(&at(name)).await.unwrap_err();
            assert!(matches!(refused, AdminListenError::NoSocket { .. }), "{name}: {refused}");
        }
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "precious");
        assert!(bind(&at("nowhere/admin.sock")).await.is_err());
    }

    /// Another process may have taken the name meanwhile.
    #[tokio::test]
    async fn only_the_socket_that_was_made_here_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let listener = bind(&path).await.unwrap();
        let theirs = folder.path().join("theirs");
        fs::write(&theirs, "").unwrap();
        fs::rename(&theirs, &path).unwrap();
        drop(listener);
        assert!(path.exists());
    }
}
