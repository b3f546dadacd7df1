//! A body that ends when it must: an open-ended stream with its token, the answer to one POST after the longest call
//! (G-07), either when the process drains. Frames pass as they come; nothing is buffered.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

pin_project! {
    /// `body`, which ends at the latest when `end` does.
    pub struct Until<B, E> {
        #[pin]
        body: B,
        #[pin]
        end: Option<E>,
        began: bool,
        ended: bool,
    }
}

/// A body that ends after a time.
pub type EndsWithToken<B> = Until<B, Sleep>;

impl<B, E> Until<B, E> {
    /// Ends `body` with `end`; without one, whenever it ends itself.
    pub fn new(body: B, end: Option<E>) -> Self {
        Self { body, end, began: false, ended: false }
    }
}

impl<B> EndsWithToken<B> {
    /// Ends `body` after `time`, counted from now.
    pub fn after(body: B, time: Duration) -> Self {
        Self::new(body, Some(sleep(time)))
    }
}

impl<B: Body<Data = Bytes>, E: Future> Body for Until<B, E> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        // Most answers are one frame, which is there at once: they need no timer.
        if !mem::replace(this.began, true)
            && let frame @ Poll::Ready(_) = this.body.as_mut().poll_frame(cx)
        {
            return frame;
        }
        let is_over = |end: Pin<&mut E>| end.poll(cx).is_ready();
        if *this.ended || this.end.as_pin_mut().is_some_and(is_over) {
            *this.ended = true;
            return Poll::Ready(None);
        }
        this.body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    /// A body of known length that is cut is a broken one, and the server says so.
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, StreamBody};
    use std::convert::Infallible;
    use tokio::{sync::mpsc, time::Instant};

    /// A body whose frames a test sends.
    fn body() -> (mpsc::Sender<&'static str>, impl Body<Data = Bytes, Error = Infallible> + Unpin) {
        let (send, receive) = mpsc::channel(4);
        let frames = futures_util::stream::unfold(receive, |mut receive: mpsc::Receiver<&str>| async {
            let text = receive.recv().await?;
            Some((Ok(Frame::data(Bytes::from(text))), receive))
        });
        (send, StreamBody::new(Box::pin(frames)))
    }

    async fn next<B: Body<Data = Bytes, Error = Infallible> + Unpin>(body: &mut B) -> Option<Bytes> {
        body.frame()
            .await
            .map(|frame| frame.unwrap_or_else(|never| match never {}).into_data().unwrap_or_default())
    }

    /// RS-21, G-07
    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_ends_at_its_time_and_not_before() {
        let (send, body) = body();
        let (mut body, start) =
            (Box::pin(EndsWithToken::after(body, Duration::from_secs(90))), Instant::now());
        assert!(send.send("one").await.is_ok());
        assert_eq!(next(&mut body).await.as_deref(), Some(&b"one"[..]));
        tokio::time::advance(Duration::from_secs(89)).await;
        assert!(send.send("two").await.is_ok());
        assert_eq!(next(&mut body).await.as_deref(), Some(&b"two"[..]));
        assert_eq!(next(&mut body).await, None);
        assert_eq!(start.elapsed().as_secs(), 90);
        assert_eq!(next(&mut body).await, None, "and stays ended");
    }

    /// A stream that always has something must not outlive its time either.
    #[tokio::test(start_paused = true)]
    async fn a_busy_stream_ends_too() {
        let (send, body) = body();
        let mut body = Box::pin(EndsWithToken::after(body, Duration::from_secs(90)));
        for text in ["one", "two", "three"] {
            assert!(send.send(text).await.is_ok());
        }
        assert!(next(&mut body).await.is_some() && next(&mut body).await.is_some());
        tokio::time::advance(Duration::from_secs(91)).await;
        assert_eq!(next(&mut body).await, None);
    }
}
