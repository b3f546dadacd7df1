//! Which resource a path belongs to, where there are several, and where one is a whole host.

use crate::fixture::{Running, json, recorder, run, run_all, settings_at};
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
    let at = |path: &str| settings_at(&format!("{upstream}{path}-inner"), &format!("http://{address}{path}"));
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
