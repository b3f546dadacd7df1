//! For which URL a proof is: the published one, whatever arrives.

use super::{Caller, call, mode, reached, start_as, told};
use crate::{
    driver::{Driver, for_both_drivers},
    fixture::{json, recorder, run_all, settings_at},
};
use portcullis_gateway::ResourceSettings;
use portcullis_oauth::Clock as _;
use portcullis_resource_server::DpopMode;
use portcullis_testing::{TestKey, Token};
use serde_json::json as value;
use tokio::net::TcpListener;

for_both_drivers!(a_proof_names_the_public_url_and_no_header_changes_it);

/// DP-02, DP-14: a proof for a sibling on the same host is none here, though the token is for both.
#[tokio::test]
async fn a_proof_for_a_sibling_of_the_same_host_is_refused() {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let at = |path: &str| ResourceSettings {
        dpop: mode(DpopMode::Required),
        metadata_at_root: false,
        ..settings_at(&upstream, &format!("http://{address}{path}"))
    };
    let gateway = run_all(listener, vec![at("/one"), at("/two")], seen);
    let (one, two) = (format!("http://{address}/one"), format!("http://{address}/two"));
    let key = TestKey::p256();
    let token = gateway.token().claim("aud", value!([one, two])).bound_to(&key).sign(&TestKey::rsa());
    let authorization = format!("DPoP {token}");
    let proof = || Token::proof(&key, &one, &token, gateway.clock.now()).sign(&key);
    assert_eq!(told(call(&gateway, &two, &authorization, &[&proof()])).await.1, "invalid_dpop_proof");
    assert_eq!(reached(&gateway), 0);
    assert_eq!(told(call(&gateway, &one, &authorization, &[&proof()])).await.0, 200);
}

/// DP-02, DP-03: a proof is for the URL that is published, whatever Host, forwarding headers or the path say.
async fn a_proof_names_the_public_url_and_no_header_changes_it(driver: Driver) {
    let public = "https://mcp.example.com/todo/mcp";
    let change = |settings: &mut ResourceSettings| {
        // Something in front takes `/todo` off.
        *settings = ResourceSettings {
            dpop: mode(DpopMode::Required),
            path: "/mcp".into(),
            ..settings_at(settings.upstream.as_str(), public)
        };
    };
    let gateway = start_as(driver, change).await;
    let arrives_at = gateway.url();
    let alice = Caller::new(&gateway, "alice", public);
    let send = |htu: &str| {
        let proof = alice.proof(&gateway).claim("htu", htu).sign(&alice.key);
        call(&gateway, &arrives_at, &format!("DPoP {}", alice.token), &[&proof])
    };
    for htu in [public, "https://MCP.example.com:443/todo/mcp/", "https://mcp.example.com/todo/mcp?query=1"] {
        assert_eq!(told(send(htu)).await.0, 200, "{htu}");
    }
    for htu in [&*arrives_at, "https://mcp.example.com/mcp", "http://mcp.example.com/todo/mcp"] {
        assert_eq!(told(send(htu)).await.1, "invalid_dpop_proof", "{htu}");
    }
    let evil = "https://evil.example/mcp";
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
    ] {
        assert_eq!(told(send(evil).header(name, value)).await.1, "invalid_dpop_proof", "{name}");
        assert_eq!(told(send(public).header(name, value)).await.0, 200, "{name}");
    }
}

/// DP-02: a whole host is dialled at its upstream's path too, and a proof says which URL was dialled.
#[tokio::test]
async fn a_proof_for_a_whole_host_may_name_either_of_its_urls() {
    let change = |settings: &mut ResourceSettings| {
        let host = settings.identifier.as_str().strip_suffix("mcp").unwrap();
        *settings = ResourceSettings {
            dpop: mode(DpopMode::Required),
            ..settings_at(settings.upstream.as_str(), host)
        };
    };
    let gateway = start_as(Driver::InFront, change).await;
    let host = format!("http://{}/", gateway.address);
    let alice = Caller::new(&gateway, "alice", &host);
    for (htu, status) in [("", 200), ("inner", 200), ("inner/", 200), ("other", 401), ("inner/other", 401)] {
        let url = format!("{host}inner");
        let proof = alice.proof(&gateway).claim("htu", format!("{host}{htu}")).sign(&alice.key);
        let call = call(&gateway, &url, &format!("DPoP {}", alice.token), &[&proof]);
        assert_eq!(told(call).await.0, status, "{htu}");
    }
}
