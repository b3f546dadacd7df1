//! Authorization server metadata, at both of the resource's places and at the environment's.

use super::{IssuerForm, RESOURCE, Scalekit};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// RFC 8414 §3.1: the well-known part first. One environment once answered 404 here.
pub(super) async fn inserted(
    State(scalekit): State<Arc<Scalekit>>,
    Path(resource): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    if !scalekit.switches().inserted_metadata {
        return Err(StatusCode::NOT_FOUND);
    }
    of_resource(&scalekit, &resource)
}

/// The well-known part last, as the documentation has it.
pub(super) async fn appended(
    State(scalekit): State<Arc<Scalekit>>,
    Path(resource): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    of_resource(&scalekit, &resource)
}

/// The environment's own; nobody registers there.
pub(super) async fn environment(State(scalekit): State<Arc<Scalekit>>) -> Json<Value> {
    let url = scalekit.url();
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "jwks_uri": scalekit.keys_url(),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
    }))
}

fn of_resource(scalekit: &Scalekit, resource: &str) -> Result<Json<Value>, StatusCode> {
    if resource != RESOURCE {
        return Err(StatusCode::NOT_FOUND);
    }
    let switches = scalekit.switches();
    let base = scalekit.issuer(IssuerForm::Resource);
    let mut document = json!({
        "issuer": scalekit.issuer(switches.metadata_issuer),
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "jwks_uri": scalekit.keys_url(),
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "response_types_supported": ["code"],
        "scopes_supported": switches.scopes,
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
    });
    if switches.dynamic_registration {
        document["registration_endpoint"] =
            format!("{}/api/v1/resources/{RESOURCE}/clients:register", scalekit.url()).into();
    }
    if switches.client_id_metadata_documents {
        document["client_id_metadata_document_supported"] = true.into();
    }
    Ok(Json(document))
}
