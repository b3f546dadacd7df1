//! The last words to a listener whose stream we end (TM-32, G-14): the empty result that tells a modern client that nothing
//! went wrong. They are said between two events only; in the middle of one, silence is clearer.

use bytes::Bytes;
use http::Response;
use portcullis_mcp::{AnswerType, Kind, end_of_subscription};
use portcullis_resource_server::{Asked, Permit};

/// Last words, and where the stream stands.
#[derive(Debug)]
pub struct Farewell {
    words: Bytes,
    place: Place,
}

impl Farewell {
    /// What is to be said when this answer is ended before its time; `None` where nobody would understand it.
    pub fn of<B>(permit: &Permit, response: &Response<B>) -> Option<Self> {
        let Asked::Operations(request) = permit.asked() else { return None };
        let [operation] = request.operations() else { return None };
        let is_listener = request.revision().is_modern()
            && operation.kind() == Kind::Request
            && operation.method() == "subscriptions/listen";
        let is_stream =
            response.status().is_success() && AnswerType::of(response.headers()) == AnswerType::Events;
        let id = operation.id().filter(|_| is_listener && is_stream)?;
        let words = [b"event: message\ndata: ".as_slice(), &end_of_subscription(id), b"\n\n"].concat();
        Some(Self { words: words.into(), place: Place::default() })
    }

    /// This has passed.
    pub(crate) fn follow(&mut self, passed: &[u8]) {
        passed.iter().for_each(|byte| self.place.follow(*byte));
    }

    /// Whether it can be said now.
    pub(crate) fn is_in_place(&self) -> bool {
        self.place.is_between_events()
    }

    pub(crate) fn into_words(self) -> Option<Bytes> {
        self.is_in_place().then_some(self.words)
    }
}

/// A place in an event stream.
#[derive(Debug, Default)]
struct Place {
    /// An event has come to its end: the acknowledgement, which comes first.
    began: bool,
    in_event: bool,
    line: Line,
    after_cr: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Empty,
    Comment,
    Field,
}

impl Place {
    fn follow(&mut self, byte: u8) {
        let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
        match byte {
            b'\n' if after_cr => {}
            b'\r' | b'\n' => match std::mem::take(&mut self.line) {
                Line::Empty => self.began |= std::mem::take(&mut self.in_event),
                Line::Comment => {}
                Line::Field => self.in_event = true,
            },
            b':' if self.line == Line::Empty => self.line = Line::Comment,
            _ if self.line == Line::Empty => self.line = Line::Field,
            _ => {}
        }
    }

    fn is_between_events(&self) -> bool {
        self.began && !self.in_event && self.line == Line::Empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_when_no_event_has_begun_and_one_has_ended() {
        for (stream, expected) in [
            ("", false),
            (": comment\n\n", false),
            ("data: a\n", false),
            ("data: a\n\n", true),
            ("data: a\r\r", true),
            ("data: a\r\n\r\n", true),
            ("data: a\r\n\r", true),
            ("data: a\r\n", false),
            ("data: a\n\n: keep-alive\r\n", true),
            ("data: a\n\n:", false),
            ("data: a\n\nid: 1\n", false),
            ("data: a\n\nd", false),
            ("data: a\n\nid: 1\n\n", true),
        ] {
            let mut place = Place::default();
            stream.bytes().for_each(|byte| place.follow(byte));
            assert_eq!(place.is_between_events(), expected, "{stream:?}");
        }
    }
}
