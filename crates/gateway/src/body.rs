//! The body of every answer: a few words of ours, what the upstream says, or what is served beside.

use crate::upstream::UpstreamBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Either, Full, combinators::UnsyncBoxBody};
use portcullis::{AnswerBody, parts::EndsWithToken};
use std::{
    convert::Infallible,
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

type BoxError = Box<dyn Error + Send + Sync>;

/// The body of every answer.
pub struct GatewayBody(Kind);

enum Kind {
    /// Ours.
    Whole(Full<Bytes>),
    /// The upstream's, as it comes.
    Passed(EndsWithToken<AnswerBody<UpstreamBody>>),
    /// Of what else is served here.
    Beside(UnsyncBoxBody<Bytes, BoxError>),
}

impl GatewayBody {
    /// The body of something that is served beside the resources.
    pub fn beside<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Kind::Beside(body.map_err(Into::into).boxed_unsync()))
    }
}

impl From<Full<Bytes>> for GatewayBody {
    fn from(body: Full<Bytes>) -> Self {
        Self(Kind::Whole(body))
    }
}

impl From<Either<Full<Bytes>, EndsWithToken<AnswerBody<UpstreamBody>>>> for GatewayBody {
    fn from(body: Either<Full<Bytes>, EndsWithToken<AnswerBody<UpstreamBody>>>) -> Self {
        Self(match body {
            Either::Left(whole) => Kind::Whole(whole),
            Either::Right(passed) => Kind::Passed(passed),
        })
    }
}

impl Body for GatewayBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Whole(body) => Pin::new(body)
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(|never: Infallible| match never {}))),
            Kind::Passed(body) => Pin::new(body).poll_frame(cx),
            Kind::Beside(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(body) => body.is_end_stream(),
            Kind::Passed(body) => body.is_end_stream(),
            Kind::Beside(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(body) => body.size_hint(),
            Kind::Passed(body) => body.size_hint(),
            Kind::Beside(body) => body.size_hint(),
        }
    }
}
