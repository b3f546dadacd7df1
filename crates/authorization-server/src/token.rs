//! The token endpoint (OAuth 2.1 §3.2): codes and refresh tokens become access tokens.

use crate::{
    authorize::Parameters,
    grants::{Grant, Redeemed},
    mint::{MintRequest, mint},
    server::{Shared, json, oauth_error},
};
use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::Scope;
use std::sync::Arc;

/// AS-30.
const LIFETIME: u64 = 3600;
/// A working day: development ends in the evening.
const REFRESH_LIFETIME: u64 = 12 * 3600;

/// `POST /oauth/token` (AS-25..AS-29).
pub(crate) async fn token(State(server): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let refuse = |error, description| oauth_error(StatusCode::BAD_REQUEST, error, description);
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    let Some(form) = Parameters::parse(&body).filter(|_| is_form) else {
        return refuse("invalid_request", "send a form in which no parameter occurs twice");
    };
    let resource = form.get("resource");
    if resource.is_some_and(|resource| !server.resources.iter().any(|ours| ours == resource)) {
        return refuse("invalid_target", "this resource is not served here");
    }
    let redeemed = match form.get("grant_type") {
        Some("authorization_code") => {
            let code = form.get("code").unwrap_or_default();
            server.grants.redeem_code(code, |grant| is_good_for_code(&server, &form, grant))
        }
        Some("refresh_token") => {
            let token = form.get("refresh_token").unwrap_or_default();
            server.grants.redeem_refresh(token, |grant| is_good_for_refresh(&server, &form, grant))
        }
        _ => return refuse("unsupported_grant_type", "use authorization_code or refresh_token"),
    };
    match redeemed {
        Redeemed::Good(grant) => issue(&server, &form, *grant),
        Redeemed::Unknown => refuse(
            "invalid_grant",
            "the code or refresh token is unknown, used, expired, or another client's",
        ),
    }
}

/// AS-13, AS-24, AS-27, AS-33.
fn is_good_for_code(server: &Shared, form: &Parameters, grant: &Grant) -> bool {
    let verifier = form.get("code_verifier").unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let of_length = (43..=128).contains(&verifier.len());
    of_length
        && challenge == grant.code_challenge
        && form.get("client_id") == Some(&grant.client_id)
        && form.get("redirect_uri").is_none_or(|uri| uri == grant.redirect_uri)
        && is_granted(form, grant)
        && server.clock.now() < grant.expires_at
}

fn is_good_for_refresh(server: &Shared, form: &Parameters, grant: &Grant) -> bool {
    form.get("client_id") == Some(&grant.client_id)
        && narrowed(form, grant).is_some()
        && is_granted(form, grant)
        && server.clock.now() < grant.expires_at
}

fn is_granted(form: &Parameters, grant: &Grant) -> bool {
    form.get("resource").is_none_or(|asked| grant.resource.as_deref().is_none_or(|granted| granted == asked))
}

/// A refresh may ask for less, never for more.
fn narrowed(form: &Parameters, grant: &Grant) -> Option<Scope> {
    let Some(asked) = form.get("scope") else { return Some(grant.scope.clone()) };
    Scope::parse(asked).ok().filter(|asked| grant.scope.is_superset_of(asked))
}

fn issue(server: &Shared, form: &Parameters, mut grant: Grant) -> Response {
    let failed =
        || oauth_error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "a token could not be signed");
    let Some(user) = server.users.iter().find(|user| user.id == grant.user) else { return failed() };
    let scope = narrowed(form, &grant).unwrap_or_else(|| grant.scope.clone());
    if grant.resource.is_none() {
        grant.resource = form.get("resource").map(str::to_owned);
    }
    // Without `resource`, a client means the one server there is, under any of its spellings.
    let audiences =
        grant.resource.clone().map_or_else(|| server.resources.clone(), |resource| vec![resource]);
    let now = server.clock.now();
    let (Some(token_id), Some(refresh_token)) = (server.random(), server.random()) else { return failed() };
    let request = MintRequest {
        issuer: &server.issuer,
        user,
        client_id: &short(&grant.client_id),
        scope: &scope,
        audiences: &audiences,
        issued_at: now,
        lifetime: LIFETIME,
        token_id: &token_id,
    };
    let Some(access_token) = mint(&server.key, &request) else { return failed() };
    grant.expires_at = now.plus(REFRESH_LIFETIME);
    server.grants.keep_refresh(refresh_token.clone(), grant);
    json(
        StatusCode::OK,
        &serde_json::json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "refresh_token": refresh_token,
            "scope": scope.to_string(),
        }),
    )
}

/// Self-describing client ids are long; the token carries their hash, as stable and short enough for a log line.
fn short(client_id: &str) -> String {
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, client_id.as_bytes()));
    format!("dev-{}", &hash[..16])
}
