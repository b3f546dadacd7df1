//! Dynamic client registration (RFC 7591): public clients only, nothing stored.

use crate::{
    client_id::{Client, ClientError},
    server::{Shared, json, oauth_error},
};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use std::sync::Arc;

/// What is read of a registration; the rest is ignored (DC-05).
#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    client_name: String,
    scope: Option<String>,
    grant_types: Option<Vec<String>>,
    application_type: Option<String>,
}

/// DC-02..DC-06, DC-12: what the client left out is inferred, not refused.
pub(crate) async fn register(State(server): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim().to_ascii_lowercase().starts_with("application/json"));
    let invalid =
        |description: &str| oauth_error(StatusCode::BAD_REQUEST, "invalid_client_metadata", description);
    if !is_json {
        return invalid("send the client's metadata as application/json");
    }
    let Ok(asked) = serde_json::from_slice::<Registration>(&body) else {
        return invalid("the client's metadata is not a JSON object of the expected types");
    };
    let client = match Client::register(asked.redirect_uris, asked.client_name) {
        Ok(client) => client,
        Err(error @ ClientError::RedirectUri) => {
            return oauth_error(StatusCode::BAD_REQUEST, "invalid_redirect_uri", &error.to_string());
        }
        Err(error @ ClientError::Name) => return invalid(&error.to_string()),
    };
    let Some(client_id) = client.id(&server.key) else {
        return oauth_error(
            StatusCode::BAD_REQUEST,
            "invalid_redirect_uri",
            "the redirect URIs are too long together",
        );
    };
    let mut reply = serde_json::json!({
        "client_id": client_id,
        "client_id_issued_at": server.clock.now().0,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "token_endpoint_auth_method": "none",
        "grant_types": asked.grant_types.unwrap_or_else(|| vec!["authorization_code".into(), "refresh_token".into()]),
        "response_types": ["code"],
        "application_type": asked.application_type.unwrap_or_else(|| "native".into()),
    });
    if let Some(scope) = asked.scope {
        reply["scope"] = scope.into();
    }
    json(StatusCode::CREATED, &reply)
}
