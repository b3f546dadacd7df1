//! What the upstream is told by choice, and that a client can neither say it in our place nor learn it, nor see its own token
//! go where it was not meant to.

use crate::fixture::{CALL, Running, Seen, json, recorder, run, run_all, settings_at};
use http::{HeaderMap, HeaderName, header};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use portcullis_gateway::{FixedCredential, Forwarding, ResourceSettings, SignedIdentity};
use portcullis_resource_server::{
    Algorithm, ClientTokens, IDENTITY_TYP, IdentityKey, IdentityRules, MAX_IDENTITY_TOKEN_BYTES,
};
use portcullis_testing::Token;
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use tokio::{net::TcpListener, task::JoinSet};

const KEYS: &str = "/.well-known/portcullis/jwks.json";
const IDENTITY: &str = "x-portcullis-identity";
const SECRET: &str = "an-upstream-credential-of-ours";

fn signed(header: &'static str, key: &Arc<IdentityKey>) -> SignedIdentity {
    let header = HeaderName::from_static(header);
    SignedIdentity {
        rules: IdentityRules {
            issuer: "https://mcp.example.com/mcp".into(),
            audience: "todo".into(),
            lifetime: 60,
            claims: vec!["email".into()],
            single_use: false,
            as_bearer: header == header::AUTHORIZATION,
        },
        header,
        key: key.clone(),
        also_published: Vec::new(),
    }
}

fn key(algorithm: Algorithm) -> Arc<IdentityKey> {
    Arc::new(IdentityKey::generate(algorithm).unwrap())
}

fn identity(header: &'static str) -> Forwarding {
    Forwarding { identity: Some(signed(header, &key(Algorithm::Es256))), ..Forwarding::default() }
}

fn credential(header: HeaderName, scheme: Option<&str>) -> Forwarding {
    portcullis_testing::secret(SECRET);
    Forwarding { credential: FixedCredential::new(header, scheme, SECRET), ..Forwarding::default() }
}

/// A gateway whose upstream is told this.
async fn telling(forward: Forwarding) -> Running {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings =
        settings_at(&format!("{upstream}/inner"), &format!("http://{}/mcp", listener.local_addr().unwrap()));
    run(listener, ResourceSettings { forward, ..settings }, seen)
}

async fn published(gateway: &Running) -> JwkSet {
    let answer = gateway.client.get(format!("http://{}{KEYS}", gateway.address)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// As an upstream verifies it: by the published keys, and by nothing else. The test's clock is ahead of the machine's.
fn verified(
    keys: &JwkSet,
    token: &str,
    audience: &str,
) -> jsonwebtoken::errors::Result<BTreeMap<String, Value>> {
    let head = decode_header(token)?;
    assert_eq!(head.typ.as_deref(), Some(IDENTITY_TYP));
    let jwk = keys.find(head.kid.as_deref().unwrap()).unwrap();
    // The key says what signs, not the token.
    let algorithm = jwk.common.key_algorithm.unwrap().to_string().parse()?;
    let mut rules = Validation::new(algorithm);
    rules.set_audience(&[audience]);
    rules.set_issuer(&["https://mcp.example.com/mcp"]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    decode(token, &DecodingKey::from_jwk(jwk)?, &rules).map(|it| it.claims)
}

fn heads(seen: &Seen) -> Vec<HeaderMap> {
    seen.lock().unwrap().iter().map(|(head, _)| head.headers.clone()).collect()
}

fn all<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

/// Whether anything of this token is in anything that reached the upstream.
fn reached(seen: &Seen, token: &str) -> Vec<String> {
    let parts: Vec<_> = token.split('.').filter(|part| part.len() > 16).skip(1).collect();
    assert_eq!(parts.len(), 2, "claims and signature");
    let mut found = Vec::new();
    for (head, body) in seen.lock().unwrap().iter() {
        let mut texts = vec![("uri".to_owned(), head.uri.to_string()), ("body".to_owned(), body.clone())];
        for (name, value) in &head.headers {
            texts.push((name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        }
        let hits = texts.into_iter().filter(|(_, text)| parts.iter().any(|part| text.contains(part)));
        found.extend(hits.map(|(place, _)| place));
    }
    found
}

/// RS-25: with each kind of key, the upstream can tell who calls, for whom the token is, and who vouches for it.
#[tokio::test]
async fn the_upstream_verifies_who_calls_with_the_published_keys() {
    for (algorithm, header) in [(Algorithm::Es256, IDENTITY), (Algorithm::EdDsa, "authorization")] {
        let forward = Forwarding { identity: Some(signed(header, &key(algorithm))), ..Forwarding::default() };
        let gateway = telling(forward).await;
        let token =
            gateway.token().claim("email", "ada@example.com").claim("role", "admin").claim("tenant", "acme");
        assert_eq!(gateway.call_at(&gateway.url(), &token).send().await.unwrap().status(), 200);
        let head = heads(&gateway.seen).remove(0);
        let [value] = all(&head, header)[..] else { panic!("{head:?}") };
        let value = value.strip_prefix("Bearer ").unwrap_or(value);
        portcullis_testing::secret(value);
        let keys = published(&gateway).await;
        let claims = verified(&keys, value, "todo").unwrap();
        for (name, expected) in [
            ("iss", "https://mcp.example.com/mcp"),
            ("aud", "todo"),
            ("sub", "user-1"),
            ("orig_iss", "https://issuer.example"),
            ("client_id", "client-1"),
            ("scope", "todo:read"),
            ("tenant", "acme"),
            ("email", "ada@example.com"),
        ] {
            assert_eq!(claims[name], expected, "{name}");
        }
        assert!(!claims.contains_key("role"), "what nobody chose is not told");
        let (iat, exp) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
        assert_eq!(exp - iat, 60);
        assert!(verified(&keys, value, "another upstream").is_err());
        assert!(verified(&keys, &value[..value.len() - 4], "todo").is_err());
    }
}

/// RS-25: tokens are sent again for the same access token, and never for another, however callers come together.
#[tokio::test]
async fn nobody_is_told_to_be_somebody_else() {
    let gateway = telling(identity(IDENTITY)).await;
    let users = ["ada", "bob", "eve"];
    let tokens: Vec<Token> = users.iter().map(|user| gateway.token().claim("sub", *user)).collect();
    let mut calls = JoinSet::new();
    for number in 0..150 {
        let body = CALL.replace("\"id\":1", &format!("\"id\":\"{}\"", users[number % 3]));
        let call = gateway.call_at(&gateway.url(), &tokens[number % 3]).body(body);
        calls.spawn(async move { call.send().await.unwrap().status() });
    }
    while let Some(status) = calls.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    let keys = published(&gateway).await;
    let mut jtis = BTreeMap::<String, usize>::new();
    for (head, body) in gateway.seen.lock().unwrap().iter() {
        let claims = verified(&keys, head.headers[IDENTITY].to_str().unwrap(), "todo").unwrap();
        let asked: Value = serde_json::from_str(body).unwrap();
        assert_eq!(claims["sub"], asked["id"], "the caller's own");
        *jtis.entry(claims["jti"].to_string()).or_default() += 1;
    }
    // Those who came at once may have had one each; nobody has one for each of fifty calls.
    assert!(jtis.len() < 75 && jtis.values().sum::<usize>() == 150, "{jtis:?}");
}

/// RS-24: under every spelling, in every mode, whether the header is in use or not.
#[tokio::test]
async fn a_client_says_nothing_under_our_names() {
    let allowed = vec![HeaderName::from_static("x-tenant-hint")];
    for forward in [
        Forwarding::default(),
        Forwarding { allowed_headers: allowed, ..identity(IDENTITY) },
        identity("authorization"),
        credential(HeaderName::from_static("x-api-key"), None),
    ] {
        let (ours, name) = (format!("{forward:?}"), forward.identity.as_ref().map(|it| it.header.clone()));
        let gateway = telling(forward).await;
        let mut call = gateway.call().header("connection", "x-portcullis-identity, x-api-key");
        for name in
            [IDENTITY, "x_portcullis_identity", "X-Portcullis_Identity", "x-api-key", "X_API_KEY", "x-user"]
        {
            call = call.header(name, "made up");
        }
        let call = call.header("proxy-authorization", "made up").header("x_tenant_hint", "made up");
        assert_eq!(call.send().await.unwrap().status(), 200);
        for head in heads(&gateway.seen) {
            assert!(!head.values().any(|value| value == "made up"), "{ours}: {head:?}");
            if let Some(name) = &name {
                assert_eq!(head.get_all(name).iter().count(), 1, "{ours}");
            }
        }
    }
}

/// RS-11, RS-12: in no header, not in the query, not in the body.
#[tokio::test]
async fn the_clients_token_is_nowhere_upstream_but_by_its_dangerous_name() {
    let facts = settings_at("http://127.0.0.1:1/", "http://127.0.0.1:2/mcp").forward;
    let allowed = vec![HeaderName::from_static("x-tenant-hint")];
    let dangerous = Forwarding { client_tokens: ClientTokens::DangerouslyGoOn, ..Forwarding::default() };
    for (mode, forward, expected) in [
        ("nothing", Forwarding::default(), &[][..]),
        ("facts", facts, &[]),
        ("an identity token", identity(IDENTITY), &[]),
        ("an identity token as bearer", identity("authorization"), &[]),
        ("a credential", credential(header::AUTHORIZATION, Some("Bearer")), &[]),
        ("a credential elsewhere", credential(HeaderName::from_static("x-api-key"), None), &[]),
        ("more headers", Forwarding { allowed_headers: allowed, ..Forwarding::default() }, &[]),
        ("the client's token", dangerous, &["authorization"; 3]),
    ] {
        let gateway = telling(forward).await;
        let token = gateway.signed();
        for method in [Method::POST, Method::GET, Method::DELETE] {
            let call = gateway
                .client
                .request(
                    method.clone(),
                    format!("{}?access_token={token}&%61ccess_token={token}", gateway.url()),
                )
                .header("authorization", format!("bearer  {token}"))
                .header("content-type", "application/json")
                .header("cookie", format!("token={token}"))
                .header("x-forwarded-access-token", &token)
                .header("x-auth-token", &token)
                .body(if method == Method::POST { CALL } else { "" });
            assert_eq!(call.send().await.unwrap().status(), 200, "{mode}: {method}");
        }
        assert_eq!(heads(&gateway.seen).len(), 3, "{mode}");
        assert_eq!(reached(&gateway.seen, &token), expected, "{mode}");
        if !expected.is_empty() {
            for head in heads(&gateway.seen) {
                assert_eq!(all(&head, "authorization"), [format!("Bearer {token}")], "{mode}");
            }
        }
    }
}

/// RS-13: the upstream gets it; the client, and whoever reads what prints, does not.
#[tokio::test]
async fn a_credential_reaches_the_upstream_and_nobody_else() {
    for (header, scheme, expected) in [
        (header::AUTHORIZATION, Some("Bearer"), format!("Bearer {SECRET}")),
        (HeaderName::from_static("x-api-key"), None, SECRET.to_owned()),
    ] {
        let forward = credential(header.clone(), scheme);
        assert!(!format!("{forward:?}").contains(SECRET));
        let gateway = telling(forward).await;
        let answer = gateway.call().header(&header, "Bearer x").send().await;
        // Two `Authorization` headers are two tokens, which is refused before.
        let expected_status = if header == header::AUTHORIZATION { 400 } else { 200 };
        assert_eq!(answer.unwrap().status(), expected_status);
        let answer = gateway.call().send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(!format!("{:?}", answer.headers()).contains(SECRET));
        assert!(!answer.text().await.unwrap().contains(SECRET));
        for head in heads(&gateway.seen) {
            assert_eq!(all(&head, header.as_str()), [expected.as_str()]);
        }
    }
}

/// Pattern C: a list of headers that clients may send on, exactly those, and only between the ends.
#[tokio::test]
async fn allowed_headers_go_up_and_no_others() {
    let allowed_headers = vec![HeaderName::from_static("x-tenant-hint"), HeaderName::from_static("x-locale")];
    let gateway = telling(Forwarding { allowed_headers, ..Forwarding::default() }).await;
    let call = gateway
        .call()
        .header("X-Tenant-Hint", "acme")
        .header("x_tenant_hint", "evil")
        .header("x-tenant", "evil")
        .header("x-locale", "de")
        .header("connection", "x-locale");
    assert_eq!(call.send().await.unwrap().status(), 200);
    let head = heads(&gateway.seen).remove(0);
    assert_eq!(all(&head, "x-tenant-hint"), ["acme"]);
    for absent in ["x_tenant_hint", "x-tenant", "x-locale", "authorization"] {
        assert!(!head.contains_key(absent), "{absent}");
    }
}

/// RS-25: an identity token is good for nobody but its upstream, not even here.
#[tokio::test]
async fn an_identity_token_is_no_access_token() {
    let gateway = telling(identity(IDENTITY)).await;
    gateway.call().send().await.unwrap();
    let stolen = heads(&gateway.seen).remove(0)[IDENTITY].to_str().unwrap().to_owned();
    let call =
        gateway.client.post(gateway.url()).bearer_auth(stolen).header("content-type", "application/json");
    assert_eq!(call.body(CALL).send().await.unwrap().status(), 401);
    assert_eq!(heads(&gateway.seen).len(), 1);
}

/// Nothing goes up that the upstream could not tell the caller of.
#[tokio::test]
async fn a_caller_that_cannot_be_told_does_not_go_up() {
    let gateway = telling(identity(IDENTITY)).await;
    let token = gateway.token().claim("email", "a".repeat(MAX_IDENTITY_TOKEN_BYTES));
    let answer = gateway.call_at(&gateway.url(), &token).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!((&body["error"]["code"], &body["id"]), (&json!(-32603), &json!(1)));
    assert!(heads(&gateway.seen).is_empty());
}

/// The keys of every resource, each once, those that no longer sign too, and nothing private; for any page to read.
#[tokio::test]
async fn the_keys_are_published_where_they_are_used() {
    let (upstream, seen) = recorder(|_| async { json(200, "{}") }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (shared, old) = (key(Algorithm::Es256), key(Algorithm::EdDsa));
    let resource = |path: &str, identity: Option<SignedIdentity>| {
        let settings = settings_at(&upstream, &format!("http://{}{path}", listener.local_addr().unwrap()));
        let forward = Forwarding { identity, ..Forwarding::default() };
        ResourceSettings { forward, metadata_at_root: false, ..settings }
    };
    let rotated =
        SignedIdentity { also_published: vec![old.published().clone()], ..signed(IDENTITY, &shared) };
    let all = vec![
        resource("/a", Some(signed(IDENTITY, &shared))),
        resource("/b", Some(rotated)),
        resource("", None),
    ];
    let gateway = run_all(listener, all, seen);
    let url = format!("http://{}{KEYS}", gateway.address);
    let request =
        |method: Method| gateway.client.request(method, &url).header("origin", "https://any.example").send();
    for (method, status) in [("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("POST", 405), ("DELETE", 405)] {
        let answer = request(method.parse().unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{method}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{method}");
        assert!(!answer.headers().contains_key("access-control-allow-credentials"), "{method}");
    }
    let answer = request(Method::GET).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let set: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let mut kids: Vec<_> =
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    let mut expected = [shared.kid(), old.kid()];
    kids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(kids, expected);
    assert!(!set.to_string().contains("\"d\""));

    let without = telling(Forwarding::default()).await;
    let answer = without.client.get(format!("http://{}{KEYS}", without.address)).send().await.unwrap();
    assert_eq!(answer.status(), 404);
}
