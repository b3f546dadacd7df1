//! The stand-in, held to what is known of the real environment.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use axum::{
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::Clock as _;
use portcullis_testing::{
    Answer, FakeFetch, ScalekitStandIn, TestClock, Token,
    scalekit::{
        ENVIRONMENT_CLIENT, IssuerForm, KeysAnswer, MACHINE_CLIENT, RESOURCE, Scalekit, ScopeClaims, Switches,
    },
};
use serde_json::{Value, json};
use std::sync::Arc;
use tower_service::Service as _;
use url::Url;

const REDIRECT: &str = "http://localhost:53051/callback";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Place {
    scalekit: Arc<Scalekit>,
    clock: Arc<TestClock>,
    fetch: Arc<FakeFetch>,
}

fn place(switches: Switches) -> Place {
    let (clock, fetch) = (Arc::new(TestClock::default()), Arc::new(FakeFetch::new(Answer::Status(404))));
    let scalekit = Scalekit::new("http://127.0.0.1:4000", switches, clock.clone(), fetch.clone());
    Place { scalekit, clock, fetch }
}

impl Place {
    async fn send(&self, request: Request<Body>) -> (StatusCode, Response<()>, Value) {
        let (head, body) = self.scalekit.router().call(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head.status, Response::from_parts(head, ()), serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let (status, _, body) = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        (status, body)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        let (status, _, body) = self.send(request.unwrap()).await;
        (status, body)
    }

    async fn register(&self) -> String {
        let request = Request::post(format!("/api/v1/resources/{RESOURCE}/clients:register"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({"redirect_uris": [REDIRECT], "client_name": "test"}).to_string()));
        let (status, _, body) = self.send(request.unwrap()).await;
        assert_eq!((status, body.get("client_secret")), (StatusCode::CREATED, None));
        body["client_id"].as_str().unwrap().to_owned()
    }

    /// Where the browser is sent, or the status if it is sent nowhere.
    async fn authorize(&self, client_id: &str, changes: &[(&str, &str)]) -> Result<Url, StatusCode> {
        let mut parameters = vec![
            ("client_id", client_id),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", "openid todo:read offline_access root"),
            ("state", "s t"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        parameters.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        parameters.extend(changes);
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let path = format!("/resources/{RESOURCE}/oauth/authorize?{query}");
        let (status, head, _) = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        let location = head.headers().get(header::LOCATION).ok_or(status)?;
        Ok(location.to_str().unwrap().parse().unwrap())
    }

    async fn redeem(&self, client_id: &str, code: &str, changes: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", "http://localhost:3002/"),
        ];
        form.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        form.extend(changes);
        self.post(&format!("/resources/{RESOURCE}/oauth/token"), &form).await
    }

    async fn code(&self, client_id: &str) -> String {
        query(&self.authorize(client_id, &[]).await.unwrap(), "code").unwrap()
    }
}

fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

fn claims(token: &Token) -> Value {
    part(&json!(token.signing_input()), 1)
}

fn part(token: &Value, index: usize) -> Value {
    let part = token.as_str().unwrap().split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_client_registers_signs_in_and_refreshes() {
    let place = place(Switches::default());
    let client = place.register().await;
    let back = place.authorize(&client, &[]).await.unwrap();
    assert_eq!(query(&back, "state").as_deref(), Some("s t"));
    assert_eq!(query(&back, "iss"), Some(place.scalekit.issuer(IssuerForm::Resource)));
    let (status, tokens) = place.redeem(&client, &query(&back, "code").unwrap(), &[]).await;
    assert_eq!((status, &tokens["scope"]), (StatusCode::OK, &json!("openid todo:read offline_access")));
    let header = part(&tokens["access_token"], 0);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("JWT"), &json!("RS256")));
    let claims = part(&tokens["access_token"], 1);
    assert_eq!(claims["iss"], place.scalekit.url());
    assert_eq!(claims["aud"], json!(["http://localhost:3002/", RESOURCE]));
    assert_eq!(claims["scopes"], json!(["openid", "todo:read", "offline_access"]));
    assert_eq!(claims["client_id"], json!(client));
    assert_eq!(part(&tokens["id_token"], 1)["aud"], json!([client]));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", &client), ("refresh_token", refresh)];
    let (status, next) = place.post("/oauth/token", &form).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(next["refresh_token"], tokens["refresh_token"]);
    assert_eq!(place.post("/oauth/token", &form).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_is_for_one_client_one_redirect_one_verifier_once_and_soon() {
    let place = place(Switches::default());
    let client = place.register().await;
    for wrong in
        [("redirect_uri", "http://localhost:1/callback"), ("code_verifier", "other"), ("code", "other")]
    {
        let code = place.code(&client).await;
        let (status, body) = place.redeem(&client, &code, &[wrong]).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")), "{wrong:?}");
    }
    let other = place.register().await;
    assert_eq!(place.redeem(&other, &place.code(&client).await, &[]).await.1["error"], "invalid_grant");
    let code = place.code(&client).await;
    assert_eq!(place.redeem(&client, &code, &[]).await.0, StatusCode::OK);
    assert_eq!(place.redeem(&client, &code, &[]).await.1["error"], "invalid_grant");
    let late = place.code(&client).await;
    place.clock.advance(60);
    assert_eq!(place.redeem(&client, &late, &[]).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn authorization_without_pkce_or_with_a_foreign_redirect_gives_no_code() {
    let place = place(Switches::default());
    let client = place.register().await;
    for change in [("code_challenge", ""), ("code_challenge_method", "plain"), ("response_type", "token")] {
        let back = place.authorize(&client, &[change]).await.unwrap();
        assert!(query(&back, "error").is_some() && query(&back, "code").is_none(), "{change:?}");
    }
    let other_port = [("redirect_uri", "http://localhost:53052/callback")];
    assert_eq!(place.authorize(&client, &other_port).await, Err(StatusCode::BAD_REQUEST));
    place.scalekit.switch(|switches| switches.loopback_port_varies = true);
    assert!(place.authorize(&client, &other_port).await.is_ok());
    let other_path = [("redirect_uri", "http://localhost:53051/elsewhere")];
    assert_eq!(place.authorize(&client, &other_path).await, Err(StatusCode::BAD_REQUEST));
}

#[tokio::test]
async fn a_client_id_may_be_the_url_of_its_metadata() {
    let place = place(Switches::default());
    let client = "https://client.example/metadata.json";
    assert_eq!(place.authorize(client, &[]).await, Err(StatusCode::BAD_REQUEST));
    place.fetch.set_at(client, Answer::Json(json!({"client_id": client, "redirect_uris": [REDIRECT]})));
    let code = place.code(client).await;
    let (_, tokens) = place.redeem(client, &code, &[]).await;
    assert_eq!(part(&tokens["access_token"], 1)["client_id"], client);
    place.fetch.set_at(
        client,
        Answer::Json(json!({"client_id": "https://other.example/", "redirect_uris": [REDIRECT]})),
    );
    assert!(place.authorize(client, &[]).await.is_err());
    place.fetch.set_at(client, Answer::Text("<html>".to_owned()));
    assert!(place.authorize(client, &[]).await.is_err());
    assert_eq!(place.authorize("m2m_1", &[]).await, Err(StatusCode::BAD_REQUEST));
    place.scalekit.switch(|switches| switches.client_id_metadata_documents = false);
    let (status, metadata) =
        place.get(&format!("/resources/{RESOURCE}/.well-known/oauth-authorization-server")).await;
    assert_eq!((status, metadata.get("client_id_metadata_document_supported")), (StatusCode::OK, None));
}

#[tokio::test]
async fn machines_get_tokens_where_they_belong() {
    let place = place(Switches::default());
    let at_resource = format!("/resources/{RESOURCE}/oauth/token");
    let form = |(id, secret): (&'static str, &'static str)| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", "todo:read x"),
        ]
    };
    let (_, environment) = place.post("//oauth/token", &form(ENVIRONMENT_CLIENT)).await;
    assert_eq!((&environment["expires_in"], &environment["scope"]), (&json!(86_399), &json!("openid")));
    assert_eq!(place.post(&at_resource, &form(ENVIRONMENT_CLIENT)).await.0, StatusCode::UNAUTHORIZED);
    let (_, machine) = place.post(&at_resource, &form(MACHINE_CLIENT)).await;
    let claims = part(&machine["access_token"], 1);
    assert_eq!((&machine["scope"], &claims["sub"]), (&json!("todo:read"), &claims["client_id"]));
    assert_eq!(claims.get("sid"), None);
    let wrong = form((MACHINE_CLIENT.0, "guess"));
    assert_eq!(place.post(&at_resource, &wrong).await.1["error"], "invalid_client");
    let unknown =
        [("grant_type", "password"), ("client_id", MACHINE_CLIENT.0), ("client_secret", MACHINE_CLIENT.1)];
    assert_eq!(place.post(&at_resource, &unknown).await.1["error"], "unsupported_grant_type");
    let public = place.register().await;
    let public = [("grant_type", "client_credentials"), ("client_id", &*public)];
    assert_eq!(place.post(&at_resource, &public).await.1["error"], "unauthorized_client");
}

#[tokio::test]
async fn basic_credentials_work_too_and_answers_are_not_stored() {
    let place = place(Switches::default());
    let credentials = format!("{}:{}", MACHINE_CLIENT.0, MACHINE_CLIENT.1);
    let basic = base64::engine::general_purpose::STANDARD.encode(credentials);
    let request = Request::post("/oauth/token")
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("grant_type=client_credentials&whatever=1"));
    let (status, head, body) = place.send(request.unwrap()).await;
    assert_eq!((status, &head.headers()["cache-control"]), (StatusCode::OK, &"no-store".parse().unwrap()));
    assert_eq!(body["scope"], "todo:read todo:write");
}

#[tokio::test]
async fn metadata_is_at_both_places_and_nowhere_else() {
    let place = place(Switches::default());
    let inserted = format!("/.well-known/oauth-authorization-server/resources/{RESOURCE}");
    let appended = format!("/resources/{RESOURCE}/.well-known/oauth-authorization-server");
    let (_, document) = place.get(&inserted).await;
    assert_eq!(place.get(&appended).await.1, document);
    assert_eq!(document["issuer"], json!(place.scalekit.issuer(IssuerForm::Resource)));
    assert_eq!(document["jwks_uri"], json!(place.scalekit.keys_url()));
    assert_eq!(place.get("/.well-known/openid-configuration").await.1["issuer"], place.scalekit.url());
    for path in [
        "/.well-known/oauth-authorization-server/resources/res_1".to_owned(),
        format!("/resources/{RESOURCE}/.well-known/openid-configuration"),
        format!("/resources/{RESOURCE}/keys"),
    ] {
        assert_eq!(place.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    place.scalekit.switch(|switches| {
        switches.inserted_metadata = false;
        switches.dynamic_registration = false;
        switches.metadata_issuer = IssuerForm::Environment;
    });
    assert_eq!(place.get(&inserted).await.0, StatusCode::NOT_FOUND);
    let (_, document) = place.get(&appended).await;
    assert_eq!(
        (&document["issuer"], document.get("registration_endpoint")),
        (&json!(place.scalekit.url()), None)
    );
}

#[tokio::test]
async fn tokens_differ_as_the_switches_say() {
    let place = place(Switches {
        token_issuer: IssuerForm::Resource,
        scope_claims: ScopeClaims::Scopes,
        server_url: None,
        token_ttl: 60,
        ..Switches::default()
    });
    let user = claims(&place.scalekit.user_token("todo:read"));
    assert_eq!(user["iss"], json!(place.scalekit.issuer(IssuerForm::Resource)));
    assert_eq!(user["aud"], json!([RESOURCE]));
    assert_eq!((user.get("scope"), &user["scopes"]), (None, &json!(["todo:read"])));
    assert_eq!(user["exp"], json!(place.clock.now().plus(60).0));
    let organization = claims(&place.scalekit.organization_token("todo:read"));
    assert_eq!((organization.get("aud"), &organization["iss"]), (None, &json!(place.scalekit.url())));
}

#[tokio::test]
async fn keys_rotate_and_fail_as_told() {
    let place = place(Switches::default());
    let kids = |set: &Value| -> Vec<String> {
        set["keys"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|key| Some(key["kid"].as_str()?.to_owned()))
            .collect()
    };
    let first = kids(&place.get("//keys").await.1);
    let second = place.scalekit.add_key();
    assert_eq!(kids(&place.get("/keys").await.1), [first[0].clone(), second.clone()]);
    assert_eq!(part(&json!(place.scalekit.user_token("").signing_input()), 0)["kid"], json!(second));
    let third = place.scalekit.replace_keys();
    assert_eq!(kids(&place.get("/keys").await.1), [third]);
    place.scalekit.switch(|switches| switches.exotic_keys = true);
    assert_eq!(place.get("/keys").await.1["keys"].as_array().unwrap().len(), 7);
    for (answer, status, is_json) in [
        (KeysAnswer::Status(503), 503, false),
        (KeysAnswer::Garbage, 200, false),
        (KeysAnswer::Cut, 200, false),
        (KeysAnswer::Empty, 200, true),
    ] {
        place.scalekit.switch(|switches| switches.keys = answer);
        let (answered, body) = place.get("/keys").await;
        assert_eq!((answered.as_u16(), body.is_object()), (status, is_json), "{answer:?}");
    }
    assert_eq!(place.scalekit.count("/keys"), 8);
    assert_eq!(place.scalekit.requests()[0].raw_path, "//keys");
}

#[tokio::test]
async fn held_keys_are_answered_when_released() {
    let place = place(Switches { keys: KeysAnswer::Held, ..Switches::default() });
    let (answered, ()) = tokio::join!(place.get("/keys"), async {
        place.scalekit.switch(|switches| switches.keys = KeysAnswer::Good);
    });
    assert_eq!(answered.0, StatusCode::OK);
}

#[tokio::test]
async fn it_runs_on_loopback() {
    let stand_in = ScalekitStandIn::start(Switches::default()).await;
    let fetcher = portcullis_fetch::HttpFetcher::new().unwrap();
    let url = stand_in.keys_url().parse().unwrap();
    let fetched = portcullis_fetch::Fetch::get(&fetcher, url, portcullis_fetch::Trust::Configured).await;
    assert!(fetched.is_ok());
    assert_eq!((stand_in.count("/keys"), stand_in.server().connections()), (1, 1));
}
