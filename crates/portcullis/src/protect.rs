//! The line as a tower service: public documents, preflight, admit, forward, and what must be true of the answer.

use crate::{
    answer::{self, AnswerBody},
    builder::Builder,
    cors,
    farewell::Farewell,
    handler::{Demanded, ProtectLayer},
    lifetime::EndsWithToken,
    metadata::PublishedMetadata,
    well_known,
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Version, header};
use http_body::Body;
use http_body_util::{Either, Full};
use portcullis_oauth::ResourceIdentifier;
use portcullis_resource_server::{Admitted, ChallengeContext, DPOP_NONCE, Line, Permit};
use std::{
    error::Error,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower_service::Service;

/// How long answers may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamLimits {
    /// How long an open-ended stream outlives its token: 30 s by default, for a client that is just refreshing it.
    pub grace: Duration,
    /// The longest answer to one POST, whose token may expire meanwhile: an hour by default.
    pub longest_call: Duration,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self { grace: Duration::from_secs(30), longest_call: Duration::from_secs(3600) }
    }
}

impl StreamLimits {
    /// Another grace.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Another longest call.
    #[must_use]
    pub fn longest_call(self, longest_call: Duration) -> Self {
        Self { longest_call, ..self }
    }
}

/// A protected resource: the line, and what is published about it.
#[derive(Clone)]
pub struct ProtectedResource(Arc<Parts>);

struct Parts {
    line: Arc<Line>,
    challenge: ChallengeContext,
    metadata: PublishedMetadata,
    /// Whether the root form of the metadata is this resource's.
    at_root: bool,
    streams: StreamLimits,
}

/// What a protected service answers with: ours, or the inner service's as its caller may see it, cut where it must end.
pub type Answer<B> = Response<Either<Full<Bytes>, EndsWithToken<AnswerBody<B>>>>;

impl ProtectedResource {
    /// Describes a resource by the URL that clients dial (RFC 9728 `resource`): https, or http on loopback.
    pub fn builder(identifier: impl Into<String>) -> Builder {
        Builder::new(identifier.into())
    }

    pub(crate) fn new(line: Line, metadata: PublishedMetadata, at_root: bool, streams: StreamLimits) -> Self {
        let challenge = line.challenge_context();
        Self(Arc::new(Parts { line: Arc::new(line), challenge, metadata, at_root, streams }))
    }

    /// The line.
    pub fn line(&self) -> &Line {
        &self.0.line
    }

    /// What it is called, which is the URL that clients dial. Its `authority()` is the name a server behind the layer is reached
    /// by, for one that checks `Host` itself, as the official SDK's does.
    pub fn identifier(&self) -> &ResourceIdentifier {
        &self.0.line.resource
    }

    pub(crate) fn shared_line(&self) -> Arc<Line> {
        self.0.line.clone()
    }

    /// The answer to a request for what clients read without a token: the metadata, and JSON for what else is asked for under
    /// `/.well-known/`. `None` for any other request.
    pub fn public_answer<B>(&self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        well_known::answer(request, &self.0.metadata, self.0.at_root)
    }

    /// The paths at which the metadata is read, without the one slash that may follow.
    pub fn metadata_paths(&self) -> Vec<&str> {
        well_known::paths(&self.0.metadata, self.0.at_root)
    }

    /// Whether this resource's metadata is read at `path`.
    pub fn publishes_at(&self, path: &str) -> bool {
        well_known::is_at(path, &self.0.metadata, self.0.at_root)
    }

    /// Puts the line in front of `forward`, which can be reached with an [`Admitted`] only.
    pub fn protect<F>(&self, forward: F) -> Protect<F> {
        Protect { resource: self.clone(), forward }
    }

    /// The line as a layer around a service that answers HTTP: an MCP server. What passes has the caller's
    /// [`Permit`](crate::Permit) in its extensions, and no token. The layer answers for the metadata too, wherever it stands.
    pub fn layer(&self) -> ProtectLayer {
        ProtectLayer { resource: self.clone() }
    }
}

impl Parts {
    async fn call<F, B, R>(&self, mut forward: F, request: Request<B>) -> Result<Answer<R>, F::Error>
    where
        F: Service<Admitted, Response = Response<R>>,
        B: Body<Data = Bytes>,
        R: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if let Some(document) = self.metadata_for(&request) {
            return Ok(document.map(Either::Left));
        }
        let is_http2 = request.version() >= Version::HTTP_2;
        let allowed_origin =
            self.line.reach.origin(request.headers()).ok().flatten().map(HeaderValue::try_from);
        let origin = allowed_origin.and_then(Result::ok);
        let mut answer =
            if cors::is_preflight(&request) && origin.is_some() && self.line.reach.check(&request).is_ok() {
                cors::preflight::<Full<Bytes>>(request.headers()).map(Either::Left)
            } else {
                match self.line.admit(request).await {
                    Err(refusal) => refusal.response(&self.challenge).map(Either::Left),
                    Ok(admitted) => {
                        let (permit, nonce) = (admitted.permit().clone(), admitted.fresh_nonce().cloned());
                        let mut answer = forward.call(admitted).await?;
                        let mut answer = match answer.extensions_mut().remove::<Demanded>() {
                            Some(Demanded(needed)) => {
                                let refusal = self.line.demand(&permit, &needed);
                                refusal.response(&self.challenge).map(Either::Left)
                            }
                            None => self.finish(&permit, answer, is_http2).await,
                        };
                        answer.headers_mut().extend(nonce.map(|nonce| (DPOP_NONCE, nonce)));
                        answer
                    }
                }
            };
        cors::expose(answer.headers_mut(), origin.as_ref());
        Ok(answer)
    }

    /// The document that this resource publishes, if that is what is asked for: nobody needs a token to read it, in whatever
    /// order routes and layer were put together.
    fn metadata_for<B>(&self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        let is_here = well_known::is_at(request.uri().path(), &self.metadata, self.at_root);
        if is_here { well_known::answer(request, &self.metadata, self.at_root) } else { None }
    }

    /// Seals the session, hides what is not the caller's, ends what is open-ended, and lets no foreign challenge or nonce
    /// through (CH-21).
    async fn finish<R: Body<Data = Bytes> + Send + 'static>(
        &self,
        permit: &Permit,
        mut response: Response<R>,
        is_http2: bool,
    ) -> Answer<R> {
        self.line.seal_session(permit, response.headers_mut());
        response.headers_mut().remove(header::WWW_AUTHENTICATE);
        response.headers_mut().remove(DPOP_NONCE);
        let (time, revoked) = if permit.is_open_ended() {
            let time = self.line.time_left(permit.token()).saturating_add(self.streams.grace);
            (time, self.line.until_revoked(permit.token()))
        } else {
            (self.streams.longest_call, None)
        };
        let farewell = Farewell::of(permit, &response);
        let response = answer::judge(&self.line, permit, response, time).await;
        response.map(|body| match body {
            Either::Left(whole) => Either::Left(whole),
            Either::Right(body) => {
                let body = EndsWithToken::or_once_revoked(body, time, revoked).with_farewell(farewell);
                Either::Right(if is_http2 { body.watched() } else { body })
            }
        })
    }
}

/// See [`ProtectedResource::protect`].
#[derive(Clone)]
pub struct Protect<F> {
    resource: ProtectedResource,
    forward: F,
}

impl<F, B, R> Service<Request<B>> for Protect<F>
where
    F: Service<Admitted, Response = Response<R>> + Clone + Send + 'static,
    F::Future: Send,
    F::Error: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    R: Body<Data = Bytes> + Send + 'static,
{
    type Response = Answer<R>;
    type Error = F::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Answer<R>, F::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), F::Error>> {
        self.forward.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was polled ready is the one that is called.
        let clone = self.forward.clone();
        let ready = std::mem::replace(&mut self.forward, clone);
        let parts = self.resource.0.clone();
        Box::pin(async move { parts.call(ready, request).await })
    }
}
