//! Opaque tokens through the whole of the line, over the network, against an authorization server that checks who asks.

use crate::{
    driver::{Behind, Driver, for_both_drivers},
    fixture::{CALL, Running, With, json, settings_at},
    streams::seconds_to_the_end,
};
use portcullis::ProofSettings;
use portcullis_gateway::ResourceSettings;
use portcullis_oauth::{Clock as _, Issuer};
use portcullis_resource_server::{
    ClientProof, ClientSecret, DEFAULT_CACHE, EndpointLocation, IntrospectionClient, IntrospectionSettings,
};
use portcullis_testing::{
    Answer, IntrospectionStandIn, LoopbackServer, Upstream,
    introspection::{CLIENT_ID, CLIENT_SECRET},
};
use serde_json::json as value;
use std::sync::Arc;
use tokio::net::TcpListener;

for_both_drivers!(
    an_opaque_token_is_asked_about_and_stays_behind,
    a_token_that_is_not_active_or_not_ours_is_told_to_sign_in_again,
    an_authorization_server_that_is_down_or_lies_is_503,
    a_foreign_jwt_never_leaves_the_gateway,
    a_revoked_token_ends_with_its_answer,
    an_open_stream_ends_when_its_answer_is_too_old_and_a_call_does_not
);

const TOKEN: &str = "at_2YotnFZFEjr1zCsicMWpAA";

struct Place {
    gateway: Running,
    server: Arc<IntrospectionStandIn>,
    at: LoopbackServer,
}

/// A resource whose one issuer is asked, and found by its metadata unless `change` says otherwise.
async fn place(driver: Driver, change: impl FnOnce(&mut ResourceSettings, &str)) -> Place {
    let behind = Behind::recording(|_| async { json(200, "{}") }).await;
    before(driver, behind, change).await
}

async fn before(
    driver: Driver,
    behind: impl Into<Behind>,
    change: impl FnOnce(&mut ResourceSettings, &str),
) -> Place {
    let server = IntrospectionStandIn::new();
    let at = server.serve().await;
    let behind = behind.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identifier = format!("http://{}/mcp", listener.local_addr().unwrap());
    let mut settings = settings_at(&format!("{}/inner", behind.url), &identifier);
    settings.issuers[0].issuers = vec![Issuer::parse(&at.url()).unwrap()];
    settings.issuers[0].proof = asked(EndpointLocation::Discover(Issuer::parse(&at.url()).unwrap()));
    change(&mut settings, &at.url());
    Place { gateway: driver.run_with(listener, settings, behind, With::the_network()), server, at }
}

fn asked(endpoint: EndpointLocation) -> ProofSettings {
    ProofSettings::Introspection(IntrospectionSettings {
        endpoint,
        client: IntrospectionClient {
            client_id: CLIENT_ID.to_owned(),
            proof: ClientProof::SecretBasic(ClientSecret::new(CLIENT_SECRET)),
        },
        cache: DEFAULT_CACHE,
        token_prefix: None,
        dangerous_accept_missing_audience: false,
    })
}

/// The endpoint is configured.
fn asked_at(settings: &mut ResourceSettings, at: &str) {
    let endpoint = format!("{at}/introspect").parse().unwrap();
    settings.issuers[0].proof = asked(EndpointLocation::At(endpoint));
}

impl Place {
    fn good(&self) -> serde_json::Value {
        value!({
            "active": true, "aud": self.gateway.url(), "sub": "user-1", "client_id": "client-1",
            "scope": "todo:read", "exp": self.gateway.clock.now().0 + 600,
        })
    }

    async fn call(&self, token: &str) -> reqwest::Response {
        let request = self.gateway.client.post(self.gateway.url()).bearer_auth(token);
        request.header("content-type", "application/json").body(CALL).send().await.unwrap()
    }

    async fn ready(&self) -> u16 {
        let url = format!("http://{}/ready", self.gateway.address);
        self.gateway.client.get(url).send().await.unwrap().status().as_u16()
    }
}

/// IN-01, IN-02, IN-05, RS-11, RS-12
async fn an_opaque_token_is_asked_about_and_stays_behind(driver: Driver) {
    let place = place(driver, |_, _| {}).await;
    place.server.say(TOKEN, Answer::Json(place.good()));
    for _ in 0..3 {
        assert_eq!(place.call(TOKEN).await.status(), 200);
        assert_eq!(place.gateway.audited().pop().unwrap()["sub"], "user-1");
    }
    assert_eq!(place.server.asked_about(TOKEN), 1);
    for (head, body) in place.gateway.seen.lock().unwrap().iter() {
        assert!(!format!("{head:?} {body}").contains(TOKEN));
    }
}

/// A gateway is ready once it was looked for where to ask, or was told.
#[tokio::test]
async fn readiness_waits_for_a_place_to_ask() {
    let discovers = place(Driver::InFront, |_, _| {}).await;
    assert_eq!(discovers.ready().await, 503, "nobody has looked for the endpoint yet");
    assert_eq!(discovers.call(TOKEN).await.status(), 401);
    assert_eq!(discovers.ready().await, 200);
    assert_eq!(place(Driver::InFront, asked_at).await.ready().await, 200, "a configured endpoint is known");
}

/// IN-03, IN-06, RS-09, RS-14, CH-07
async fn a_token_that_is_not_active_or_not_ours_is_told_to_sign_in_again(driver: Driver) {
    let place = place(driver, |_, _| {}).await;
    let mut other = place.good();
    other["aud"] = "https://other.example/mcp".into();
    place.server.say("at_other", Answer::Json(other));
    for (token, description) in [
        ("at_unknown", "the access token is not active"),
        ("at_other", "the access token was issued for another resource"),
    ] {
        let answer = place.call(token).await;
        assert_eq!(answer.status(), 401, "{token}");
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.contains("error=\"invalid_token\"") && challenge.contains("resource_metadata="));
        assert!(answer.text().await.unwrap().contains(description), "{token}");
    }
    assert!(place.gateway.seen.lock().unwrap().is_empty());
}

/// IN-08: 503 and when to come back; no challenge, for nobody is to sign in again.
async fn an_authorization_server_that_is_down_or_lies_is_503(driver: Driver) {
    for answer in [
        Answer::Status(500),
        Answer::Status(401),
        Answer::Down,
        Answer::Text(r#"{"active":"true"}"#.into()),
        Answer::Text("{}".into()),
    ] {
        let place = place(driver, |_, _| {}).await;
        place.server.say_of_all(Some(answer.clone()));
        let refused = place.call(TOKEN).await;
        assert_eq!(refused.status(), 503, "{answer:?}");
        assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
        assert!(!refused.headers().contains_key("www-authenticate"));
        assert!(refused.text().await.unwrap().contains("temporarily_unavailable"));
        assert!(place.gateway.seen.lock().unwrap().is_empty());
    }
    let place = place(driver, |_, _| {}).await;
    drop(place.at);
    let url = place.gateway.url();
    let refused = place.gateway.client.post(url).bearer_auth(TOKEN).body(CALL).send().await.unwrap();
    assert_eq!(refused.status(), 503, "nobody is there, and no metadata either");
}

/// RS-16, IN-07: a JWT of somebody else is shown to nobody; one of this issuer's is asked about, not verified.
async fn a_foreign_jwt_never_leaves_the_gateway(driver: Driver) {
    let place = place(driver, asked_at).await;
    let foreign = place.gateway.signed();
    assert_eq!(place.call(&foreign).await.status(), 401);
    assert_eq!(place.server.questions(), []);
    assert_eq!(place.at.connections(), 0);
    let own = place.gateway.token().claim("iss", place.at.url());
    let own = own.sign(&portcullis_testing::TestKey::other_rsa());
    place.server.say(&own, Answer::Json(place.good()));
    assert_eq!(place.call(&own).await.status(), 200);
    assert_eq!(place.server.asked_about(&own), 1);
}

/// IN-05: what a revocation takes, and no longer.
async fn a_revoked_token_ends_with_its_answer(driver: Driver) {
    let place = place(driver, |_, _| {}).await;
    place.server.say(TOKEN, Answer::Json(place.good()));
    assert_eq!(place.call(TOKEN).await.status(), 200);
    place.server.say(TOKEN, Answer::Json(value!({ "active": false })));
    place.gateway.clock.advance(DEFAULT_CACHE.as_secs());
    assert_eq!(place.call(TOKEN).await.status(), 401);
}

/// G-07, IN-05: an open stream of a revoked token ends when a request would be refused, and a grace later; whoever opens it again
/// is asked about. A call that was let in may finish.
async fn an_open_stream_ends_when_its_answer_is_too_old_and_a_call_does_not(driver: Driver) {
    let upstream = Upstream::start().await;
    let place = before(driver, &upstream, |_, _| {}).await;
    place.server.say(TOKEN, Answer::Json(place.good()));
    let (client, url) = (&place.gateway.client, place.gateway.url());
    let stream = client.get(&url).bearer_auth(TOKEN).header("accept", "text/event-stream");
    let call = client.post(&url).bearer_auth(TOKEN).header("content-type", "application/json").body(CALL);
    for (request, at_least, at_most) in [(stream, 30, 60), (call, 3590, 3600)] {
        let events = upstream.opens(": open\n\n").await;
        let seconds = seconds_to_the_end(request.send().await.unwrap()).await;
        assert!((at_least..=at_most).contains(&seconds), "{seconds}");
        events.closed().await;
    }
    place.server.say(TOKEN, Answer::Json(value!({ "active": false })));
    place.gateway.clock.advance(DEFAULT_CACHE.as_secs());
    assert_eq!(client.get(&url).bearer_auth(TOKEN).send().await.unwrap().status(), 401);
}
