//! Scalekit's tokens, in every shape they have on the wire, against a start from the environment alone.

use crate::fixture::{CALL, Running, With, run, run_with};
use portcullis_gateway::ResourceSettings;
use portcullis_gateway::config::{Flags, Sources, load};
use portcullis_oauth::Clock as _;
use portcullis_testing::{
    ScalekitStandIn, TestKey, Token,
    scalekit::{IssuerForm, ScopeClaims, Switches},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

const ENVIRONMENT: &str = "https://acme.scalekit.dev";
const RESOURCE: &str = "res_100000000000000001";

/// Starts with these variables; `{address}` stands for our own. Requests need `todo:read`.
async fn started(variables: &[(&str, &str)], resource: Option<&str>) -> Running {
    let (listener, settings) = configured(variables, resource).await;
    run(listener, settings, Arc::new(Mutex::new(Vec::new())))
}

async fn configured(variables: &[(&str, &str)], resource: Option<&str>) -> (TcpListener, ResourceSettings) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let filled = |text: &str| text.replace("{address}", &address);
    let environment: BTreeMap<_, _> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), filled(value))).collect();
    let flags = Flags {
        resource: resource.map(filled),
        // Nobody is there: an admitted call is a 502, and a refused one is not.
        upstream: Some("http://127.0.0.1:1/mcp".to_owned()),
        required_scopes: Some("todo:read".to_owned()),
        ..Flags::default()
    };
    let config =
        load(&Sources { file: None, environment, flags }).unwrap_or_else(|problems| panic!("{problems}"));
    let settings = config.settings().remove(0);
    (listener, settings)
}

/// A user's token as Scalekit signs it.
fn token(gateway: &Running, issuer: &str, audience: Value) -> Token {
    Token::at(gateway.clock.now())
        .header("typ", "JWT")
        .claim("iss", issuer)
        .claim("aud", audience)
        .claim("oid", "org_1")
        .claim("sid", "ses_1")
        .claim("sub", "usr_1")
        .claim("client_id", "m2m_1")
        .without("scope")
}

async fn status(gateway: &Running, path: &str, token: &Token) -> u16 {
    let request = gateway.client.post(format!("http://{}{path}", gateway.address));
    let request = request.bearer_auth(token.sign(&TestKey::rsa())).header("content-type", "application/json");
    request.body(CALL).send().await.unwrap().status().as_u16()
}

const ADMITTED: u16 = 502;

/// Patterns A, B and D: both issuers of the migration, scopes in either claim or both, the Server URL with a slash, without
/// one, and unset.
#[tokio::test]
async fn tokens_of_every_shape_are_accepted_from_every_start() {
    let metadata = format!(
        r#"{{"authorization_servers":["{ENVIRONMENT}/resources/{RESOURCE}"],"bearer_methods_supported":["header"],"resource":"http://{{address}}/mcp","scopes_supported":[]}}"#
    );
    let a = [
        ("SK_ENV_URL", ENVIRONMENT),
        ("EXPECTED_AUDIENCE", "http://{address}/mcp"),
        ("PROTECTED_RESOURCE_METADATA", &metadata),
    ];
    let b = [
        ("SCALEKIT_ENVIRONMENT_URL", ENVIRONMENT),
        ("SCALEKIT_RESOURCE_ID", RESOURCE),
        ("MCP_URL", "http://{address}/"),
    ];
    for (start, variables) in [("A", &a), ("B", &b)] {
        let gateway = started(variables, None).await;
        let url = gateway.url();
        let scoped = format!("{ENVIRONMENT}/resources/{RESOURCE}");
        for issuer in [ENVIRONMENT, scoped.as_str()] {
            for audience in [json!([url, RESOURCE]), json!([format!("{url}/"), RESOURCE]), json!([RESOURCE])]
            {
                let bare = token(&gateway, issuer, audience.clone());
                let scope = bare.clone().claim("scope", "openid todo:read");
                let scopes = bare.clone().claim("scopes", json!(["openid", "todo:read"]));
                let both = scope.clone().claim("scopes", json!(["openid", "todo:read"]));
                for (claims, token) in [("scope", scope), ("scopes", scopes), ("both", both)] {
                    let found = status(&gateway, "/mcp", &token).await;
                    assert_eq!(found, ADMITTED, "{start} {issuer} {audience} {claims}");
                }
                assert_eq!(
                    status(&gateway, "/mcp", &bare).await,
                    403,
                    "{start} {issuer} {audience}: no scope"
                );
            }
            let url_only = token(&gateway, issuer, json!([url])).claim("scope", "todo:read");
            assert_eq!(
                status(&gateway, "/mcp", &url_only).await,
                401,
                "{start}: {RESOURCE} is mandatory once known"
            );
        }
    }
    let gateway = started(&[("SCALEKIT_ENVIRONMENT_URL", ENVIRONMENT)], Some("http://{address}/mcp")).await;
    let exact = token(&gateway, ENVIRONMENT, json!([gateway.url()])).claim("scope", "todo:read");
    assert_eq!(status(&gateway, "/mcp", &exact).await, ADMITTED, "D");
    let slash =
        token(&gateway, ENVIRONMENT, json!([format!("{}/", gateway.url())])).claim("scope", "todo:read");
    assert_eq!(status(&gateway, "/mcp", &slash).await, 401, "D: the Server URL is compared byte for byte");
}

/// The whole matrix against the environment's stand-in, which mints the tokens and serves the keys; and what else it mints
/// stays out.
#[tokio::test]
async fn the_stand_ins_tokens_of_every_shape_are_accepted_and_its_other_tokens_are_not() {
    for server_url in [Some("http://localhost:3002/"), Some("http://localhost:3002"), None] {
        let switches = Switches { server_url: server_url.map(str::to_owned), ..Switches::default() };
        let stand_in = ScalekitStandIn::start(switches).await;
        let environment = stand_in.url().to_owned();
        let metadata = json!({
            "authorization_servers": [format!("{environment}/resources/{RESOURCE}")],
            "resource": "http://{address}/mcp",
        })
        .to_string();
        let a = [
            ("SK_ENV_URL", environment.as_str()),
            ("EXPECTED_AUDIENCE", "http://{address}/mcp"),
            ("PROTECTED_RESOURCE_METADATA", &metadata),
        ];
        let b = [
            ("SCALEKIT_ENVIRONMENT_URL", environment.as_str()),
            ("SCALEKIT_RESOURCE_ID", RESOURCE),
            ("MCP_URL", "http://{address}/"),
        ];
        for (start, variables, fetches) in [("A", &a, 1), ("B", &b, 3)] {
            let (listener, settings) = configured(variables, None).await;
            let gateway = run_with(listener, vec![settings], Default::default(), With::the_network());
            for issuer in [IssuerForm::Environment, IssuerForm::Resource] {
                for claims in [ScopeClaims::Scope, ScopeClaims::Scopes, ScopeClaims::Both] {
                    stand_in.switch(|it| (it.token_issuer, it.scope_claims) = (issuer, claims));
                    let case = format!("{start} {server_url:?} {issuer:?} {claims:?}");
                    let key = stand_in.signing_key();
                    let sent = |token: Token| {
                        let request = gateway.client.post(gateway.url()).bearer_auth(token.sign(&key));
                        request.header("content-type", "application/json").body(CALL).send()
                    };
                    let good = stand_in.user_token("openid todo:read");
                    assert_eq!(sent(good.clone()).await.unwrap().status(), ADMITTED, "{case}");
                    let poor = stand_in.user_token("openid");
                    assert_eq!(sent(poor).await.unwrap().status(), 403, "{case}: no scope");
                    let machine = stand_in.machine_token("todo:read");
                    assert_eq!(sent(machine).await.unwrap().status(), ADMITTED, "{case}: a machine");
                    for (name, other) in [
                        ("an organization's", stand_in.organization_token("todo:read")),
                        ("the environment's", stand_in.environment_token()),
                        ("an ID token", stand_in.id_token("m2m_1", "an access token")),
                        ("another server's", good.claim("aud", json!(["res_2"]))),
                    ] {
                        assert_eq!(sent(other).await.unwrap().status(), 401, "{case}: {name}");
                    }
                }
            }
            assert_eq!(stand_in.count("/keys"), fetches, "one fetch for all of them");
            stand_in.replace_keys();
            let rotated = stand_in.user_token("todo:read").sign(&stand_in.signing_key());
            let request = gateway.client.post(gateway.url()).bearer_auth(rotated);
            let answer = request.header("content-type", "application/json").body(CALL).send().await.unwrap();
            assert_eq!(answer.status(), ADMITTED, "{start}: after a rotation");
        }
    }
}

/// JW-14, RS-16, JW-11: what a relaxed `typ` does not let in.
#[tokio::test]
async fn other_tokens_of_the_environment_stay_out() {
    let variables = [
        ("SCALEKIT_ENVIRONMENT_URL", ENVIRONMENT),
        ("SCALEKIT_RESOURCE_ID", RESOURCE),
        ("MCP_URL", "http://{address}"),
    ];
    let gateway = started(&variables, None).await;
    let good = token(&gateway, ENVIRONMENT, json!([RESOURCE])).claim("scope", "todo:read");
    assert_eq!(status(&gateway, "/mcp", &good).await, ADMITTED);
    for (name, token) in [
        ("an ID token", good.clone().claim("at_hash", "h").claim("c_hash", "h")),
        ("another server's", good.clone().claim("aud", json!(["res_2"]))),
        ("another environment's", good.clone().claim("iss", "https://other.scalekit.dev")),
        ("another server's issuer", good.clone().claim("iss", format!("{ENVIRONMENT}/resources/res_2"))),
        ("an organization's, without audience", good.clone().without("aud")),
        ("PS256", good.clone().header("alg", "PS256")),
    ] {
        assert_eq!(status(&gateway, "/mcp", &token).await, 401, "{name}");
    }
    let document =
        gateway.client.get(format!("http://{}/.well-known/oauth-protected-resource/mcp", gateway.address));
    let document: Value =
        serde_json::from_slice(&document.send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(document["authorization_servers"], json!([format!("{ENVIRONMENT}/resources/{RESOURCE}")]));
}
