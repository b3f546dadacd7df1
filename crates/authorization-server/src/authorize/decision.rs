//! What a person decided on the sign-in page: a code, or `access_denied`.

use super::{
    page::{REQUEST, is_from_our_page, problem_page, redirect},
    request::AuthorizationRequest,
};
use crate::{
    grants::{Code, Grant},
    parameters::{FORM, Parameters, is_media_type},
    randomness::NoRandomness,
    redirect_uri::response,
    reply::UNREADABLE_BODY,
    server::Shared,
};
use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use std::sync::Arc;

/// Why a decision is not followed. The person reads it; the client hears nothing.
#[derive(Debug, thiserror::Error)]
enum DecisionError {
    #[error("{UNREADABLE_BODY}")]
    Body(StatusCode),
    #[error("the form is not one of ours, or a field occurs twice")]
    Form,
    #[error("the form was not sent by the page that was shown in this browser; start again in your client")]
    Forged,
    #[error("the page was open for too long; start again in your client")]
    Expired,
    #[error("the decision is neither allow nor deny")]
    Undecided,
    #[error("nobody of that name can sign in here")]
    User,
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// `POST /oauth/authorize`: only from our own page, in the browser that was shown it.
pub(crate) async fn decide(
    State(server): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match decided(&server, &headers, body) {
        Ok(url) => redirect(&url),
        Err(error) => problem_page(error.status(), &error.to_string()),
    }
}

/// The URL at which the client hears of it.
fn decided(
    server: &Shared,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<String, DecisionError> {
    let body = body.map_err(|rejection| DecisionError::Body(rejection.status()))?;
    let form = Parameters::parse(&body).filter(|form| is_media_type(headers, FORM) && !form.has_repetition());
    let form = form.ok_or(DecisionError::Form)?;
    let field = |name| form.get(name).unwrap_or_default();
    if !is_from_our_page(server, headers, field("request"), field("csrf")) {
        return Err(DecisionError::Forged);
    }
    let request = server.key.seal().open(REQUEST, field("request")).ok_or(DecisionError::Forged)?;
    let request: AuthorizationRequest =
        serde_json::from_slice(&request).map_err(|_| DecisionError::Forged)?;
    if request.expires_at <= server.clock.now() {
        return Err(DecisionError::Expired);
    }
    let answer =
        |answer| Ok(response(&request.redirect_uri, &[answer], request.state.as_deref(), &server.issuer));
    match field("decision") {
        "allow" => {}
        "deny" => return answer(("error", "access_denied")),
        _ => return Err(DecisionError::Undecided),
    }
    let user = field("user");
    if !server.users.iter().any(|known| known.id == user) {
        return Err(DecisionError::User);
    }
    let code = server.random()?;
    let grant = Grant {
        client_id: request.client_id.clone(),
        user: user.to_owned(),
        scope: request.scope.clone(),
        resources: request.resources.clone(),
    };
    let redirect_uri = request.redirect_uri.clone();
    let code_challenge = request.code_challenge.clone();
    server.grants.keep_code(&code, Code { grant, redirect_uri, code_challenge }, server.clock.now());
    answer(("code", &code))
}

impl DecisionError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Body(status) => *status,
            Self::Form | Self::Expired | Self::Undecided | Self::User => StatusCode::BAD_REQUEST,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Randomness(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
