//! What clients are told of DPoP: by a challenge, by metadata, by a nonce.

use super::{Caller, call, challenges, mode, reached, start, start_as};
use crate::driver::{Driver, for_both_drivers};
use http::Method;
use portcullis_gateway::ResourceSettings;
use portcullis_oauth::Scope;
use portcullis_resource_server::{DefaultRule, DpopMode, DpopSettings, Policy};
use portcullis_testing::Token;
use serde_json::Value;

for_both_drivers!(
    challenges_stand_on_the_wire_as_simple_clients_read_them,
    metadata_says_whether_tokens_are_bound_and_by_what,
    a_page_can_use_nonces_from_the_first_to_the_next,
    a_bound_token_without_a_scope_is_told_which_one
);

/// CH-10, CH-19, CL-10, DP-07: as it is read off the wire, Bearer first, each in a line of its own.
async fn challenges_stand_on_the_wire_as_simple_clients_read_them(driver: Driver) {
    let algorithms = vec!["ES256".parse().unwrap()];
    let gateway = start(driver, DpopSettings { algorithms, ..mode(DpopMode::Supported) }).await;
    let metadata = format!("http://{}/.well-known/oauth-protected-resource/mcp", gateway.address);
    let nobody = gateway.client.post(gateway.url()).send().await.unwrap();
    let about = format!("scope=\"todo:read\", resource_metadata=\"{metadata}\"");
    let expected = [format!("Bearer {about}"), format!("DPoP {about}, algs=\"ES256\"")];
    assert_eq!(challenges(&nobody), expected);
    let alice = Caller::new(&gateway, "alice", &gateway.url());
    let answer = call(&gateway, &alice.url, &format!("DPoP {}", alice.token), &[]).send().await.unwrap();
    let told = challenges(&answer);
    assert_eq!(told[0], expected[0]);
    assert!(
        told[1].starts_with("DPoP error=\"invalid_dpop_proof\", error_description=\"")
            && told[1].ends_with(&format!("{about}, algs=\"ES256\""))
    );
    let required = start(driver, mode(DpopMode::Required)).await;
    let nobody = required.client.post(required.url()).send().await.unwrap();
    assert!(matches!(*challenges(&nobody), [only] if only.starts_with("DPoP scope=")));
}

/// PRM-16: clients read it before they ask.
async fn metadata_says_whether_tokens_are_bound_and_by_what(driver: Driver) {
    for (dpop, algorithms, required) in [
        (DpopMode::Off, None, None),
        (DpopMode::Supported, Some(9), None),
        (DpopMode::Required, Some(9), Some(true)),
    ] {
        let gateway = start(driver, mode(dpop)).await;
        let url = format!("http://{}/.well-known/oauth-protected-resource/mcp", gateway.address);
        let document = gateway.client.get(url).send().await.unwrap().bytes().await.unwrap();
        let document: Value = serde_json::from_slice(&document).unwrap();
        let listed = document.get("dpop_signing_alg_values_supported");
        assert_eq!(listed.map(|list| list.as_array().unwrap().len()), algorithms, "{dpop:?}");
        let is_required = document.get("dpop_bound_access_tokens_required");
        assert_eq!(is_required.map(|value| value.as_bool().unwrap()), required, "{dpop:?}");
    }
}

/// DP-08, CH-22: a page is given a nonce, uses it, and is given the next with an answer before it needs one.
async fn a_page_can_use_nonces_from_the_first_to_the_next(driver: Driver) {
    let gateway = start(driver, DpopSettings { nonce: true, ..mode(DpopMode::Required) }).await;
    let alice = Caller::new(&gateway, "alice", &gateway.url());
    let asked =
        gateway.client.request(Method::OPTIONS, gateway.url()).header("origin", "https://app.example");
    let asked = asked.header("access-control-request-method", "POST").send().await.unwrap();
    assert!(asked.headers()["access-control-allow-headers"].to_str().unwrap().contains("DPoP"));
    let send = |proof: Token| {
        let proof = proof.sign(&alice.key);
        let call = call(&gateway, &alice.url, &format!("DPoP {}", alice.token), &[&proof]);
        call.header("origin", "https://app.example").send()
    };
    let nonce_of = |answer: &reqwest::Response| {
        assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("DPoP-Nonce"));
        answer.headers().get("dpop-nonce").map(|value| value.to_str().unwrap().to_owned())
    };
    let first = send(alice.proof(&gateway)).await.unwrap();
    assert_eq!(first.status(), 401);
    assert!(challenges(&first)[0].starts_with("DPoP error=\"use_dpop_nonce\""));
    let nonce = nonce_of(&first).unwrap();
    let with = |nonce: &str| send(alice.proof(&gateway).claim("nonce", nonce));
    let second = with(&nonce).await.unwrap();
    assert_eq!((second.status().as_u16(), nonce_of(&second)), (200, None));
    gateway.clock.advance(300);
    let third = with(&nonce).await.unwrap();
    assert_eq!(third.status(), 200);
    let next = nonce_of(&third).unwrap();
    gateway.clock.advance(299);
    assert_eq!(with(&next).await.unwrap().status(), 200);
    gateway.clock.advance(1);
    assert_eq!(with(&nonce).await.unwrap().status(), 401, "the first has died");
    assert_eq!(reached(&gateway), 3);
}

/// CH-13, DP-07: whoever lacks a scope is told so under the scheme it came with; nobody who is bound loses step-up.
async fn a_bound_token_without_a_scope_is_told_which_one(driver: Driver) {
    let policy = Policy::new(DefaultRule::Refuse).tool("list_todos", Scope::parse("todo:admin").unwrap());
    let change = |settings: &mut ResourceSettings| {
        (settings.dpop, settings.policy) = (mode(DpopMode::Required), policy);
    };
    let gateway = start_as(driver, change).await;
    let alice = Caller::new(&gateway, "alice", &gateway.url());
    let call = call(&gateway, &alice.url, &format!("DPoP {}", alice.token), &[&alice.signed(&gateway)]);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status(), 403);
    let told = challenges(&answer);
    assert!(
        told[0].starts_with("DPoP error=\"insufficient_scope\"") && told[0].contains("scope=\"todo:admin\"")
    );
}
