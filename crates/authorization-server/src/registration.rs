//! Dynamic client registration (RFC 7591): public clients only, nothing stored.

use crate::{
    client_id::{Client, ClientError},
    metadata::GRANT_TYPES,
    parameters::is_media_type,
    reply::{UNREADABLE_BODY, json, oauth_error},
    server::Shared,
};
use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use portcullis_oauth::{NumericDate, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What is read of a registration; the rest is ignored (DC-05).
#[derive(Deserialize)]
struct Registration {
    redirect_uris: Option<Vec<String>>,
    client_name: Option<String>,
    scope: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    jwks: Option<Value>,
    jwks_uri: Option<Value>,
}

/// What is registered (RFC 7591 §3.2.1, DC-03): what the client sent, or what we put in its place (DC-05). There is never
/// a secret.
#[derive(Serialize)]
struct Registered {
    client_id: String,
    client_id_issued_at: NumericDate,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_name: String,
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: &'static str,
    grant_types: Vec<&'static str>,
    response_types: [&'static str; 1],
    application_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
}

/// Why a client is not registered.
#[derive(Debug, thiserror::Error)]
enum RegistrationError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("send the client's metadata as application/json")]
    MediaType,
    #[error("the client's metadata is not a JSON object whose members have the types of RFC 7591")]
    NotMetadata,
    #[error("jwks and jwks_uri must not both be sent")]
    TwoKeySets,
    #[error("grant_types must include authorization_code, and response_types must include code")]
    Grant,
    #[error("scope has a character that no scope may have")]
    Scope,
}

/// `POST /oauth/register`.
pub(crate) async fn register(
    State(server): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            return oauth_error(rejection.status(), "invalid_client_metadata", UNREADABLE_BODY);
        }
    };
    match registered(&server, &headers, &body) {
        Ok(registered) => json(StatusCode::CREATED, &registered),
        Err(error) => oauth_error(StatusCode::BAD_REQUEST, error.code(), &error.to_string()),
    }
}

fn registered(server: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Registered, RegistrationError> {
    if !is_media_type(headers, "application/json") {
        return Err(RegistrationError::MediaType); // DC-02
    }
    // By way of an object: an array is no registration, whatever a deserializer makes of it.
    let asked: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| RegistrationError::NotMetadata)?;
    let asked: Registration =
        serde_json::from_value(Value::Object(asked)).map_err(|_| RegistrationError::NotMetadata)?;
    if asked.jwks.is_some() && asked.jwks_uri.is_some() {
        return Err(RegistrationError::TwoKeySets); // DC-07
    }
    let lacks = |list: &Option<Vec<String>>, needed: &str| {
        list.as_ref().is_some_and(|list| !list.iter().any(|one| one == needed))
    };
    if lacks(&asked.grant_types, GRANT_TYPES[0]) || lacks(&asked.response_types, "code") {
        return Err(RegistrationError::Grant); // DC-08
    }
    let scope = asked.scope.as_deref().map(Scope::parse).transpose();
    let scope = scope.map_err(|_| RegistrationError::Scope)?.filter(|scope| !scope.is_empty());
    let client = Client::register(
        asked.redirect_uris.unwrap_or_default(),
        asked.client_name.as_deref().unwrap_or_default(),
    )?;
    Ok(Registered {
        client_id: client.id(server.key.seal())?,
        client_id_issued_at: server.clock.now(),
        token_endpoint_auth_method: "none",
        grant_types: GRANT_TYPES.into_iter().filter(|ours| !lacks(&asked.grant_types, ours)).collect(),
        response_types: ["code"],
        application_type: application_type(asked.application_type.as_deref(), &client.redirect_uris),
        scope,
        client_name: client.name,
        redirect_uris: client.redirect_uris,
    })
}

/// DC-12: what the client left out is inferred, not refused.
fn application_type(asked: Option<&str>, redirect_uris: &[String]) -> &'static str {
    match asked {
        Some("native") => "native",
        Some("web") => "web",
        _ if redirect_uris.iter().all(|uri| uri.starts_with("https:")) => "web",
        _ => "native",
    }
}

impl RegistrationError {
    /// DC-04
    fn code(&self) -> &'static str {
        match self {
            Self::Client(ClientError::RedirectUri | ClientError::TooLong) => "invalid_redirect_uri",
            Self::Client(ClientError::Name)
            | Self::MediaType
            | Self::NotMetadata
            | Self::TwoKeySets
            | Self::Grant
            | Self::Scope => "invalid_client_metadata",
        }
    }
}
