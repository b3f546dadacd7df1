//! The body of an answer that goes on as it comes, event streams filtered on the way.

use super::{lesson::Lesson, refused::Refused};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use portcullis_mcp::{EventFilter, Judge, ListDefect, MirroredParameter, Target, code, error_body};
use portcullis_resource_server::{AccessToken, Line, Permit, View};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// An answer's body as its caller may see it.
pub struct AnswerBody<R> {
    /// None once nothing of it may pass any more.
    inner: Option<Pin<Box<R>>>,
    events: Option<Box<Events>>,
    /// Who listens to what passes.
    lesson: Option<Box<Lesson>>,
}

struct Events {
    filter: EventFilter,
    caller: Caller,
}

impl<R: Body<Data = Bytes>> AnswerBody<R> {
    /// Passes as it comes, whoever listens.
    pub(super) fn passed(body: R, lesson: Option<Lesson>) -> Self {
        Self { inner: Some(Box::pin(body)), events: None, lesson: lesson.map(Box::new) }
    }

    /// Passes event by event.
    pub(super) fn filtered(body: R, filter: EventFilter, caller: Caller) -> Self {
        Self { inner: Some(Box::pin(body)), events: Some(Box::new(Events { filter, caller })), lesson: None }
    }

    /// Nothing comes after an end that can be told, so that the client has no answer yet of which nothing was learned.
    fn listen(&mut self, frame: Option<&Result<Frame<Bytes>, R::Error>>) {
        let Some(mut lesson) = self.lesson.take() else { return };
        let goes_on = match frame {
            None => return lesson.end(),
            Some(Err(_)) => false,
            Some(Ok(frame)) => frame.data_ref().is_none_or(|data| lesson.hear(data)),
        };
        let is_over = self.inner.as_ref().is_none_or(|inner| inner.is_end_stream());
        match (goes_on, is_over) {
            (false, _) => {}
            (true, true) => lesson.end(),
            (true, false) => self.lesson = Some(lesson),
        }
    }
}

impl<R: Body<Data = Bytes>> Body for AnswerBody<R> {
    type Data = Bytes;
    type Error = R::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        let this = &mut *self;
        loop {
            let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
            let frame = ready!(inner.as_mut().poll_frame(cx));
            let Some(events) = &mut this.events else {
                this.listen(frame.as_ref());
                return Poll::Ready(frame);
            };
            let (out, goes_on) = match frame {
                Some(Err(error)) => {
                    this.inner = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => (events.end(), false),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => events.next(&data),
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
            };
            if !goes_on {
                this.inner = None;
            }
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(out.into()))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match (&self.inner, &self.events) {
            (None, _) => true,
            (Some(inner), None) => inner.is_end_stream(),
            (Some(_), Some(_)) => false, // something may be held
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.inner, &self.events) {
            (Some(inner), None) => inner.size_hint(),
            (None, _) | (Some(_), Some(_)) => SizeHint::default(),
        }
    }
}

impl Events {
    /// What passes now, and whether anything may follow.
    fn next(&mut self, data: &[u8]) -> (Vec<u8>, bool) {
        let mut out = Vec::with_capacity(data.len());
        let pushed = self.filter.push(data, &mut self.caller.seen(), &mut out);
        let goes_on = pushed.is_ok();
        self.refuse(pushed, &mut out);
        (out, goes_on)
    }

    fn end(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let finished = self.filter.finish(&mut self.caller.seen(), &mut out);
        self.refuse(finished, &mut out);
        out
    }

    /// An error event for everybody who waits, after a blank line that ends whatever has begun.
    fn refuse(&self, read: Result<(), ListDefect>, out: &mut Vec<u8>) {
        let Err(defect) = read else { return };
        let why = Refused::List(defect);
        why.log(&self.caller.line);
        for id in self.filter.expected().ids() {
            out.extend_from_slice(b"\nevent: message\ndata: ");
            out.extend(error_body(Some(id), code::INTERNAL_ERROR, why.message(), None));
            out.extend_from_slice(b"\n\n");
        }
    }
}

/// Who asked, and the line that knows what such a caller may see.
pub(super) struct Caller {
    line: Arc<Line>,
    token: Arc<AccessToken>,
}

impl Caller {
    pub(super) fn new(line: &Arc<Line>, permit: &Permit) -> Self {
        Self { line: line.clone(), token: permit.token().clone() }
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    /// Judges what has arrived.
    pub(super) fn seen(&self) -> Seen<'_> {
        Seen { line: &self.line, view: self.line.policy.view(&self.token) }
    }
}

/// What the caller may see, and the line that learns from it.
pub(super) struct Seen<'a> {
    line: &'a Line,
    view: View<'a>,
}

impl Judge for Seen<'_> {
    fn shows(&mut self, target: &Target) -> bool {
        self.view.shows(target)
    }

    fn learns(&mut self, tool: &str, mirrored: Vec<MirroredParameter>) {
        self.line.mirrored.learn(tool, mirrored);
    }
}
