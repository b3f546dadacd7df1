//! `GET /keys`: all live keys of the environment, and every way in which that fails.

use super::{KeysAnswer, Scalekit};
use crate::TestKey;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

pub(super) async fn keys(State(scalekit): State<Arc<Scalekit>>) -> Response {
    loop {
        // Made before the look: a switch between the look and the wait is not missed.
        let switched = std::pin::pin!(scalekit.switched.notified());
        let answer = scalekit.switches().keys;
        let document = || json!({"keys": scalekit.live_keys()}).to_string();
        return match answer {
            KeysAnswer::Good => as_json(document()),
            KeysAnswer::Empty => as_json(json!({"keys": []}).to_string()),
            KeysAnswer::Cut => as_json(document().split_at(document().len() / 2).0.to_owned()),
            KeysAnswer::Garbage => Html("<h1>Welcome to nginx!</h1>").into_response(),
            KeysAnswer::Status(status) => {
                StatusCode::from_u16(status).expect("a test writes valid statuses").into_response()
            }
            KeysAnswer::Held => {
                switched.await;
                continue;
            }
        };
    }
}

fn as_json(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

impl Scalekit {
    fn live_keys(&self) -> Vec<Value> {
        let state = self.state();
        let live = state.keys.iter().map(|(kid, key)| with(key.jwk(kid), "alg", "RS256"));
        if state.switches.exotic_keys {
            exotic().iter().cloned().chain(live).collect()
        } else {
            live.collect()
        }
    }
}

/// First in the set, so that whoever stumbles over one never reaches the good keys. The same at every call.
fn exotic() -> &'static [Value] {
    static EXOTIC: OnceLock<Vec<Value>> = OnceLock::new();
    EXOTIC.get_or_init(|| {
        let mut nameless = TestKey::p384().jwk("");
        nameless.as_object_mut().expect("a JWK is an object").remove("kid");
        vec![
            json!({"kty": "AKP", "alg": "ML-DSA-65", "kid": "snk_new", "pub": "AAAA"}),
            json!({"kty": "oct", "kid": "snk_secret", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"}),
            TestKey::p256().jwk("snk_ec"),
            nameless,
            with(TestKey::other_rsa().jwk("snk_enc"), "use", "enc"),
            json!("not even an object"),
        ]
    })
}

fn with(mut jwk: Value, member: &str, value: &str) -> Value {
    jwk[member] = value.into();
    jwk
}
