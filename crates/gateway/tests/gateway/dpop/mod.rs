//! Tokens bound to keys, over the wire: whoever tries to use one wrongly never reaches the upstream.

mod places;
mod told;

use crate::{
    driver::{Behind, Driver, for_both_drivers},
    fixture::{CALL, Running, json},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use portcullis_gateway::ResourceSettings;
use portcullis_oauth::Clock as _;
use portcullis_resource_server::{DpopMode, DpopSettings};
use portcullis_testing::{TestKey, Token, thumbprint};
use serde_json::{Value, json as value};

for_both_drivers!(
    a_bound_call_crosses_and_neither_token_nor_proof_goes_up,
    nobody_gets_through_under_the_other_scheme,
    a_wrong_proof_never_reaches_the_upstream,
    a_proof_for_one_method_is_none_for_the_next,
    a_proof_is_used_once_however_close_together,
    two_users_who_swap_tokens_or_proofs_get_nowhere
);

/// A resource at `/mcp` of its own address that uses DPoP like this.
async fn start(driver: Driver, dpop: DpopSettings) -> Running {
    start_as(driver, |settings| settings.dpop = dpop).await
}

/// What `change` makes of the usual resource.
async fn start_as(driver: Driver, change: impl FnOnce(&mut ResourceSettings)) -> Running {
    let behind = Behind::recording(|_| async {
        let mut answer = json(200, "{}");
        answer.headers_mut().insert("dpop-nonce", "the-upstreams".parse().unwrap());
        answer
    });
    driver.changed(behind.await, change).await
}

fn mode(mode: DpopMode) -> DpopSettings {
    DpopSettings { mode, ..DpopSettings::default() }
}

/// Somebody with a key, and a token for one resource that is bound to it.
struct Caller {
    key: TestKey,
    token: String,
    url: String,
}

impl Caller {
    fn new(gateway: &Running, subject: &str, url: &str) -> Self {
        let key = TestKey::p256();
        let token = gateway.token().claim("aud", url).claim("sub", subject);
        Self { token: token.bound_to(&key).sign(&TestKey::rsa()), key, url: url.to_owned() }
    }

    fn proof(&self, gateway: &Running) -> Token {
        Token::proof(&self.key, &self.url, &self.token, gateway.clock.now())
    }

    fn signed(&self, gateway: &Running) -> String {
        self.proof(gateway).sign(&self.key)
    }
}

fn call(gateway: &Running, url: &str, authorization: &str, proofs: &[&str]) -> reqwest::RequestBuilder {
    let call = gateway.client.post(url).header("authorization", authorization);
    let call = call.header("content-type", "application/json").body(CALL);
    proofs.iter().fold(call, |call, proof| call.header("dpop", *proof))
}

/// Status and the `error` of the body.
async fn told(call: reqwest::RequestBuilder) -> (u16, String) {
    let answer = call.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    (status, body["error"].as_str().unwrap_or_default().to_owned())
}

fn challenges(answer: &reqwest::Response) -> Vec<&str> {
    answer.headers().get_all("www-authenticate").iter().map(|value| value.to_str().unwrap()).collect()
}

fn reached(gateway: &Running) -> usize {
    gateway.seen.lock().unwrap().len()
}

/// DP-01, DP-13, RS-12: a bound call goes through, and what it was bound by stays here, as the upstream's nonce does.
async fn a_bound_call_crosses_and_neither_token_nor_proof_goes_up(driver: Driver) {
    let gateway = start(driver, mode(DpopMode::Required)).await;
    let alice = Caller::new(&gateway, "alice", &gateway.url());
    let call = call(&gateway, &alice.url, &format!("DPoP {}", alice.token), &[&alice.signed(&gateway)]);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("dpop-nonce"));
    assert_eq!(gateway.audited().pop().unwrap()["sub"], "alice");
    let (head, _) = gateway.seen.lock().unwrap().remove(0);
    for name in ["authorization", "dpop"] {
        assert!(!head.headers.contains_key(name), "{name}");
    }
}

/// DP-06, CH-19: neither way down: a bound token is no bearer token, and a bearer token is no bound one.
async fn nobody_gets_through_under_the_other_scheme(driver: Driver) {
    for dpop in [DpopMode::Off, DpopMode::Supported, DpopMode::Required] {
        let gateway = start(driver, mode(dpop)).await;
        let alice = Caller::new(&gateway, "alice", &gateway.url());
        let as_bearer = call(&gateway, &alice.url, &format!("Bearer {}", alice.token), &[]);
        assert_eq!(told(as_bearer).await, (401, "invalid_token".into()), "{dpop:?}");
        let plain = gateway.signed();
        let proof = Token::proof(&alice.key, &alice.url, &plain, gateway.clock.now()).sign(&alice.key);
        let as_dpop = call(&gateway, &alice.url, &format!("DPoP {plain}"), &[&proof]);
        let error = if dpop == DpopMode::Off { "unauthorized" } else { "invalid_token" };
        assert_eq!(told(as_dpop).await, (401, error.into()), "{dpop:?}");
        assert_eq!(reached(&gateway), 0, "{dpop:?}");
    }
}

/// DP-02, DP-04, DP-05: what is wrong about a proof ends here, and says so.
async fn a_wrong_proof_never_reaches_the_upstream(driver: Driver) {
    let gateway = start(driver, mode(DpopMode::Supported)).await;
    let alice = Caller::new(&gateway, "alice", &gateway.url());
    let (key, now) = (&alice.key, gateway.clock.now().0);
    let proof = || alice.proof(&gateway);
    let good = alice.signed(&gateway);
    let mut private = key.public_jwk();
    private["d"] = "AAAA".into();
    for (name, proofs) in [
        ("none", vec![]),
        ("two headers", vec![good.clone(), alice.signed(&gateway)]),
        ("two in one header", vec![format!("{good},{}", alice.signed(&gateway))]),
        ("alg none", vec![format!("{}.", proof().header("alg", "none").signing_input())]),
        ("a symmetric algorithm", vec![format!("{}.AAAA", proof().header("alg", "HS256").signing_input())]),
        ("a private key", vec![proof().header("jwk", private).sign(key)]),
        ("a huge jti", vec![proof().claim("jti", "j".repeat(4096)).sign(key)]),
        ("huge", vec![proof().claim("x", "j".repeat(12_000)).sign(key)]),
        ("another method", vec![proof().claim("htm", "GET").sign(key)]),
        ("another place", vec![proof().claim("htu", "https://mcp.example.com/mcp").sign(key)]),
        ("a clock that is behind", vec![proof().claim("iat", now - 301).sign(key)]),
        ("a clock that is ahead", vec![proof().claim("iat", now + 301).sign(key)]),
        ("another token", vec![proof().claim("ath", "x").sign(key)]),
        ("somebody else's signature", vec![proof().sign(&TestKey::p256())]),
        ("an access token", vec![alice.token.clone()]),
    ] {
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        let wrong = call(&gateway, &alice.url, &format!("DPoP {}", alice.token), &proofs);
        assert_eq!(told(wrong).await, (401, "invalid_dpop_proof".into()), "{name}");
    }
    assert_eq!(reached(&gateway), 0);
    // A token may be bound to a key that is none.
    let jwk = value!({ "kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xff; 128]) });
    let weak = gateway.token().claim("cnf", value!({ "jkt": thumbprint(&jwk) })).sign(&TestKey::rsa());
    let proof = Token::proof(&TestKey::rsa(), &alice.url, &weak, gateway.clock.now()).header("jwk", jwk);
    let weak = call(&gateway, &alice.url, &format!("DPoP {weak}"), &[&proof.sign(&TestKey::rsa())]);
    assert_eq!(told(weak).await, (401, "invalid_dpop_proof".into()));
    assert_eq!(reached(&gateway), 0);
}

/// DP-02: the method is the request's.
async fn a_proof_for_one_method_is_none_for_the_next(driver: Driver) {
    let gateway = start(driver, mode(DpopMode::Required)).await;
    let alice = Caller::new(&gateway, "alice", &gateway.url());
    for (method, htm, status) in [
        (Method::GET, "POST", 401),
        (Method::DELETE, "POST", 401),
        (Method::GET, "GET", 200),
        (Method::DELETE, "DELETE", 200),
    ] {
        let proof = alice.proof(&gateway).claim("htm", htm).sign(&alice.key);
        let call = gateway.client.request(method.clone(), &alice.url).header("dpop", proof);
        let call = call.header("authorization", format!("DPoP {}", alice.token));
        assert_eq!(call.send().await.unwrap().status(), status, "{method} with a proof for {htm}");
    }
}

/// DP-05: a proof is used once, also by two at a time.
async fn a_proof_is_used_once_however_close_together(driver: Driver) {
    let gateway = start(driver, mode(DpopMode::Required)).await;
    let alice = Caller::new(&gateway, "alice", &gateway.url());
    let authorization = format!("DPoP {}", alice.token);
    for round in 1..=20 {
        let proof = alice.signed(&gateway);
        let attempt = || told(call(&gateway, &alice.url, &authorization, &[&proof]));
        let answers = tokio::join!(attempt(), attempt(), attempt(), attempt());
        let mut statuses = [answers.0.0, answers.1.0, answers.2.0, answers.3.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401, 401], "{round}");
        assert_eq!(
            told(call(&gateway, &alice.url, &authorization, &[&proof])).await.0,
            401,
            "{round}, later"
        );
        assert_eq!(reached(&gateway), round);
    }
}

/// DP-02: nobody's token with one's own proof, nor one's own token with somebody's proof.
async fn two_users_who_swap_tokens_or_proofs_get_nowhere(driver: Driver) {
    let gateway = start(driver, mode(DpopMode::Supported)).await;
    let url = gateway.url();
    let (alice, mallory) = (Caller::new(&gateway, "alice", &url), Caller::new(&gateway, "mallory", &url));
    let made = Token::proof(&mallory.key, &url, &alice.token, gateway.clock.now()).sign(&mallory.key);
    for (token, proof, error) in [
        (&alice.token, mallory.signed(&gateway), "invalid_dpop_proof"),
        (&mallory.token, alice.signed(&gateway), "invalid_dpop_proof"),
        (&alice.token, made, "invalid_token"),
    ] {
        let swapped = call(&gateway, &url, &format!("DPoP {token}"), &[&proof]);
        assert_eq!(told(swapped).await, (401, error.into()));
    }
    assert_eq!(reached(&gateway), 0);
}
