//! A body that ends when it must: an open-ended stream with its token, the answer to one POST after the longest call
//! (G-07). Frames pass as they come; nothing is buffered.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

pin_project! {
    /// `body`, cut at a deadline if it has one.
    pub struct EndsWithToken<B> {
        #[pin]
        body: B,
        #[pin]
        deadline: Option<Sleep>,
        ended: bool,
    }
}

impl<B> EndsWithToken<B> {
    /// Ends `body` after `time`, counted from now.
    pub fn after(body: B, time: Duration) -> Self {
        Self { body, deadline: Some(sleep(time)), ended: false }
    }

    /// Lets `body` be.
    pub fn never(body: B) -> Self {
        Self { body, deadline: None, ended: false }
    }
}

impl<B: Body<Data = Bytes>> Body for EndsWithToken<B> {
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
        if let Some(deadline) = this.deadline.as_pin_mut()
            && deadline.poll(cx).is_ready()
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
        if self.deadline.is_some() { SizeHint::default() } else { self.body.size_hint() }
    }
}
