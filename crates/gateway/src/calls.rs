//! The calls of one connection, and whom they wait for: what tells a client that thinks from one that is gone.

use crate::{body::GatewayBody, metrics::Raised};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

/// Counted by every call of the connection.
#[derive(Default)]
pub(crate) struct Calls {
    begun: AtomicUsize,
    ended: AtomicUsize,
    /// Those that wait for us or for the upstream; the others wait for the client to take their answer.
    ours: AtomicUsize,
    /// Whatever happened: a call began or ended, or somebody asked for the next piece of an answer.
    steps: AtomicUsize,
}

/// What goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Going {
    /// Nothing.
    Nothing,
    /// Calls whose answers the client could take, and nothing else.
    ForTheClient,
    /// Also calls that are not answered, or not to their end.
    ForUs,
}

impl Calls {
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(SeqCst) > 0
    }

    /// What goes on, and a number that is another one whenever something has happened since.
    pub(crate) fn look(&self) -> (Going, usize) {
        let steps = self.steps.load(SeqCst);
        let going = if self.ours.load(SeqCst) > 0 {
            Going::ForUs
        } else if self.begun.load(SeqCst) == self.ended.load(SeqCst) {
            Going::Nothing
        } else {
            Going::ForTheClient
        };
        (going, steps)
    }
}

/// A call that goes on until its answer's last byte is handed over.
pub(crate) struct Call {
    of: Arc<Calls>,
    is_ours: bool,
    /// Among the requests in flight.
    _counted: Raised,
}

impl Call {
    pub(crate) fn begin(calls: &Arc<Calls>, counted: Raised) -> Self {
        calls.begun.fetch_add(1, SeqCst);
        let mut call = Self { of: calls.clone(), is_ours: false, _counted: counted };
        call.waits_for_us(true);
        call
    }

    /// The body of its answer, with which it ends.
    pub(crate) fn answered(mut self, body: GatewayBody) -> CountedBody {
        self.waits_for_us(false);
        CountedBody { body, call: self }
    }

    fn waits_for_us(&mut self, is_ours: bool) {
        match (self.is_ours, is_ours) {
            (false, true) => self.of.ours.fetch_add(1, SeqCst),
            (true, false) => self.of.ours.fetch_sub(1, SeqCst),
            _ => 0,
        };
        self.is_ours = is_ours;
        self.of.steps.fetch_add(1, SeqCst);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.waits_for_us(false);
        self.of.ended.fetch_add(1, SeqCst);
    }
}

/// The body of an answer, with the call it belongs to.
pub(crate) struct CountedBody {
    body: GatewayBody,
    call: Call,
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = <GatewayBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.call.waits_for_us(frame.is_pending());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
