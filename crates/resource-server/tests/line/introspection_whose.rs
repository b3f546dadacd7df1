//! Whose token it is: who is asked about it, and that nobody else hears of it.

use crate::asking::{AS, Asking, ENDPOINT, TOKEN, asked, good, settings};
use crate::fixture::{Fixture, LIST, RESOURCE, issuer, policy, post};
use portcullis_oauth::{Clock as _, Issuer};
use portcullis_resource_server::{
    DpopMode, DpopSettings, EndpointLocation, IntrospectionSettings, Possession,
};
use portcullis_testing::{Answer, FakeFetch, IntrospectionStandIn, TestClock, TestKey, Token};
use serde_json::json;
use std::sync::Arc;

/// RS-09, RS-11, RS-16: the shape and the issuer say who is asked. A token is shown to nobody else, whatever it is.
#[tokio::test]
async fn no_token_is_shown_to_an_issuer_that_is_not_its_own() {
    let server = IntrospectionStandIn::new();
    let clock = Arc::new(TestClock::default());
    let keys = Arc::new(FakeFetch::new(Answer::Json(TestKey::rsa().jwks("key-1"))));
    let signing = issuer("https://issuer.example", RESOURCE, keys.clone(), clock.clone());
    let asking = asked(AS, &server, &clock, settings());
    let f = Fixture::of(vec![signing, asking], RESOURCE, policy(), keys.clone(), clock.clone());
    let signed = f.token().sign(&TestKey::rsa());
    let foreign = |token: Token| token.claim("iss", "https://foreign.example");
    let (input, _) = signed.rsplit_once('.').unwrap();
    for (name, token, expected) in [
        ("of the issuer that signs", signed.clone(), "ok"),
        ("of the same, forged", f.token().sign(&TestKey::other_rsa()), "token_signature"),
        ("of a foreign issuer", foreign(f.token()).sign(&TestKey::rsa()), "token_issuer"),
        ("without an issuer", f.token().without("iss").sign(&TestKey::rsa()), "token_claim_missing"),
        ("cut", input.to_owned(), "token_malformed"),
        ("encrypted", format!("{signed}.a.b"), "token_malformed"),
        ("with loose base64", format!("{signed}="), "token_malformed"),
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
    server.say(TOKEN, Answer::Json(good(clock.now().0)));
    let (asked_keys, checks) = (keys.calls(), f.signature_checks());
    assert_eq!(f.call(TOKEN).await, "ok");
    assert_eq!((keys.calls(), f.signature_checks()), (asked_keys, checks));
    // Some issuers' JWTs are introspected by choice: nothing in them is believed, but for their own end.
    let jwt = f.token().claim("iss", AS).claim("aud", "https://other.example").claim("sub", "mallory");
    let ended = jwt.clone().claim("exp", clock.now().0 - 30).sign(&TestKey::other_rsa());
    let jwt = jwt.sign(&TestKey::other_rsa());
    server.say(&jwt, Answer::Json(good(clock.now().0)));
    assert_eq!(f.call(&jwt).await, "ok");
    assert_eq!(server.asked_about(&jwt), 1);
    assert_eq!(f.call(&ended).await, "token_expired");
    assert_eq!(server.asked_about(&ended), 0);
}

/// RS-26, DP-06, RFC 9449 §6.2: a JWT that says itself what it is bound to is bound, also where the issuer that is asked does
/// not repeat it; and where the two differ nobody can have both.
#[tokio::test]
async fn a_binding_counts_whether_the_token_says_it_or_its_issuer() {
    let mut a = Asking::new();
    let settings = DpopSettings { mode: DpopMode::Supported, ..DpopSettings::default() };
    a.f.line.possession = Possession::new(&settings, &a.f.line.resource, &[7; 32]);
    let (mine, other) = (TestKey::p256(), TestKey::p384());
    let cnf = |key: &TestKey| json!({ "jkt": key.thumbprint() });
    for (name, own, said, as_bearer, with_my_key) in [
        ("neither", None, None, "ok", "token_unbound"),
        ("the token alone", Some(cnf(&mine)), None, "token_bound", "ok"),
        ("the issuer alone", None, Some(cnf(&mine)), "token_bound", "ok"),
        ("both", Some(cnf(&mine)), Some(cnf(&mine)), "token_bound", "ok"),
        ("the issuer another", Some(cnf(&mine)), Some(cnf(&other)), "token_malformed", "token_malformed"),
        ("the token another", Some(cnf(&other)), Some(cnf(&mine)), "token_malformed", "token_malformed"),
        (
            "the issuer none that counts",
            Some(cnf(&mine)),
            Some(json!(null)),
            "token_malformed",
            "token_malformed",
        ),
        (
            "the token to a certificate",
            Some(json!({ "x5t#S256": "x" })),
            None,
            "token_bound",
            "token_binding_unsupported",
        ),
    ] {
        let mut token = a.f.token().claim("iss", AS).claim("jti", name);
        if let Some(cnf) = own {
            token = token.claim("cnf", cnf);
        }
        let token = token.sign(&TestKey::other_rsa());
        let mut answer = a.good();
        if let Some(cnf) = said {
            answer["cnf"] = cnf;
        }
        a.server.say(&token, Answer::Json(answer));
        assert_eq!(a.f.call(&token).await, as_bearer, "{name}");
        assert_eq!(a.f.call(&token).await, as_bearer, "{name}, once more");
        let proof = Token::proof(&mine, RESOURCE, &token, a.f.clock.now()).sign(&mine);
        let mut request = post(&token, LIST);
        request.headers_mut().insert("authorization", format!("DPoP {token}").parse().unwrap());
        request.headers_mut().insert("dpop", proof.parse().unwrap());
        let decision = a.f.admit(request).await;
        assert_eq!(
            decision.map_or_else(|no| no.reason.code(), |_| "ok"),
            with_my_key,
            "{name}, with a proof"
        );
    }
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
