//! Tokens, good unless a test makes them bad.

use crate::TestKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::NumericDate;
use serde_json::{Map, Value, json};

/// A token to be.
#[derive(Clone)]
pub struct Token {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    raw_header: Option<String>,
    raw_claims: Option<String>,
}

impl Token {
    /// RFC 9068, RS256, of `https://issuer.example` for `https://mcp.example.com/mcp`, good for ten minutes.
    pub fn at(now: NumericDate) -> Self {
        Self::of(
            json!({ "alg": "RS256", "typ": "at+jwt", "kid": "key-1" }),
            json!({
                "iss": "https://issuer.example",
                "aud": "https://mcp.example.com/mcp",
                "sub": "user-1",
                "client_id": "client-1",
                "scope": "todo:read",
                "iat": now.0,
                "exp": now.0 + 600,
                "jti": "token-1",
            }),
        )
    }

    /// A JWT with this header and these claims.
    pub(crate) fn of(header: Value, claims: Value) -> Self {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        Self { header: object(header), claims: object(claims), raw_header: None, raw_claims: None }
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Drops a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets a member of the header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Drops a member of the header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Uses these bytes as the header.
    #[must_use]
    pub fn raw_header(mut self, json: &str) -> Self {
        self.raw_header = Some(json.to_owned());
        self
    }

    /// Uses these bytes as the claims.
    #[must_use]
    pub fn raw_claims(mut self, json: &str) -> Self {
        self.raw_claims = Some(json.to_owned());
        self
    }

    /// What is signed.
    pub fn signing_input(&self) -> String {
        let text = |raw: &Option<String>, map: &Map<String, Value>| {
            URL_SAFE_NO_PAD.encode(raw.clone().unwrap_or_else(|| Value::Object(map.clone()).to_string()))
        };
        format!("{}.{}", text(&self.raw_header, &self.header), text(&self.raw_claims, &self.claims))
    }

    /// Signs with this key, by the `alg` of the header.
    pub fn sign(&self, key: &TestKey) -> String {
        let input = self.signing_input();
        let alg = self.header.get("alg").and_then(Value::as_str).unwrap_or("RS256");
        let signature = key.sign(alg, input.as_bytes());
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
        crate::secret(&token);
        token
    }
}
