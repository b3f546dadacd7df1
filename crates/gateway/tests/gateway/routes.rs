//! Which resource a path belongs to, where there are several, and where one is a whole host.

use crate::fixture::{Running, json, recorder, run, run_all, settings_at};
use portcullis_gateway::ResourceSettings;
use portcullis_resource_server::Reach;
use serde_json::Value;
use tokio::net::TcpListener;

async fn metadata(gateway: &Running, path: &str) -> (u16, Value) {
    let url = format!("http://{}/.well-known/oauth-protected-resource{path}", gateway.address);
    let answer = gateway.client.get(url).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

/// PRM-04, PRM-05, G-04: each path has its own document; the root has none, since it would be a guess.
#[tokio::test]
async fn two_resources_of_one_host_are_told_apart_by_path() {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let at = |path: &str| ResourceSettings {
        metadata_at_root: false,
        ..settings_at(&format!("{upstream}{path}-inner"), &format!("http://{address}{path}"))
    };
    let gateway = run_all(listener, vec![at("/one"), at("/two")], seen.clone());
    for path in ["/one", "/two"] {
        let (status, document) = metadata(&gateway, path).await;
        assert_eq!((status, &document["resource"]), (200, &format!("http://{address}{path}").into()));
    }
    for path in ["", "/three"] {
        assert_eq!(metadata(&gateway, path).await.0, 404, "{path}");
    }
    // A token of the first, at both.
    let call = |path: &str| {
        let token = gateway.token().claim("aud", format!("http://{address}/one"));
        gateway.call_at(&format!("http://{address}{path}"), &token).send()
    };
    assert_eq!(call("/one").await.unwrap().status(), 200);
    assert_eq!(call("/two").await.unwrap().status(), 401);
    let paths: Vec<_> = seen.lock().unwrap().iter().map(|(head, _)| head.uri.path().to_owned()).collect();
    assert_eq!(paths, ["/one-inner"]);
}

/// The dashboard's Server URL is often a whole host, while the server's endpoint is `/mcp`.
#[tokio::test]
async fn a_whole_host_is_answered_at_the_upstreams_own_path_too() {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let identifier = format!("http://{address}/");
    let gateway = run(listener, settings_at(&format!("{upstream}/mcp"), &identifier), seen.clone());
    for path in ["/", "/mcp", "/mcp/"] {
        let url = format!("http://{address}{path}");
        let nobody = gateway.client.post(&url).body("{}").send().await.unwrap();
        assert_eq!(nobody.status(), 401, "{path}");
        let token = gateway.token().claim("aud", identifier.as_str());
        assert_eq!(gateway.call_at(&url, &token).send().await.unwrap().status(), 200, "{path}");
    }
    for path in ["/other", "/mcp/other", "//"] {
        let answer = gateway.client.post(format!("http://{address}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    assert!(seen.lock().unwrap().iter().all(|(head, _)| head.uri.path() == "/mcp"));
    let (status, document) = metadata(&gateway, "").await;
    assert_eq!((status, &document["resource"]), (200, &identifier.into()));
}

/// Metadata and calls as a client of `host` has them, whatever is in front.
struct Host<'g>(&'g Running, &'g str);

impl Host<'_> {
    async fn metadata(&self, path: &str) -> (u16, Value) {
        let url = format!("http://{}/.well-known/oauth-protected-resource{path}", self.0.address);
        let answer = self.0.client.get(url).header("host", self.1).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    /// The status of a call at `path` with a token for `audience`.
    async fn call(&self, path: &str, audience: &str) -> u16 {
        let token = self.0.token().claim("aud", audience);
        let call = self.0.call_at(&format!("http://{}{path}", self.0.address), &token);
        call.header("host", self.1).send().await.unwrap().status().as_u16()
    }
}

const A: &str = "https://a.example/mcp";
const B: &str = "https://b.example/mcp";
const C: &str = "https://a.example/other/mcp";

/// RS-09, PRM-05, G-04: three servers, two hosts. Each has its own document, tokens and upstream; the root of a host is the
/// only one's, or the named one's.
#[tokio::test]
async fn resources_are_told_apart_by_host_and_path() {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = |identifier: &str, metadata_at_root: bool| ResourceSettings {
        metadata_at_root,
        ..settings_at(&format!("{upstream}/{}", identifier.replace("https://", "")), identifier)
    };
    let gateway = run_all(listener, vec![at(A, true), at(B, true), at(C, false)], seen.clone());
    let (a, b, c) = (Host(&gateway, "a.example"), Host(&gateway, "B.example"), Host(&gateway, "c.example"));
    for (host, path, expected) in [
        (&a, "/mcp", Some(A)),
        (&a, "", Some(A)),
        (&a, "/other/mcp", Some(C)),
        (&b, "/mcp", Some(B)),
        (&b, "", Some(B)),
        (&b, "/other/mcp", None),
        // Under a name that nobody has: what only one can mean.
        (&c, "/other/mcp", Some(C)),
        (&c, "/mcp", None),
        (&c, "", None),
    ] {
        let (status, document) = host.metadata(path).await;
        assert_eq!(document["resource"].as_str(), expected, "{} {path}", host.1);
        assert_eq!(status, if expected.is_some() { 200 } else { 404 }, "{} {path}", host.1);
    }
    for (host, path, audience, expected) in [
        (&a, "/mcp", A, 200),
        (&b, "/mcp", B, 200),
        (&a, "/other/mcp", C, 200),
        (&c, "/other/mcp", C, 200),
        (&a, "/mcp", B, 401),
        (&b, "/mcp", A, 401),
        (&a, "/other/mcp", A, 401),
        (&b, "/other/mcp", C, 404),
        (&c, "/mcp", A, 404),
    ] {
        assert_eq!(
            host.call(path, audience).await,
            expected,
            "{} {path} with a token for {audience}",
            host.1
        );
    }
    let reached: Vec<_> = seen.lock().unwrap().iter().map(|(head, _)| head.uri.path().to_owned()).collect();
    assert_eq!(reached, ["/a.example/mcp", "/b.example/mcp", "/a.example/other/mcp", "/a.example/other/mcp"]);
}

/// TM-02: a host that was added leads to its resource; and where hosts matter, a foreign one is refused, not lost.
#[tokio::test]
async fn an_added_host_leads_to_its_resource() {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = |identifier: &str, host: &str| {
        let settings = settings_at(&upstream, identifier);
        ResourceSettings { reach: Reach::of(&settings.identifier).allow_host(host), ..settings }
    };
    let gateway = run_all(listener, vec![at(A, "a.internal:8080"), at(B, "b.internal")], seen);
    for (host, audience, expected) in [
        ("a.internal:8080", A, 200),
        ("b.internal", B, 200),
        ("b.internal", A, 401),
        ("evil.example", A, 403),
    ] {
        assert_eq!(Host(&gateway, host).call("/mcp", audience).await, expected, "{host}");
    }
}

/// What something in front takes off the path is not on the path of what arrives, and everywhere else it is.
#[tokio::test]
async fn a_prefix_that_is_taken_off_on_the_way_is_known() {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = ResourceSettings { path: "/mcp".into(), ..settings_at(&upstream, C) };
    let gateway = run_all(listener, vec![settings], seen);
    let host = Host(&gateway, "a.example");
    assert_eq!(host.call("/mcp", C).await, 200);
    assert_eq!(host.call("/other/mcp", C).await, 404);
    assert_eq!(host.metadata("/other/mcp").await.1["resource"], C);
    let nobody = gateway.client.post(format!("http://{}/mcp", gateway.address)).send().await.unwrap();
    let challenge = nobody.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(
        challenge.contains("https://a.example/.well-known/oauth-protected-resource/other/mcp"),
        "{challenge}"
    );
}
