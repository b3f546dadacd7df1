//! Tokens bound to keys: with the right proof, with every wrong one, and without any.

mod answers;
mod modes;
mod nonces;
mod proofs;

use crate::fixture::{Fixture, LIST, RESOURCE};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use portcullis_oauth::Clock as _;
use portcullis_resource_server::{DpopMode, DpopSettings, Possession};
use portcullis_testing::{TestKey, Token};

/// A line that uses DPoP like this.
fn line(settings: DpopSettings) -> Fixture {
    let mut f = Fixture::new();
    f.line.possession = Possession::new(&settings, &f.line.resource, &[7; 32]);
    f
}

fn mode(mode: DpopMode) -> DpopSettings {
    DpopSettings { mode, ..DpopSettings::default() }
}

/// Somebody with a key and a token bound to it.
struct Caller {
    key: TestKey,
    token: String,
}

impl Caller {
    fn new(f: &Fixture, subject: &str, key: TestKey) -> Self {
        let token = f.token().claim("sub", subject).bound_to(&key).sign(&TestKey::rsa());
        Self { key, token }
    }

    /// A good proof for a call of the one tool, still to be signed.
    fn proof(&self, f: &Fixture) -> Token {
        Token::proof(&self.key, RESOURCE, &self.token, f.clock.now())
    }

    fn signed(&self, f: &Fixture) -> String {
        self.proof(f).sign(&self.key)
    }
}

fn alice(f: &Fixture) -> Caller {
    Caller::new(f, "alice", TestKey::p256())
}

/// A call of the one tool.
fn request(authorization: &str, proofs: &[&str]) -> Request<Full<Bytes>> {
    let builder = Request::post(RESOURCE)
        .header("authorization", authorization)
        .header("content-type", "application/json");
    let builder = proofs.iter().fold(builder, |builder, proof| builder.header("dpop", *proof));
    builder.body(Full::new(Bytes::from(LIST))).unwrap()
}

/// The reason code, or `ok`.
async fn decide(f: &Fixture, authorization: &str, proofs: &[&str]) -> &'static str {
    match f.admit(request(authorization, proofs)).await {
        Ok(_) => "ok",
        Err(refusal) => refusal.reason.code(),
    }
}

/// With these proofs under the DPoP scheme.
async fn prove(f: &Fixture, token: &str, proofs: &[&str]) -> &'static str {
    decide(f, &format!("DPoP {token}"), proofs).await
}
