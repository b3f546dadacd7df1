//! For axum: extractors, and the public routes as a router.

use crate::{
    ProtectedResource,
    caller::{AccessToken, InsufficientScope, NotProtected, Permit},
};
use ::axum::{
    BoxError, Json, Router,
    extract::{FromRequestParts, OptionalFromRequestParts, Request},
    response::{IntoResponse, Response},
    routing::any,
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use http_body::Body;
use http_body_util::Full;
use serde_json::json;
use std::convert::Infallible;
use tower_layer::Layer as _;
use tower_service::Service;

impl ProtectedResource {
    /// The public routes: the metadata, at its own path and, unless said otherwise, at the root of the host.
    pub fn well_known<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.metadata_paths().into_iter().fold(Router::new().without_v07_checks(), |router, path| {
            // Braces are axum's own; colons and asterisks were once.
            let path = path.replace('{', "{{").replace('}', "}}");
            let resource = self.clone();
            let answer = any(move |request: Request| async move {
                resource
                    .public_answer(&request)
                    .map_or(StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
            });
            router.route(&format!("{path}/"), answer.clone()).route(&path, answer)
        })
    }
}

impl ProtectedResource {
    /// An MCP server at the path that clients dial, with a slash at its end and without, behind the layer; and the public
    /// routes. To be served, or to be merged into a router whose other routes it leaves alone.
    ///
    /// ```no_run
    /// # fn serve(auth: portcullis::ProtectedResource, mcp_service: axum::routing::MethodRouter) -> axum::Router {
    /// axum::Router::new().route("/health", axum::routing::get(async || "ok")).merge(auth.router(mcp_service))
    /// # }
    /// ```
    pub fn router<T, R>(&self, server: T) -> Router
    where
        T: Service<http::Request<Full<Bytes>>, Response = http::Response<R>, Error = Infallible>,
        T: Clone + Send + Sync + 'static,
        T::Future: Send + 'static,
        R: Body<Data = Bytes> + Send + 'static,
        R::Error: Into<BoxError>,
    {
        let path = self.identifier().path().replace('{', "{{").replace('}', "}}");
        let other = path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned);
        let server = self.layer().layer(server);
        let router = Router::new().without_v07_checks().route_service(&path, server.clone());
        let router = if other.is_empty() { router } else { router.route_service(&other, server) };
        router.merge(self.well_known())
    }
}

impl<S: Sync> FromRequestParts<S> for Permit {
    type Rejection = NotProtected;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotProtected> {
        parts.extensions.get().cloned().ok_or(NotProtected)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Permit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().cloned())
    }
}

impl<S: Sync> FromRequestParts<S> for AccessToken {
    type Rejection = NotProtected;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotProtected> {
        parts.extensions.get::<Permit>().map(Permit::access_token).ok_or(NotProtected)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for AccessToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Permit>().map(Permit::access_token))
    }
}

/// A mistake of the program, and no fault of the caller.
impl IntoResponse for NotProtected {
    fn into_response(self) -> Response {
        tracing::error!(target: "portcullis", "{self}");
        let body = json!({"error": "server_error", "error_description": "this route is not protected"});
        (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
    }
}

/// The layer writes the challenge; this is what stands there without one.
impl IntoResponse for InsufficientScope {
    fn into_response(self) -> Response {
        (StatusCode::FORBIDDEN, Json(json!({"error": "insufficient_scope"}))).into_response()
    }
}
