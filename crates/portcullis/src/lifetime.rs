//! A body that ends when it must: an open-ended stream with its token, which may be revoked, the answer to one POST after the longest call
//! (G-07), either when the process drains. Frames pass as they come; nothing is buffered.
//!
//! It ends even if nobody asks for the next frame: a client that stops reading is not asked for, and must not hold the
//! server behind it.

use crate::farewell::Farewell;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use portcullis_resource_server::UntilRevoked;
use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{
    task::AbortHandle,
    time::{Sleep, sleep},
};

/// `body`, which is dropped at the latest when `end` comes.
pub struct Until<B, E> {
    held: Arc<Mutex<Held<B>>>,
    end: Option<E>,
    watch: Option<AbortHandle>,
    began: bool,
}

/// What the reader and the watch share.
struct Held<B> {
    body: Option<Pin<Box<B>>>,
    reader: Option<Waker>,
    /// Until the body has ended by itself.
    farewell: Option<Farewell>,
}

/// A body that ends with the token it is for.
pub type EndsWithToken<B> = Until<B, EndOfToken>;

/// A time has come, or the token was revoked before.
pub struct EndOfToken {
    time: Sleep,
    revoked: Option<UntilRevoked>,
}

impl IntoFuture for EndOfToken {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { time, revoked } = self;
        match revoked {
            None => Box::pin(time),
            Some(revoked) => Box::pin(async move {
                tokio::select! {
                    () = time => {}
                    () = revoked => {}
                }
            }),
        }
    }
}

/// `end` is moved, never polled in place.
impl<B, E> Unpin for Until<B, E> {}

impl<B, E> Until<B, E>
where
    B: Body + Send + 'static,
    E: IntoFuture + Send + 'static,
    E::IntoFuture: Send,
{
    /// Ends `body` with `end`.
    pub fn new(body: B, end: E) -> Self {
        let is_short = body.size_hint().exact().is_some();
        let held = Held { body: Some(Box::pin(body)), reader: None, farewell: None };
        let mut until = Self { held: Arc::new(Mutex::new(held)), end: Some(end), watch: None, began: false };
        // An answer of known length is mostly one frame, which is asked for and there at once: it needs no watch yet.
        if !is_short {
            until.watch();
        }
        until
    }

    /// With last words, for a stream that is ended between two events.
    #[must_use]
    pub fn with_farewell(self, farewell: Option<Farewell>) -> Self {
        lock(&self.held).farewell = farewell;
        self
    }

    /// Also before anybody has asked for a frame: over HTTP/2 nobody does until the client has a window.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.watch();
        self
    }

    fn watch(&mut self) {
        let (held, Some(end)) = (self.held.clone(), self.end.take()) else { return };
        let watch = tokio::spawn(async move {
            end.into_future().await;
            let (body, reader) = {
                let mut held = lock(&held);
                (held.body.take(), held.reader.take())
            };
            drop(body);
            if let Some(reader) = reader {
                reader.wake();
            }
        });
        self.watch = Some(watch.abort_handle());
    }
}

impl<B: Body + Send + 'static> EndsWithToken<B> {
    /// Ends `body` after `time`, counted from now.
    pub fn after(body: B, time: Duration) -> Self {
        Self::new(body, EndOfToken { time: sleep(time), revoked: None })
    }

    /// The same, and no later than `revoked` ends.
    pub fn or_once_revoked(body: B, time: Duration, revoked: Option<UntilRevoked>) -> Self {
        Self::new(body, EndOfToken { time: sleep(time), revoked })
    }
}

impl<B, E> Body for Until<B, E>
where
    B: Body<Data = Bytes> + Send + 'static,
    E: IntoFuture + Send + 'static,
    E::IntoFuture: Send,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if std::mem::replace(&mut self.began, true) {
            self.watch();
        }
        let mut held = lock(&self.held);
        let Held { body: Some(body), farewell, .. } = &mut *held else {
            let words = held.farewell.take().and_then(Farewell::into_words);
            return Poll::Ready(words.map(|words| Ok(Frame::data(words))));
        };
        let frame = body.as_mut().poll_frame(cx);
        match (&frame, farewell.as_mut()) {
            (Poll::Ready(Some(Ok(frame))), Some(farewell)) => {
                farewell.follow(frame.data_ref().map_or(&[], |data| data));
            }
            (Poll::Ready(None | Some(Err(_))), _) => *farewell = None,
            (Poll::Ready(Some(Ok(_))), None) | (Poll::Pending, _) => {}
        }
        if frame.is_pending() {
            held.reader = Some(cx.waker().clone());
            drop(held);
            self.watch();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        let held = lock(&self.held);
        let has_words = held.farewell.as_ref().is_some_and(Farewell::is_in_place);
        held.body.as_ref().map_or(!has_words, |body| body.is_end_stream())
    }

    /// A body of known length that is cut is a broken one, and the server says so.
    fn size_hint(&self) -> SizeHint {
        lock(&self.held).body.as_ref().map_or_else(SizeHint::default, |body| body.size_hint())
    }
}

impl<B, E> Drop for Until<B, E> {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
        // The watch holds it too, until it is collected.
        let body = lock(&self.held).body.take();
        drop(body);
    }
}

fn lock<B>(held: &Mutex<Held<B>>) -> MutexGuard<'_, Held<B>> {
    // A body that panicked is not polled again: its request's task is gone.
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, StreamBody};
    use std::convert::Infallible;
    use tokio::{sync::mpsc, time::Instant};

    /// A body whose frames a test sends.
    fn body() -> (mpsc::Sender<&'static str>, impl Body<Data = Bytes, Error = Infallible> + Send + Unpin) {
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
        let (mut body, start) = (EndsWithToken::after(body, Duration::from_secs(90)), Instant::now());
        assert!(send.send("one").await.is_ok());
        assert_eq!(next(&mut body).await.as_deref(), Some(&b"one"[..]));
        tokio::time::advance(Duration::from_secs(89)).await;
        assert!(send.send("two").await.is_ok());
        assert_eq!(next(&mut body).await.as_deref(), Some(&b"two"[..]));
        assert_eq!(next(&mut body).await, None);
        assert_eq!(start.elapsed().as_secs(), 90);
        assert_eq!(next(&mut body).await, None, "and stays ended");
    }

    /// Whichever comes first, and whether or not somebody reads.
    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_its_time_or_with_the_revocation_before() {
        for (revoked_after, expected) in [(Some(30), 30), (Some(300), 90), (None, 90)] {
            let (send, body) = body();
            let revoked =
                revoked_after.map(|time| -> UntilRevoked { Box::pin(sleep(Duration::from_secs(time))) });
            let start = Instant::now();
            let body = EndsWithToken::or_once_revoked(body, Duration::from_secs(90), revoked);
            let closed = tokio::time::timeout(Duration::from_secs(900), send.closed()).await;
            assert!(closed.is_ok() && body.is_end_stream());
            assert_eq!(start.elapsed().as_secs(), expected);
        }
    }

    /// A stream that always has something must not outlive its time either.
    #[tokio::test(start_paused = true)]
    async fn a_busy_stream_ends_too() {
        let (send, body) = body();
        let mut body = EndsWithToken::after(body, Duration::from_secs(90));
        for text in ["one", "two", "three"] {
            assert!(send.send(text).await.is_ok());
        }
        assert!(next(&mut body).await.is_some() && next(&mut body).await.is_some());
        tokio::time::advance(Duration::from_secs(91)).await;
        tokio::task::yield_now().await;
        assert_eq!(next(&mut body).await, None);
    }

    /// A client that stops reading is a body that nobody polls.
    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_lets_go_of_its_server_in_time() {
        let (send, body) = body();
        let (body, start) = (EndsWithToken::after(body, Duration::from_secs(90)), Instant::now());
        let closed = tokio::time::timeout(Duration::from_secs(900), send.closed()).await;
        assert!(closed.is_ok() && body.is_end_stream());
        assert_eq!(start.elapsed().as_secs(), 90);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_is_dropped_lets_go_of_its_server_at_once() {
        let (send, body) = body();
        let (body, start) = (EndsWithToken::after(body, Duration::from_secs(90)), Instant::now());
        drop(body);
        send.closed().await;
        assert_eq!(start.elapsed().as_secs(), 0);
    }
}
