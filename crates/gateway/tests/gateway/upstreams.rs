//! Upstreams that fail or lie.

use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{before, json, run, settings_at, start},
};
use axum::response::Response;
use portcullis_gateway::{ResourceSettings, UpstreamLimits};
use std::sync::{Arc, Mutex};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{self, Instant},
};

for_both_drivers!(a_servers_own_challenge_nonce_and_cors_end_here);

async fn error_of(answer: reqwest::Response) -> serde_json::Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// A client drops its session at any 401, so the upstream's own never reaches it; nor do its challenge, cookies, place to
/// go, or CORS (CH-21).
#[tokio::test]
async fn an_upstreams_own_401_or_redirect_is_502() {
    for status in [401, 407, 301, 307] {
        let gateway = start(move |_| async move {
            Response::builder()
                .status(status)
                .header("www-authenticate", "Basic realm=\"inner\"")
                .header("location", "http://127.0.0.1:1/inner/")
                .header("set-cookie", "a=b")
                .body(axum::body::Body::empty())
                .unwrap()
        })
        .await;
        let answer = gateway.call().send().await.unwrap();
        assert_eq!(answer.status(), 502, "{status}");
        for name in ["www-authenticate", "location", "set-cookie"] {
            assert!(!answer.headers().contains_key(name), "{status}: {name}");
        }
        let body = error_of(answer).await;
        assert_eq!(
            (body["error"]["code"].as_i64(), body["id"].as_i64()),
            (Some(-32603), Some(1)),
            "{status}"
        );
    }
}

/// RS-13, CH-21: what an upstream wants of its own clients is not for ours.
#[tokio::test]
async fn foreign_headers_of_a_good_answer_end_here() {
    let gateway = start(|_| async {
        let mut answer = json(200, "{}");
        for (name, value) in [
            ("www-authenticate", "Basic"),
            ("authentication-info", "nextnonce=x"),
            ("set-cookie", "a=b"),
            ("refresh", "0; url=https://evil.example"),
            ("access-control-allow-origin", "*"),
            ("access-control-allow-credentials", "true"),
        ] {
            answer.headers_mut().insert(name, value.parse().unwrap());
        }
        answer
    })
    .await;
    let answer = gateway.call().header("origin", "https://app.example").send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example");
    for name in [
        "www-authenticate",
        "authentication-info",
        "set-cookie",
        "refresh",
        "access-control-allow-credentials",
    ] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
}

/// CH-21: whose challenges, nonces and pages they are is decided by the line alone.
async fn a_servers_own_challenge_nonce_and_cors_end_here(driver: Driver) {
    let gateway = driver
        .start(|_| async {
            let mut answer = json(200, "{}");
            for (name, value) in [
                ("www-authenticate", "Basic"),
                ("dpop-nonce", "x"),
                ("access-control-allow-origin", "*"),
                ("access-control-allow-credentials", "true"),
            ] {
                answer.headers_mut().insert(name, value.parse().unwrap());
            }
            answer
        })
        .await;
    for origin in [None, Some("https://app.example")] {
        let call = origin.into_iter().fold(gateway.call(), |call, origin| call.header("origin", origin));
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let allowed = answer.headers().get("access-control-allow-origin");
        assert_eq!(allowed.map(|value| value.to_str().unwrap()), origin);
        for name in ["www-authenticate", "dpop-nonce", "access-control-allow-credentials"] {
            assert!(!answer.headers().contains_key(name), "{name}");
        }
    }
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_502() {
    // Port 1 of loopback: nobody listens.
    let gateway = before("http://127.0.0.1:1/mcp", Arc::new(Mutex::new(Vec::new()))).await;
    let answer = gateway.call().send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert_eq!(error_of(answer).await["error"]["code"], -32603);
}

#[tokio::test]
async fn an_upstream_that_never_answers_is_504() {
    let gateway = start(|_| std::future::pending::<Response>()).await;
    assert_eq!(gateway.call().send().await.unwrap().status(), 504);
}

/// An upstream whose queue is full answers nobody who dials: the connect time, not the tool's, decides.
#[tokio::test]
async fn an_upstream_that_takes_no_connection_is_502_after_the_connect_time() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // More than fit in: those that do not are never answered.
    let dial = |_| TcpStream::connect(address);
    let dialled: Vec<_> = (0..8).map(dial).map(Box::pin).collect();
    let dialling = tokio::spawn(futures_util::future::join_all(dialled));
    let inwards = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identifier = format!("http://{}/mcp", inwards.local_addr().unwrap());
    let settings = settings_at(&format!("http://{address}/mcp"), &identifier);
    let settings = ResourceSettings { upstream_limits: UpstreamLimits::default(), ..settings };
    let gateway = run(inwards, settings, Default::default());
    // The issuer's keys and the connection in are there before time stands still.
    let health = gateway.client.get(format!("http://{}/health", gateway.address));
    assert_eq!(health.send().await.unwrap().status(), 200);
    time::pause();
    let start = Instant::now();
    let answer = gateway.call().send().await.unwrap();
    time::resume();
    assert_eq!(answer.status(), 502);
    assert!((5..3600).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(error_of(answer).await["id"], 1);
    dialling.abort();
}
