//! Opaque tokens, as the authorization server, its neighbours and strangers make them: who is let in, and who never is.

use crate::fixture::{Fixture, RESOURCE, issuer, policy};
use portcullis_oauth::{Clock as _, Issuer, ResourceIdentifier};
use portcullis_resource_server::{
    Algorithm, AssertionAudience, Audiences, ClientKey, ClientProof, ClientSecret, DEFAULT_CACHE,
    EndpointLocation, Introspection, IntrospectionClient, IntrospectionSettings, Proof, TrustedIssuer,
};
use portcullis_testing::{
    Answer, FakeFetch, IntrospectionStandIn, TestClock, TestKey, Token,
    introspection::{CLIENT_ID, CLIENT_SECRET},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

pub(crate) const AS: &str = "https://as.example";
pub(crate) const ENDPOINT: &str = "https://as.example/introspect";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
pub(crate) const TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";

/// A line that asks one authorization server, whose answers a test writes.
pub(crate) struct Asking {
    pub(crate) f: Fixture,
    pub(crate) server: Arc<IntrospectionStandIn>,
}

pub(crate) fn settings() -> IntrospectionSettings {
    IntrospectionSettings {
        endpoint: EndpointLocation::At(ENDPOINT.parse().unwrap()),
        client: IntrospectionClient {
            client_id: CLIENT_ID.to_owned(),
            proof: ClientProof::SecretBasic(ClientSecret::new(CLIENT_SECRET)),
        },
        cache: DEFAULT_CACHE,
        token_prefix: None,
        dangerous_accept_missing_audience: false,
    }
}

/// An issuer that is asked.
pub(crate) fn asked(
    name: &str,
    server: &Arc<IntrospectionStandIn>,
    clock: &Arc<TestClock>,
    settings: IntrospectionSettings,
) -> TrustedIssuer {
    TrustedIssuer {
        name: name.to_owned(),
        issuers: vec![Issuer::parse(name).unwrap()],
        audiences: Audiences::Resource(ResourceIdentifier::parse(RESOURCE).unwrap()),
        proof: Proof::Introspection(Introspection::new(settings, server.clone(), clock.clone())),
        scopes_claim: false,
        tenant_claim: Some("tenant".to_owned()),
        leeway: 30,
    }
}

impl Asking {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut IntrospectionSettings)) -> Self {
        let server = IntrospectionStandIn::new();
        let clock = Arc::new(TestClock::default());
        let mut settings = settings();
        change(&mut settings);
        let issuers = vec![asked(AS, &server, &clock, settings)];
        let fetch = Arc::new(FakeFetch::new(Answer::Down));
        Self { f: Fixture::of(issuers, RESOURCE, policy(), fetch, clock), server }
    }

    /// What a good server says of a good token.
    pub(crate) fn good(&self) -> Value {
        good(self.f.clock.now().0)
    }

    /// The same, changed.
    pub(crate) fn good_but(&self, name: &str, value: Value) -> Value {
        let mut answer = self.good();
        answer[name] = value;
        answer
    }

    pub(crate) fn good_without(&self, name: &str) -> Value {
        let mut answer = self.good();
        answer.as_object_mut().unwrap().remove(name);
        answer
    }

    pub(crate) fn say(&self, answer: Value) {
        self.server.say(TOKEN, Answer::Json(answer));
    }

    pub(crate) async fn call(&self) -> &'static str {
        self.f.call(TOKEN).await
    }
}

/// A token of its own for each case.
fn named(case: &str) -> String {
    format!("{TOKEN}-{}", case.replace(|c: char| !c.is_ascii_alphanumeric(), "-"))
}

pub(crate) fn good(now: u64) -> Value {
    json!({
        "active": true, "iss": AS, "aud": RESOURCE, "sub": "user-1", "client_id": "client-1",
        "scope": "todo:read", "iat": now, "exp": now + 600, "token_type": "Bearer",
    })
}

/// IN-01, IN-02, IN-06
#[tokio::test]
async fn an_active_token_for_us_is_let_in() {
    let a = Asking::new();
    for (name, answer) in [
        ("as it should be", a.good()),
        ("without iss", a.good_without("iss")),
        ("without token_type", a.good_without("token_type")),
        ("another case", a.good_but("token_type", json!("bearer"))),
        ("audiences", a.good_but("aud", json!(["https://other.example", RESOURCE]))),
        ("members that nobody knows", a.good_but("username", json!({ "a": [1] }))),
        ("Keycloak's kind", a.good_but("typ", json!("Bearer"))),
        ("just ended, within leeway", a.good_but("exp", json!(a.f.clock.now().0 - 29))),
        ("without an end", a.good_without("exp")),
    ] {
        let token = named(name);
        a.server.say(&token, Answer::Json(answer));
        assert_eq!(a.f.call(&token).await, "ok", "{name}");
    }
    let question = a.server.questions().remove(0);
    assert_eq!(question.parameter("token_type_hint"), Some("access_token"));
    assert_eq!(question.parameters.len(), 2, "nothing else is said: {:?}", question.parameters);
    assert_eq!(a.f.signature_checks(), 0);
}

/// IN-03, IN-04, IN-06, RS-09, RS-10, RS-14, RS-16, JW-01, JW-02, JW-14, JW-20, JW-21, CH-08
#[tokio::test]
async fn an_active_token_that_is_not_for_us_is_refused() {
    let a = Asking::new();
    let now = a.f.clock.now().0;
    for (name, answer, expected) in [
        ("inactive", json!({ "active": false }), "token_inactive"),
        ("inactive, however good otherwise", a.good_but("active", json!(false)), "token_inactive"),
        ("another resource", a.good_but("aud", json!("https://other.example/mcp")), "token_audience"),
        ("a sibling", a.good_but("aud", json!(format!("{RESOURCE}2"))), "token_audience"),
        ("no audience", a.good_without("aud"), "token_claim_missing"),
        ("no audience in a list", a.good_but("aud", json!([])), "token_claim_missing"),
        ("ended, and called active", a.good_but("exp", json!(now - 30)), "token_expired"),
        ("not yet", a.good_but("nbf", json!(now + 31)), "token_not_yet_valid"),
        ("from the future", a.good_but("iat", json!(now + 3600)), "token_not_yet_valid"),
        ("another issuer", a.good_but("iss", json!("https://evil.example")), "token_issuer"),
        ("a slash more", a.good_but("iss", json!(format!("{AS}/"))), "token_issuer"),
        ("an issuer in a list", a.good_but("iss", json!([AS])), "token_malformed"),
        ("an audience that is none", a.good_but("aud", json!(7)), "token_malformed"),
        ("an end that is none", a.good_but("exp", json!("tomorrow")), "token_malformed"),
        ("scopes that are none", a.good_but("scope", json!({ "todo": "read" })), "token_malformed"),
        ("an empty subject", a.good_but("sub", json!("")), "token_claim_missing"),
        ("a refresh token", a.good_but("token_use", json!("refresh_token")), "token_kind"),
        ("a refresh token of Keycloak", a.good_but("typ", json!("Refresh")), "token_kind"),
        ("an ID token", a.good_but("nonce", json!("n")), "token_kind"),
        ("an ID token by its audience", a.good_but("aud", json!([RESOURCE, "client-1"])), "token_kind"),
        ("another type", a.good_but("token_type", json!("mac")), "token_kind"),
        ("a type that is none", a.good_but("token_type", json!(null)), "token_kind"),
        ("DPoP without its key", a.good_but("token_type", json!("DPoP")), "token_kind"),
        ("bound to a key", a.good_but("cnf", json!({ "jkt": "x" })), "token_bound"),
        ("of development", a.good_but("portcullis_dev", json!(true)), "token_kind"),
    ] {
        let token = named(name);
        a.server.say(&token, Answer::Json(answer));
        assert_eq!(a.f.call(&token).await, expected, "{name}");
    }
}

/// IN-03, IN-08: what is no answer says nothing about the token. Nobody is let in, and nobody is sent away to sign in again.
#[tokio::test]
async fn what_is_no_answer_is_503_and_never_401() {
    let text = |text: &str| Answer::Text(text.into());
    for (name, answer) in [
        ("active in quotes", text(r#"{"active":"true"}"#)),
        ("active as a number", text(r#"{"active":1}"#)),
        ("no active", text("{}")),
        ("active twice", text(r#"{"active":false,"active":true}"#)),
        (
            "audience twice",
            text(r#"{"active":true,"aud":"a","aud":"https://mcp.example.com/mcp","sub":"x"}"#),
        ),
        ("a list", text("[]")),
        ("a page", text("<html>active: true</html>")),
        ("a signed answer (RFC 9701)", text("eyJhbGciOiJSUzI1NiJ9.eyJhY3RpdmUiOnRydWV9.AA")),
        ("cut", text(r#"{"active":true,"aud":"#)),
        ("without end", text(&format!(r#"{{"active":true,"x":"{}"}}"#, "x".repeat(70_000)))),
        ("nothing", text("")),
        ("our credentials are refused", Answer::Status(401)),
        ("we may not ask", Answer::Status(403)),
        ("it does not like the question", Answer::Status(400)),
        ("it is somewhere else", Answer::Status(302)),
        ("it is not there", Answer::Status(404)),
        ("it fails", Answer::Status(500)),
        ("it rests", Answer::Status(503)),
        ("it is down", Answer::Down),
    ] {
        let a = Asking::new();
        a.server.say_of_all(Some(answer));
        assert_eq!(a.call().await, "introspection_unavailable", "{name}");
        a.server.say_of_all(None);
        a.say(a.good());
        a.f.clock.advance(5);
        assert_eq!(a.call().await, "ok", "{name}: nothing of it is remembered");
    }
}

/// IN-08
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_503() {
    let a = Asking::new();
    a.server.say_of_all(Some(Answer::Hang(json!({ "active": true }))));
    assert_eq!(a.call().await, "introspection_unavailable");
}

/// IN-02, RS-17: a wrong secret is ours to put right. It is no fault of the caller, and is not in the log.
#[tokio::test]
async fn refused_credentials_are_the_operators_affair() {
    let wrong = ClientProof::SecretBasic(ClientSecret::new("hunter2-of-the-gateway"));
    let a = Asking::with(|settings| settings.client.proof = wrong);
    a.say(a.good());
    assert_eq!(a.call().await, "introspection_unavailable");
    let Proof::Introspection(introspection) = &a.f.line.verifier.issuers()[0].proof else { panic!() };
    let printed = format!("{introspection:?} {:?} {:?}", a.f.line.verifier.issuers(), a.f.events());
    assert!(!printed.contains("hunter2") && !printed.contains(TOKEN), "{printed}");
}

/// IN-02: each method, as the server reads it.
#[tokio::test]
async fn the_client_says_who_it_is_in_the_way_it_is_registered() {
    let secret = || ClientSecret::new(CLIENT_SECRET);
    for (proof, name) in [
        (ClientProof::SecretBasic(secret()), "client_secret_basic"),
        (ClientProof::SecretPost(secret()), "client_secret_post"),
    ] {
        let a = Asking::with(|settings| settings.client.proof = proof);
        a.say(a.good());
        assert_eq!(a.call().await, "ok", "{name}");
    }
}

/// IN-02, RFC 7523 §3: with every kind of key, read by somebody else's reader.
#[tokio::test]
async fn an_assertion_is_short_signed_and_for_the_issuer_alone() {
    let issuer = || AssertionAudience::Issuer(AS.to_owned());
    for (key, algorithm, name, audience, expected) in [
        (TestKey::p256(), None, "ES256", issuer(), AS),
        (TestKey::p256(), None, "ES256", AssertionAudience::Endpoint, ENDPOINT),
        (TestKey::p384(), None, "ES384", issuer(), AS),
        (TestKey::ed25519(), None, "EdDSA", issuer(), AS),
        (TestKey::rsa(), None, "RS256", issuer(), AS),
        (TestKey::rsa(), Some(Algorithm::Ps256), "PS256", issuer(), AS),
    ] {
        let ours = Arc::new(ClientKey::parse(&key.pem(), Some("k-1".to_owned()), algorithm).unwrap());
        let proof = ClientProof::PrivateKeyJwt { key: ours, audience };
        let a = Asking::with(|settings| settings.client.proof = proof);
        a.say(a.good());
        a.server.say("another", Answer::Json(a.good()));
        assert_eq!((a.call().await, a.f.call("another").await), ("ok", "ok"), "{name}");
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.jwk("k-1")).unwrap();
        let theirs = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let mut rules = jsonwebtoken::Validation::new(name.parse().unwrap());
        rules.set_audience(&[expected]);
        rules.validate_exp = false; // the clock is the test's
        let mut names = Vec::new();
        for question in a.server.questions() {
            assert_eq!(question.parameter("client_assertion_type"), Some(ASSERTION_TYPE));
            let assertion = question.parameter("client_assertion").unwrap();
            let read = jsonwebtoken::decode::<Value>(assertion, &theirs, &rules).unwrap();
            assert_eq!(read.header.typ.as_deref(), Some("client-authentication+jwt"));
            assert_eq!(read.header.kid.as_deref(), Some("k-1"));
            let (claims, now) = (read.claims, a.f.clock.now().0);
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT_ID), &json!(CLIENT_ID)));
            assert_eq!((&claims["aud"], &claims["iat"]), (&json!(expected), &json!(now)));
            assert_eq!(claims["exp"], json!(now + 60));
            names.push(claims["jti"].as_str().unwrap().to_owned());
        }
        assert_ne!(names[0], names[1], "an assertion is used once");
        assert!(names.iter().all(|name| name.len() >= 20), "{names:?}");
    }
}

/// RS-10, IN-06, JW-14: the looser choice takes what has no audience, and nothing that has another.
#[tokio::test]
async fn a_missing_audience_is_accepted_only_by_its_dangerous_name() {
    let a = Asking::with(|settings| settings.dangerous_accept_missing_audience = true);
    a.say(a.good_without("aud"));
    assert_eq!(a.call().await, "ok");
    a.server.say("other", Answer::Json(a.good_but("aud", json!("https://other.example"))));
    assert_eq!(a.f.call("other").await, "token_audience");
    // A refresh token is active too, and has neither audience nor type.
    let mut refresh = a.good_without("aud");
    refresh.as_object_mut().unwrap().remove("token_type");
    a.server.say("refresh", Answer::Json(refresh));
    assert_eq!(a.f.call("refresh").await, "token_claim_missing");
}

/// RS-23, JW-20: without a person, the client is the subject; without either, nobody is.
#[tokio::test]
async fn a_token_without_a_subject_is_its_clients_own() {
    let a = Asking::new();
    a.say(a.good_without("sub"));
    let request = crate::fixture::post(TOKEN, crate::fixture::LIST);
    let admitted = a.f.admit(request).await.unwrap();
    let token = admitted.permit().token();
    assert_eq!((token.subject(), token.is_machine()), ("client-1", true));
    assert_eq!((token.issuer().as_str(), token.claims()["active"].as_bool()), (AS, Some(true)));
    let mut nobody = a.good_without("sub");
    nobody.as_object_mut().unwrap().remove("client_id");
    a.server.say("nobody", Answer::Json(nobody));
    assert_eq!(a.f.call("nobody").await, "token_claim_missing");
}

/// RS-09, RS-11, RS-16: the shape and the issuer say who is asked. A token is shown to nobody else, whatever it is.
#[tokio::test]
async fn no_token_is_shown_to_an_issuer_that_is_not_its_own() {
    let server = IntrospectionStandIn::new();
    let clock = Arc::new(TestClock::default());
    let keys = Arc::new(FakeFetch::new(Answer::Json(TestKey::rsa().jwks("key-1"))));
    let signing = issuer("https://issuer.example", RESOURCE, keys.clone(), clock.clone());
    let asking = asked(AS, &server, &clock, settings());
    let f = Fixture::of(vec![signing, asking], RESOURCE, policy(), keys.clone(), clock.clone());
    let good = f.token().sign(&TestKey::rsa());
    let foreign = |token: Token| token.claim("iss", "https://foreign.example");
    let (input, _) = good.rsplit_once('.').unwrap();
    for (name, token, expected) in [
        ("of the issuer that signs", good.clone(), "ok"),
        ("of the same, forged", f.token().sign(&TestKey::other_rsa()), "token_signature"),
        ("of a foreign issuer", foreign(f.token()).sign(&TestKey::rsa()), "token_issuer"),
        ("without an issuer", f.token().without("iss").sign(&TestKey::rsa()), "token_claim_missing"),
        ("cut", input.to_owned(), "token_malformed"),
        ("encrypted", format!("{good}.a.b"), "token_malformed"),
        ("with loose base64", format!("{good}="), "token_malformed"),
        ("whose claims are none", f.token().raw_claims("[]").sign(&TestKey::rsa()), "token_malformed"),
        (
            "whose header is double",
            f.token().raw_header(r#"{"alg":"none","alg":"RS256"}"#).sign(&TestKey::rsa()),
            "token_malformed",
        ),
        (
            "with an extension",
            f.token().header("crit", json!(["exp"])).sign(&TestKey::rsa()),
            "token_critical_header",
        ),
    ] {
        assert_eq!(f.call(&token).await, expected, "{name}");
    }
    assert_eq!(server.questions(), [], "nothing of this is the other issuer's");

    // And what is its own is shown to it alone.
    server.say(TOKEN, Answer::Json(self::good(clock.now().0)));
    let (asked_keys, checks) = (keys.calls(), f.signature_checks());
    assert_eq!(f.call(TOKEN).await, "ok");
    assert_eq!((keys.calls(), f.signature_checks()), (asked_keys, checks));
    // Some issuers' JWTs are introspected by choice: nothing in them is believed, but for their own end.
    let jwt = f.token().claim("iss", AS).claim("aud", "https://other.example").claim("sub", "mallory");
    let ended = jwt.clone().claim("exp", clock.now().0 - 30).sign(&TestKey::other_rsa());
    let jwt = jwt.sign(&TestKey::other_rsa());
    server.say(&jwt, Answer::Json(self::good(clock.now().0)));
    assert_eq!(f.call(&jwt).await, "ok");
    assert_eq!(server.asked_about(&jwt), 1);
    assert_eq!(f.call(&ended).await, "token_expired");
    assert_eq!(server.asked_about(&ended), 0);
}

/// RS-16, IN-06: two authorization servers, neither of which hears of the other's tokens, or speaks for them.
#[tokio::test]
async fn two_issuers_that_are_asked_do_not_meet() {
    let (one, two) = (IntrospectionStandIn::new(), IntrospectionStandIn::new());
    let clock = Arc::new(TestClock::default());
    let prefixed =
        |prefix: &str| IntrospectionSettings { token_prefix: Some(prefix.to_owned()), ..settings() };
    let line = |first: IntrospectionSettings, second: IntrospectionSettings| {
        let issuers =
            vec![asked(AS, &one, &clock, first), asked("https://two.example", &two, &clock, second)];
        Fixture::of(issuers, RESOURCE, policy(), Arc::new(FakeFetch::new(Answer::Down)), clock.clone())
    };
    let f = line(prefixed("one_"), prefixed("two_"));
    for server in [&one, &two] {
        // Each would say `active` of everything, under the first one's name.
        server.say_of_all(Some(Answer::Json(good(clock.now().0))));
    }
    assert_eq!(f.call("one_abc").await, "ok");
    assert_eq!(f.call("two_abc").await, "token_issuer", "it speaks in the name of the other");
    assert_eq!((one.asked_about("one_abc"), two.asked_about("one_abc")), (1, 0));
    assert_eq!((one.asked_about("two_abc"), two.asked_about("two_abc")), (0, 1));
    assert_eq!(f.call("three_abc").await, "token_malformed");
    let of_both = line(settings(), settings());
    assert_eq!(of_both.call("abc").await, "token_malformed", "nothing is guessed");
    assert_eq!(one.questions().len() + two.questions().len(), 2);
}

/// CL-03, AS-04, SB-10: the endpoint of the issuer's metadata is believed if the metadata is its own.
#[tokio::test]
async fn the_endpoint_is_found_by_the_issuers_metadata() {
    let discovered = |settings: &mut IntrospectionSettings| {
        settings.endpoint = EndpointLocation::Discover(Issuer::parse(AS).unwrap());
    };
    let a = Asking::with(discovered);
    a.say(a.good());
    let proof = &a.f.line.verifier.issuers()[0].proof;
    assert!(!proof.was_attempted());
    for (name, metadata) in [
        ("another issuer's", json!({ "issuer": format!("{AS}/"), "introspection_endpoint": ENDPOINT })),
        ("none", json!({ "introspection_endpoint": ENDPOINT })),
        ("no endpoint", json!({ "issuer": AS })),
        ("an endpoint that is none", json!({ "issuer": AS, "introspection_endpoint": "introspect" })),
    ] {
        a.server.publish(metadata);
        assert_eq!(a.call().await, "introspection_unavailable", "{name}");
        a.f.clock.advance(5);
    }
    assert!(proof.was_attempted());
    assert_eq!(a.server.questions(), [], "no token was sent to a place of somebody else's choice");
    a.server.publish(json!({ "issuer": AS, "introspection_endpoint": ENDPOINT }));
    assert_eq!(a.call().await, "ok");
    let trust = a.server.questions()[0].trust.clone().unwrap();
    assert!(matches!(trust, portcullis_fetch::Trust::Learned { .. }), "{trust:?}");
    // It moves seldom, and an hour later it is looked for again; if that fails, it is where it was.
    a.server.publish(json!({ "issuer": "https://other.example" }));
    a.server.say("later", Answer::Json(a.good_without("exp")));
    a.f.clock.advance(3601);
    assert_eq!(a.f.call("later").await, "ok");
}

#[test]
fn the_default_is_no_longer_than_the_leeway() {
    assert_eq!(DEFAULT_CACHE, Duration::from_secs(30));
}
