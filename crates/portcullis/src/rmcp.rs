//! For the official SDK: inside a tool, whose call it is.

use crate::caller::{AccessToken, InsufficientScope, NotProtected, Permit};
use ::rmcp::{
    ErrorData, RoleServer,
    handler::server::common::{AsRequestContext, FromContextPart},
    model::ErrorCode,
    service::RequestContext,
};
use http::request::Parts;
use serde_json::json;

/// What the SDK's context knows of the caller.
///
/// ```no_run
/// # use portcullis::rmcp::CallerContext as _;
/// # use rmcp::{ErrorData, RoleServer, service::RequestContext};
/// fn close_account(context: RequestContext<RoleServer>) -> Result<String, ErrorData> {
///     context.require_scope("account:close")?;
///     Ok(format!("goodbye, {}", context.access_token()?.subject()))
/// }
/// ```
pub trait CallerContext {
    /// What was permitted.
    ///
    /// # Errors
    /// The server is not behind the layer.
    fn permit(&self) -> Result<Permit, NotProtected>;

    /// The verified token.
    ///
    /// # Errors
    /// The server is not behind the layer.
    fn access_token(&self) -> Result<AccessToken, NotProtected> {
        self.permit().map(|permit| permit.access_token())
    }

    /// Goes on only if the caller has this scope: [`AccessToken::require_scope`].
    ///
    /// # Errors
    /// It has not; or the server is not behind the layer.
    fn require_scope(&self, scope: &str) -> Result<(), ErrorData> {
        Ok(self.access_token()?.require_scope(scope)?)
    }
}

impl CallerContext for RequestContext<RoleServer> {
    fn permit(&self) -> Result<Permit, NotProtected> {
        let parts = self.extensions.get::<Parts>();
        parts.and_then(|parts| parts.extensions.get::<Permit>()).cloned().ok_or(NotProtected)
    }
}

/// As an argument of a tool or a prompt.
impl<C: AsRequestContext> FromContextPart<C> for AccessToken {
    fn from_context_part(context: &mut C) -> Result<Self, ErrorData> {
        Ok(context.as_request_context().access_token()?)
    }
}

/// As an argument of a tool or a prompt.
impl<C: AsRequestContext> FromContextPart<C> for Permit {
    fn from_context_part(context: &mut C) -> Result<Self, ErrorData> {
        Ok(context.as_request_context().permit()?)
    }
}

impl From<NotProtected> for ErrorData {
    fn from(error: NotProtected) -> Self {
        tracing::error!(target: "portcullis", "{error}");
        Self::internal_error("the server is not protected", None)
    }
}

/// What a client reads where the answer had begun: in an event stream there is no challenge any more.
impl From<InsufficientScope> for ErrorData {
    fn from(error: InsufficientScope) -> Self {
        let data = json!({"error": "insufficient_scope", "scope": error.scope()});
        Self::new(ErrorCode::INVALID_REQUEST, error.to_string(), Some(data))
    }
}
