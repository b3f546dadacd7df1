//! The end of a process: open-ended streams get their end at once, everything else may finish.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Whether the process is draining; shared by all that must know.
#[derive(Clone, Debug, Default)]
pub struct Drain(CancellationToken);

impl Drain {
    /// Begins.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Whether it began.
    pub fn has_begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it begins.
    pub async fn begun(&self) {
        self.0.cancelled().await;
    }
}

pin_project! {
    /// `body`, which ends when the process drains, if it is open-ended.
    pub struct EndsOnDrain<B> {
        #[pin]
        body: B,
        #[pin]
        drained: Option<WaitForCancellationFutureOwned>,
        ended: bool,
    }
}

impl<B> EndsOnDrain<B> {
    pub(crate) fn new(body: B, drain: Option<&Drain>) -> Self {
        Self { body, drained: drain.map(|drain| drain.0.clone().cancelled_owned()), ended: false }
    }
}

impl<B: Body<Data = Bytes>> Body for EndsOnDrain<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        if let Some(drained) = this.drained.as_pin_mut()
            && drained.poll(cx).is_ready()
        {
            *this.ended = true;
            return Poll::Ready(None);
        }
        this.body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.drained.is_some() { SizeHint::default() } else { self.body.size_hint() }
    }
}
