//! `src/bin/opaque.rs`.

use crate::program::{Program, RESOURCE};
use portcullis::{oauth::Clock as _, resource_server::SystemClock};
use portcullis_testing::{
    Answer, IntrospectionStandIn,
    introspection::{CLIENT_ID, CLIENT_SECRET},
};
use serde_json::json;

#[tokio::test]
async fn a_token_that_only_its_issuer_can_read_is_asked_about() {
    let stand_in = IntrospectionStandIn::new();
    let server = stand_in.serve().await;
    let url = server.url();
    let program = Program::start(
        env!("CARGO_BIN_EXE_opaque"),
        &[
            ("ISSUER", url.as_str()),
            ("CLIENT_ID", CLIENT_ID),
            ("CLIENT_SECRET", CLIENT_SECRET),
            ("PORTCULLIS_RESOURCE", RESOURCE),
        ],
    );
    program.sends_strangers_to(&url, "whoami").await;
    for (token, scope, audience) in [
        ("an-opaque-token-that-is-good", "profile:read", RESOURCE),
        ("an-opaque-token-that-is-poor", "openid", RESOURCE),
        ("an-opaque-token-for-another", "profile:read", "https://elsewhere.example.com/mcp"),
    ] {
        let now = SystemClock::new().now();
        let answer = json!({
            "active": true, "iss": url, "aud": audience, "sub": "user-1", "username": "ada",
            "client_id": "client-1", "scope": scope, "exp": now.0 + 600,
        });
        stand_in.say(token, Answer::Json(answer));
    }
    let call = async |token: &str| program.call(Some(token), "whoami", json!({})).await;
    call("an-opaque-token-that-is-good").await.says("You are ada.");
    call("an-opaque-token-that-is-poor").await.steps_up_to("profile:read");
    for token in ["an-opaque-token-for-another", "an-opaque-token-of-nobody"] {
        assert_eq!(call(token).await.status, 401, "{token}");
    }
}
