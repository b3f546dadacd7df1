//! Why the token endpoint says no (OAuth 2.1 §3.2.4, RFC 8707 §2.2), and how it says so. No text holds what was sent.

use crate::reply::{UNREADABLE_BODY, oauth_error};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

/// A token request that is not answered with a token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("{UNREADABLE_BODY}")]
    Body(StatusCode),
    #[error("send an application/x-www-form-urlencoded form in UTF-8")]
    NotAForm,
    #[error("a parameter occurs twice")]
    Repeated,
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("use authorization_code or refresh_token")]
    GrantType,
    #[error(
        "clients here are public: send client_id in the form, and neither a secret nor an Authorization header"
    )]
    Authenticated { in_header: bool },
    #[error("this client is not registered here; register again")]
    UnknownClient,
    #[error("this resource is not served here, or was not granted")]
    Target,
    #[error("a scope was not granted")]
    Scope,
    #[error("the code or refresh token is unknown")]
    UnknownGrant,
    #[error("the code or refresh token was used before; what it led to is revoked")]
    UsedGrant,
    #[error("the code or refresh token has expired")]
    ExpiredGrant,
    #[error("the code or refresh token was issued to another client")]
    OtherClient,
    #[error("the redirect_uri is not that of the authorization request")]
    OtherRedirectUri,
    #[error("the code_verifier is missing, or does not meet the code_challenge")]
    Verifier,
    #[error("the user is no more")]
    User,
    #[error("a token could not be made")]
    Server,
}

impl TokenError {
    /// AS-26, AS-32: 400, but for a client that came with the Authorization header, and for our own failure.
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Body(status) => (*status, "invalid_request"),
            Self::NotAForm | Self::Repeated | Self::Missing(_) => {
                (StatusCode::BAD_REQUEST, "invalid_request")
            }
            Self::GrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::Authenticated { in_header: true } => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::Authenticated { in_header: false } | Self::UnknownClient => {
                (StatusCode::BAD_REQUEST, "invalid_client")
            }
            Self::Target => (StatusCode::BAD_REQUEST, "invalid_target"),
            Self::Scope => (StatusCode::BAD_REQUEST, "invalid_scope"),
            Self::UnknownGrant
            | Self::UsedGrant
            | Self::ExpiredGrant
            | Self::OtherClient
            | Self::OtherRedirectUri
            | Self::Verifier
            | Self::User => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::Server => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }

    /// What the client reads.
    pub(crate) fn response(&self) -> Response {
        let (status, code) = self.status_and_code();
        let mut response = oauth_error(status, code, &self.to_string());
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"portcullis dev\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
