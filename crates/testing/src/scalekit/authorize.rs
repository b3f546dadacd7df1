//! The authorization endpoint. The one user there is approves at once.

use super::{RESOURCE, Scalekit, environment::Grant};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use portcullis_fetch::Trust;
use portcullis_oauth::is_loopback;
use serde::Deserialize;
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use url::Url;

type Parameters = HashMap<String, String>;

/// A code lives this long, in seconds.
const CODE_TTL: u64 = 60;

pub(super) async fn at_environment(
    State(scalekit): State<Arc<Scalekit>>,
    Query(parameters): Query<Parameters>,
) -> Response {
    authorize(&scalekit, &parameters).await.unwrap_or_else(Refused::into_page)
}

pub(super) async fn at_resource(
    State(scalekit): State<Arc<Scalekit>>,
    Path(resource): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Response {
    if resource != RESOURCE {
        return StatusCode::NOT_FOUND.into_response();
    }
    authorize(&scalekit, &parameters).await.unwrap_or_else(Refused::into_page)
}

/// Told to the person, because nobody knows whose redirect URI it is.
struct Refused(&'static str, &'static str);

impl Refused {
    fn into_page(self) -> Response {
        let body = json!({"error": self.0, "error_description": self.1});
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    }
}

async fn authorize(scalekit: &Scalekit, parameters: &Parameters) -> Result<Response, Refused> {
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    let client_id = parameter("client_id");
    let registered = redirect_uris(scalekit, client_id).await?;
    let redirect_uri = parameter("redirect_uri");
    let port_varies = scalekit.switches().loopback_port_varies;
    let redirect: Url = registered
        .iter()
        .any(|uri| uri == redirect_uri || (port_varies && is_same_but_for_port(uri, redirect_uri)))
        .then(|| redirect_uri.parse().ok())
        .flatten()
        .ok_or(Refused("invalid_request", "redirect_uri is not registered"))?;
    if parameter("response_type") != "code" {
        return Ok(send_back(scalekit, redirect, parameters, ("error", "unsupported_response_type")));
    }
    if parameter("code_challenge").is_empty() || parameter("code_challenge_method") != "S256" {
        return Ok(send_back(scalekit, redirect, parameters, ("error", "invalid_request")));
    }
    let code = {
        let mut state = scalekit.state();
        let code = state.new_secret("code");
        let grant = Grant {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            code_challenge: parameter("code_challenge").to_owned(),
            scope: state.grantable(parameters.get("scope")),
            expires: scalekit.clock.now().plus(CODE_TTL),
        };
        state.codes.insert(code.clone(), grant);
        code
    };
    Ok(send_back(scalekit, redirect, parameters, ("code", &code)))
}

/// With `iss`, which is the metadata's issuer (RFC 9207).
fn send_back(
    scalekit: &Scalekit,
    mut redirect: Url,
    parameters: &Parameters,
    (name, value): (&str, &str),
) -> Response {
    let issuer = scalekit.issuer(scalekit.switches().metadata_issuer);
    redirect.query_pairs_mut().append_pair(name, value).append_pair("iss", &issuer);
    if let Some(state) = parameters.get("state") {
        redirect.query_pairs_mut().append_pair("state", state);
    }
    (StatusCode::FOUND, [(header::LOCATION, redirect.to_string())]).into_response()
}

#[derive(Deserialize)]
struct ClientIdMetadata {
    client_id: String,
    redirect_uris: Vec<String>,
}

/// What is neither `m2m_…` nor known is taken for the URL of a metadata document.
async fn redirect_uris(scalekit: &Scalekit, client_id: &str) -> Result<Vec<String>, Refused> {
    const NO_DOCUMENT: Refused =
        Refused("invalid_client_metadata_url", "client_id leads to no client id metadata document");
    if let Some(client) = scalekit.state().clients.get(client_id) {
        return Ok(client.redirect_uris.clone());
    }
    if client_id.starts_with("m2m_") {
        return Err(Refused("invalid_client", "unable to retrieve client by id"));
    }
    let url: Url = client_id.parse().map_err(|_| NO_DOCUMENT)?;
    if !scalekit.switches().client_id_metadata_documents {
        return Err(NO_DOCUMENT);
    }
    let fetched = scalekit.fetch.get(url, Trust::Configured).await.map_err(|_| NO_DOCUMENT)?;
    let document: ClientIdMetadata = serde_json::from_slice(&fetched.body).map_err(|_| NO_DOCUMENT)?;
    if document.client_id != client_id {
        return Err(NO_DOCUMENT);
    }
    Ok(document.redirect_uris)
}

fn is_same_but_for_port(registered: &str, asked: &str) -> bool {
    let (Ok(mut registered), Ok(asked)) = (Url::parse(registered), Url::parse(asked)) else { return false };
    is_loopback(&registered) && registered.set_port(asked.port()).is_ok() && registered == asked
}
