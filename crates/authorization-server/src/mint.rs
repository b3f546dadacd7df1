//! Access tokens as RFC 9068 has them (JW-07, AS-30).

use crate::SigningKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::{DEVELOPMENT_CLAIM, NumericDate, Scope};
use serde_json::{Value, json};

/// Somebody to sign in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestUser {
    /// `sub`.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// `tenant`.
    pub tenant: String,
}

/// What a token says.
#[derive(Clone, Debug)]
pub struct MintRequest<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// Who.
    pub user: &'a TestUser,
    /// Through which client.
    pub client_id: &'a str,
    /// What they may.
    pub scope: &'a Scope,
    /// Where.
    pub audiences: &'a [String],
    /// Now.
    pub issued_at: NumericDate,
    /// Seconds; an hour is usual.
    pub lifetime: u64,
    /// `jti`, unique.
    pub token_id: &'a str,
}

/// Signs an access token. `None` only if the machine cannot sign.
pub fn mint(key: &SigningKey, request: &MintRequest<'_>) -> Option<String> {
    let audience = match request.audiences {
        [one] => Value::from(one.as_str()),
        many => Value::from(many),
    };
    let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": key.kid() });
    let claims = json!({
        "iss": request.issuer,
        "sub": request.user.id,
        "name": request.user.name,
        "tenant": request.user.tenant,
        "aud": audience,
        "client_id": request.client_id,
        "scope": request.scope.to_string(),
        "iat": request.issued_at.0,
        "exp": request.issued_at.plus(request.lifetime).0,
        "jti": request.token_id,
        DEVELOPMENT_CLAIM: true,
    });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(&header), encode(&claims));
    let signature = key.sign(input.as_bytes())?;
    Some(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
