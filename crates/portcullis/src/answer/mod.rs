//! What becomes of an answer: it passes as it comes, unless there may be a list in it, or news of a resource that is not
//! the caller's.
//!
//! | the request | JSON | an event stream | anything else |
//! |---|---|---|---|
//! | asks for a list, or is a legacy stream | read whole, filtered | filtered event by event | 502 |
//! | asks for something else | passes unread | filtered event by event | passes unread |
//!
//! An error of the upstream keeps its status; where its text is neither, we say it in our words. Where the policy hides
//! nothing from anybody every answer passes as it comes, and lists of tools of the modern era are heard on the way: they say
//! which headers must repeat which arguments (`lesson`).

mod body;
mod headers;
mod lesson;
mod refused;

pub use body::AnswerBody;

use body::Caller;
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Either, Full};
use lesson::Lesson;
use portcullis_mcp::{AnswerType, EventFilter, Expected, Filtered, ListDefect, MAX_LIST};
use portcullis_resource_server::{Asked, Line, Permit};
use refused::Refused;
use std::{pin::Pin, sync::Arc, time::Duration};

/// An answer that is whole already, or that goes on as it comes.
pub(crate) type Judged<R> = Response<Either<Full<Bytes>, AnswerBody<R>>>;

/// Lets through what the caller may see. What must be read whole is read within `time`.
pub(crate) async fn judge<R>(
    line: &Arc<Line>,
    permit: &Permit,
    mut response: Response<R>,
    time: Duration,
) -> Judged<R>
where
    R: Body<Data = Bytes> + Send + 'static,
{
    let expected = match permit.asked() {
        Asked::Operations(request) => Expected::of(request),
        Asked::Stream => Expected::on_stream(),
        Asked::EndOfSession => return passed(response),
    };
    if !line.policy.can_hide() {
        let may_teach = permit.asked().may_teach();
        let lesson = may_teach.then(|| Lesson::of(response.headers(), expected, line)).flatten();
        return response.map(|body| Either::Right(AnswerBody::passed(body, lesson)));
    }
    if expected.asks_for_list() {
        headers::make_private(response.headers_mut());
    }
    let caller = Caller::new(line, permit);
    match AnswerType::of(response.headers()) {
        AnswerType::Events => {
            headers::forget_length(response.headers_mut());
            response.map(|body| Either::Right(AnswerBody::filtered(body, EventFilter::new(expected), caller)))
        }
        AnswerType::UnclearEvents => refused::in_place_of(response, line, permit, Refused::Unreadable),
        AnswerType::Json | AnswerType::Other if !expected.may_be_list() => passed(response),
        AnswerType::Json => whole(response, &expected, caller, permit, time).await,
        AnswerType::Other if is_empty(response.body()) => passed(response),
        AnswerType::Other => refused::in_place_of(response, line, permit, Refused::Unreadable),
    }
}

fn passed<R: Body<Data = Bytes>>(response: Response<R>) -> Judged<R> {
    response.map(|body| Either::Right(AnswerBody::passed(body, None)))
}

fn is_empty(body: &impl Body) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}

/// Reads a JSON answer to its end.
async fn whole<R>(
    response: Response<R>,
    expected: &Expected,
    caller: Caller,
    permit: &Permit,
    time: Duration,
) -> Judged<R>
where
    R: Body<Data = Bytes> + Send + 'static,
{
    let (mut head, body) = response.into_parts();
    let read = tokio::time::timeout(time, collect(body)).await.unwrap_or(Err(Refused::Late));
    let filtered = read.and_then(|bytes| {
        if bytes.is_empty() {
            return Ok(bytes);
        }
        match expected.filter(&bytes, &mut caller.seen()) {
            Filtered::Unchanged => Ok(bytes),
            Filtered::Changed(left) => {
                headers::forget_length(&mut head.headers);
                Ok(left.into())
            }
            Filtered::Dropped => Err(Refused::List(ListDefect::NotAList)),
            Filtered::Refused(defect) => Err(Refused::List(defect)),
        }
    });
    match filtered {
        Ok(bytes) => Response::from_parts(head, Either::Left(Full::new(bytes))),
        Err(why) => refused::answer(caller.line(), permit, why).map(Either::Left),
    }
}

async fn collect<R: Body<Data = Bytes>>(body: R) -> Result<Bytes, Refused> {
    const TOO_LONG: Refused = Refused::List(ListDefect::TooLong);
    if body.size_hint().lower() > MAX_LIST as u64 {
        return Err(TOO_LONG);
    }
    let mut body: Pin<Box<R>> = Box::pin(body);
    let mut pieces: Vec<Bytes> = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refused::BrokenOff)?.into_data() else { continue };
        length += data.len();
        if length > MAX_LIST {
            return Err(TOO_LONG);
        }
        pieces.push(data);
    }
    Ok(match <[Bytes; 1]>::try_from(pieces) {
        Ok([only]) => only,
        Err(pieces) => pieces.concat().into(),
    })
}

/// The status under which an answer of ours stands in place of one of the upstream's.
fn status_in_place_of(status: StatusCode) -> StatusCode {
    if status.is_client_error() || status.is_server_error() { status } else { StatusCode::BAD_GATEWAY }
}
