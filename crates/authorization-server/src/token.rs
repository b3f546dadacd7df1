//! The token endpoint (OAuth 2.1 §3.2): codes and refresh tokens become access tokens.

use crate::{
    client_id::Client,
    grants::{Code, Grant},
    parameters::{FORM, Parameters, is_media_type},
    reply::json,
    server::Shared,
    token_error::TokenError,
};
use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use portcullis_oauth::Scope;
use serde::Serialize;
use std::sync::Arc;

/// AS-30, in seconds.
const LIFETIME: u64 = 3600;

/// OAuth 2.1 §3.2.3, AS-25.
#[derive(Serialize)]
struct Issued {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: String,
    scope: Scope,
}

/// `POST /oauth/token`.
pub(crate) async fn token(
    State(server): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match issued(&server, &headers, body) {
        Ok(issued) => json(StatusCode::OK, &issued),
        Err(error) => error.response(),
    }
}

fn issued(
    server: &Shared,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Issued, TokenError> {
    let body = body.map_err(|rejection| TokenError::Body(rejection.status()))?;
    let form = Parameters::parse(&body).filter(|_| is_media_type(headers, FORM));
    let form = form.ok_or(TokenError::NotAForm)?;
    if form.has_repetition() {
        return Err(TokenError::Repeated); // AS-23
    }
    let grant_type = GrantType::of(&form)?;
    let client_id = client_id(server, headers, &form)?;
    if !form.all("resource").iter().all(|resource| server.resources.contains(resource)) {
        return Err(TokenError::Target); // AS-32
    }
    let (refresh_token, now) = (server.random().map_err(|_| TokenError::Server)?, server.clock.now());
    let grant = match grant_type {
        GrantType::AuthorizationCode => {
            let code = required(&form, "code")?;
            server.grants.redeem_code(code, &refresh_token, now, |code| judge_code(code, client_id, &form))?
        }
        GrantType::RefreshToken => {
            let presented = required(&form, "refresh_token")?;
            server.grants.redeem_refresh_token(presented, &refresh_token, now, |grant| {
                judge_grant(grant, client_id, &form)?;
                asked_scope(grant_type, grant, &form).map(drop)
            })?
        }
    };
    let scope = asked_scope(grant_type, &grant, &form)?;
    let user = server.users.iter().find(|user| user.id == grant.user).ok_or(TokenError::User)?;
    let audiences = [form.all("resource"), &grant.resources, &server.resources];
    // Without `resource`, a client means the one server there is, under any of its spellings.
    let audiences = audiences.into_iter().find(|audiences| !audiences.is_empty()).unwrap_or_default();
    let access_token = server.mint(user, client_id, &scope, audiences, LIFETIME).ok_or(TokenError::Server)?;
    Ok(Issued { access_token, token_type: "Bearer", expires_in: LIFETIME, refresh_token, scope })
}

/// The grants there are; no others (AS-31).
#[derive(Clone, Copy, PartialEq, Eq)]
enum GrantType {
    AuthorizationCode,
    RefreshToken,
}

impl GrantType {
    fn of(form: &Parameters) -> Result<Self, TokenError> {
        match required(form, "grant_type")? {
            "authorization_code" => Ok(Self::AuthorizationCode),
            "refresh_token" => Ok(Self::RefreshToken),
            _ => Err(TokenError::GrantType),
        }
    }
}

fn required<'a>(form: &'a Parameters, name: &'static str) -> Result<&'a str, TokenError> {
    form.get(name).ok_or(TokenError::Missing(name))
}

/// A client that is ours, and public: whoever authenticates takes us for somebody else.
fn client_id<'a>(server: &Shared, headers: &HeaderMap, form: &'a Parameters) -> Result<&'a str, TokenError> {
    let in_header = headers.contains_key(header::AUTHORIZATION);
    if in_header || ["client_secret", "client_assertion"].iter().any(|name| form.get(name).is_some()) {
        return Err(TokenError::Authenticated { in_header });
    }
    let client_id = required(form, "client_id")?;
    let known = Client::of_id(client_id, server.key.seal());
    known.map(|_| client_id).ok_or(TokenError::UnknownClient)
}

/// AS-13, AS-24, AS-27
fn judge_code(code: &Code, client_id: &str, form: &Parameters) -> Result<(), TokenError> {
    judge_grant(&code.grant, client_id, form)?;
    if form.get("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
        return Err(TokenError::OtherRedirectUri);
    }
    if !code.code_challenge.is_met_by(form.get("code_verifier").unwrap_or_default()) {
        return Err(TokenError::Verifier);
    }
    Ok(())
}

/// AS-29, AS-33
fn judge_grant(grant: &Grant, client_id: &str, form: &Parameters) -> Result<(), TokenError> {
    if grant.client_id != client_id {
        return Err(TokenError::OtherClient);
    }
    let is_granted = |resource| grant.resources.is_empty() || grant.resources.contains(resource);
    if form.all("resource").iter().all(is_granted) { Ok(()) } else { Err(TokenError::Target) }
}

/// A refresh may ask for less, never for more (OAuth 2.1 §4.3.1). With a code, `scope` has no meaning and is ignored.
fn asked_scope(grant_type: GrantType, grant: &Grant, form: &Parameters) -> Result<Scope, TokenError> {
    match form.get("scope").filter(|_| grant_type == GrantType::RefreshToken) {
        None => Ok(grant.scope.clone()),
        Some(asked) => {
            let asked = Scope::parse(asked).ok().filter(|asked| grant.scope.is_superset_of(asked));
            asked.ok_or(TokenError::Scope)
        }
    }
}
