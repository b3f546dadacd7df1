//! A service of yours as the last step of the line: it gets the request that was authorized, and whose it is.

use crate::{ProtectedResource, caller::Permit, protect::Protect};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use portcullis_oauth::Scope;
use portcullis_resource_server::{Admitted, Line};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tower_layer::Layer;
use tower_service::Service;

/// See [`ProtectedResource::layer`].
#[derive(Clone)]
#[must_use = "it protects nothing until it stands around a service"]
pub struct ProtectLayer {
    pub(crate) resource: ProtectedResource,
}

impl<S> Layer<S> for ProtectLayer {
    type Service = Protect<Handler<S>>;

    fn layer(&self, inner: S) -> Self::Service {
        let line = self.resource.shared_line();
        self.resource.protect(Handler { inner, line })
    }
}

/// An HTTP service behind the line. The caller's [`Permit`] is in the extensions of the request; the token is gone from it.
#[derive(Clone)]
pub struct Handler<S> {
    inner: S,
    line: Arc<Line>,
}

/// In the extensions of an answer: what the code behind the layer found to be lacking, so that the answer must not go out.
#[derive(Clone, Debug)]
pub(crate) struct Demanded(pub(crate) Scope);

impl<S, R> Service<Admitted> for Handler<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, admitted: Admitted) -> Self::Future {
        let (permit, mut request) = admitted.into_parts();
        let permit = Permit::new(permit, self.line.clone());
        let demands = permit.demands().clone();
        request.extensions_mut().insert(permit);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            if let Some(needed) = demands.take() {
                answer.extensions_mut().insert(Demanded(needed));
            }
            Ok(answer)
        })
    }
}
