//! What is said of an opaque token, and who is let in by it.

use crate::asking::{AS, Asking, TOKEN};
use crate::fixture::RESOURCE;
use portcullis_oauth::Clock as _;
use portcullis_resource_server::DEFAULT_CACHE;
use portcullis_testing::Answer;
use serde_json::json;
use std::time::Duration;

/// A token of its own for each case.
fn named(case: &str) -> String {
    format!("{TOKEN}-{}", case.replace(|c: char| !c.is_ascii_alphanumeric(), "-"))
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

#[test]
fn the_default_is_no_longer_than_the_leeway() {
    assert_eq!(DEFAULT_CACHE, Duration::from_secs(30));
}
