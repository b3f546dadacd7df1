//! Any request to a server that is looked at, and whatever it answers: an error is an answer here, and so is an open stream.

use crate::{FetchError, Trust};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use std::{future::Future, pin::Pin};

/// One request, as it shall be sent: headers may be repeated, and a body may be anything.
pub struct Question {
    /// Method, URL, headers and body.
    pub request: Request<Bytes>,
    /// Where its URL comes from.
    pub trust: Trust,
}

/// What came, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of the answer; a redirect is not followed.
    pub status: StatusCode,
    /// All of them, in the order they came.
    pub headers: HeaderMap,
    /// As much of it as was read.
    pub body: Bytes,
    /// Why no more was read.
    pub end: End,
}

/// How reading an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is all there is.
    Whole,
    /// More than is read of any answer.
    TooLong,
    /// A stream, and its time was up.
    StillOpen,
    /// The connection broke.
    Broken,
}

/// The way to a server that somebody named. An implementation holds the rules of [`Fetch`](crate::Fetch), but for the status:
/// whatever is answered is an answer.
pub trait Ask: Send + Sync {
    /// Sends the request, and reads the answer: of a stream, what comes until a request is answered; of one that is listened to
    /// (GET), nothing.
    fn ask(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Result<Answer, FetchError>> + Send + '_>>;
}
