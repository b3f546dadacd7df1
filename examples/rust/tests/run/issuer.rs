//! Somebody who signs access tokens (RFC 9068), as far as a server that accepts them sees of them.

use crate::program::RESOURCE;
use axum::{Router, routing::get};
use portcullis::{oauth::Clock as _, resource_server::SystemClock};
use portcullis_testing::{LoopbackServer, TestKey, Token, serve_at};
use serde_json::json;

pub(crate) struct Issuer(LoopbackServer);

impl Issuer {
    /// Its metadata and its keys, on loopback.
    pub(crate) async fn start() -> Self {
        let router = |url: &str| {
            let metadata = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") }).to_string();
            let keys = TestKey::rsa().jwks("key-1").to_string();
            Router::new()
                .route("/.well-known/openid-configuration", get(async move || metadata))
                .route("/keys", get(async move || keys))
        };
        Self(serve_at(router).await)
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    /// An access token of this subject, with these scopes.
    pub(crate) fn token(&self, subject: &str, scope: &str) -> Token {
        Token::at(SystemClock::new().now())
            .claim("iss", self.url())
            .claim("aud", RESOURCE)
            .claim("sub", subject)
            .claim("scope", scope)
    }
}
