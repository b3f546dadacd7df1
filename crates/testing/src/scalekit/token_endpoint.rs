//! The token endpoint, at the environment and at the resource.

use super::{
    ENVIRONMENT_CLIENT, RESOURCE, Scalekit,
    environment::{Client, Grant},
    mint::ENVIRONMENT_TOKEN_TTL,
};
use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Form, Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};
use url::form_urlencoded;

type Parameters = HashMap<String, String>;

pub(super) async fn at_environment(
    State(scalekit): State<Arc<Scalekit>>,
    headers: HeaderMap,
    Form(form): Form<Parameters>,
) -> Response {
    answer(exchange(&scalekit, Place::Environment, &headers, form))
}

pub(super) async fn at_resource(
    State(scalekit): State<Arc<Scalekit>>,
    Path(resource): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Parameters>,
) -> Response {
    if resource != RESOURCE {
        return StatusCode::NOT_FOUND.into_response();
    }
    answer(exchange(&scalekit, Place::Resource, &headers, form))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Environment,
    Resource,
}

/// RFC 6749 §5.2.
struct TokenError(StatusCode, &'static str);

const INVALID_CLIENT: TokenError = TokenError(StatusCode::UNAUTHORIZED, "invalid_client");
const INVALID_GRANT: TokenError = TokenError(StatusCode::BAD_REQUEST, "invalid_grant");
const UNAUTHORIZED_CLIENT: TokenError = TokenError(StatusCode::BAD_REQUEST, "unauthorized_client");
const UNSUPPORTED: TokenError = TokenError(StatusCode::BAD_REQUEST, "unsupported_grant_type");

fn answer(result: Result<Value, TokenError>) -> Response {
    let (status, body) = match result {
        Ok(body) => (StatusCode::OK, body),
        Err(TokenError(status, error)) => (status, json!({"error": error})),
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn exchange(
    scalekit: &Scalekit,
    place: Place,
    headers: &HeaderMap,
    mut form: Parameters,
) -> Result<Value, TokenError> {
    if let Some((id, secret)) = basic(headers) {
        form.insert("client_id".to_owned(), id);
        form.insert("client_secret".to_owned(), secret);
    }
    let form = &form;
    let (client_id, client) = authenticate(scalekit, place, form)?;
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") if client.secret.is_none() => Err(UNAUTHORIZED_CLIENT),
        Some("client_credentials") => Ok(client_credentials(scalekit, client_id, form)),
        Some("authorization_code") => redeem_code(scalekit, client_id, form),
        Some("refresh_token") => refresh(scalekit, client_id, form),
        Some(_) | None => Err(UNSUPPORTED),
    }
}

/// The client's identifier, and the client. One with a secret must show it; a metadata document's URL is a public
/// client, and its codes are what prove it. The environment's own client has no business at the resource.
fn authenticate<'a>(
    scalekit: &Scalekit,
    place: Place,
    form: &'a Parameters,
) -> Result<(&'a str, Client), TokenError> {
    let client_id = form.get("client_id").ok_or(INVALID_CLIENT)?;
    let state = scalekit.state();
    let client = match state.clients.get(client_id) {
        Some(client) => client.clone(),
        None if state.switches.client_id_metadata_documents && client_id.starts_with("http") => {
            Client::default()
        }
        None => return Err(INVALID_CLIENT),
    };
    let knows_secret = client.secret.is_none() || client.secret.as_ref() == form.get("client_secret");
    let belongs_here = place == Place::Environment || client_id != ENVIRONMENT_CLIENT.0;
    if knows_secret && belongs_here { Ok((client_id, client)) } else { Err(INVALID_CLIENT) }
}

fn client_credentials(scalekit: &Scalekit, client_id: &str, form: &Parameters) -> Value {
    if client_id == ENVIRONMENT_CLIENT.0 {
        let token = scalekit.environment_token().sign(&scalekit.signing_key());
        return json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": ENVIRONMENT_TOKEN_TTL,
            "scope": "openid",
        });
    }
    let (scope, ttl) = {
        let state = scalekit.state();
        (state.grantable(form.get("scope")).join(" "), state.switches.token_ttl)
    };
    let token = scalekit.machine_token(&scope).sign(&scalekit.signing_key());
    json!({"access_token": token, "token_type": "Bearer", "expires_in": ttl, "scope": scope})
}

/// A code works once, even for whoever gets the rest wrong.
fn redeem_code(scalekit: &Scalekit, client_id: &str, form: &Parameters) -> Result<Value, TokenError> {
    let code = form.get("code").ok_or(INVALID_GRANT)?;
    let grant = scalekit.state().codes.remove(code).ok_or(INVALID_GRANT)?;
    let verifier = form.get("code_verifier").ok_or(INVALID_GRANT)?;
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let fits = grant.client_id == client_id
        && form.get("redirect_uri") == Some(&grant.redirect_uri)
        && grant.code_challenge == challenge
        && scalekit.clock.now() < grant.expires;
    if fits { Ok(grant_tokens(scalekit, grant)) } else { Err(INVALID_GRANT) }
}

/// Each refresh token works once and is followed by the next.
fn refresh(scalekit: &Scalekit, client_id: &str, form: &Parameters) -> Result<Value, TokenError> {
    let token = form.get("refresh_token").ok_or(INVALID_GRANT)?;
    let grant = scalekit.state().refresh_tokens.remove(token).ok_or(INVALID_GRANT)?;
    if grant.client_id == client_id { Ok(grant_tokens(scalekit, grant)) } else { Err(INVALID_GRANT) }
}

fn grant_tokens(scalekit: &Scalekit, grant: Grant) -> Value {
    let scope = grant.scope.join(" ");
    let key = scalekit.signing_key();
    let access_token = scalekit.user_token_for(&grant.client_id, &scope).sign(&key);
    let mut body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": scalekit.switches().token_ttl,
        "scope": scope,
        "id_token": scalekit.id_token(&grant.client_id, &access_token).sign(&key),
    });
    if grant.scope.iter().any(|scope| scope == "offline_access") {
        let mut state = scalekit.state();
        let token = state.new_secret("rt");
        body["refresh_token"] = token.clone().into();
        state.refresh_tokens.insert(token, grant);
    }
    body
}

/// RFC 6749 §2.3.1: both halves are form-encoded first.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let form_decoded =
        |text: &str| form_urlencoded::parse(text.as_bytes()).next().map(|(text, _)| text.into_owned());
    Some((form_decoded(id)?, form_decoded(secret)?))
}
