//! Dynamic registration (RFC 7591): public clients, no secret.

use super::{RESOURCE, Scalekit, environment::Client};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn register(
    State(scalekit): State<Arc<Scalekit>>,
    Path(resource): Path<String>,
    Json(requested): Json<Value>,
) -> Response {
    let mut state = scalekit.state();
    if resource != RESOURCE || !state.switches.dynamic_registration {
        return StatusCode::NOT_FOUND.into_response();
    }
    let redirect_uris: Vec<String> = requested["redirect_uris"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|uri| uri.as_str().map(str::to_owned))
        .collect();
    if redirect_uris.is_empty() {
        let error = json!({"error": "invalid_redirect_uri"});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let client_id = state.new_id("m2m");
    state.clients.insert(client_id.clone(), Client { secret: None, redirect_uris });
    let mut answer = json!({"client_id": client_id, "token_endpoint_auth_method": "none"});
    for echoed in ["redirect_uris", "grant_types", "response_types", "scope", "client_name"] {
        if let Some(value) = requested.get(echoed) {
            answer[echoed] = value.clone();
        }
    }
    (StatusCode::CREATED, Json(answer)).into_response()
}
