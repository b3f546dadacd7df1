//! What a list that passes as it comes says of headers (TM-23): heard on the way, and never in its way. What cannot be read,
//! or is too long, passes all the same, and nothing is learned of it.

use http::HeaderMap;
use portcullis_mcp::{AnswerType, EventFilter, Expected, Judge, MAX_LIST, MirroredParameter, Target};
use portcullis_resource_server::Line;
use std::sync::Arc;

/// Hears one answer.
pub(super) struct Lesson {
    heard: Heard,
    learner: Learner,
}

enum Heard {
    /// A copy, up to its end.
    Json(Expected, Vec<u8>),
    /// Event by event.
    Events(EventFilter),
}

impl Lesson {
    /// Of an answer with these headers, if it can be read without being changed.
    pub(super) fn of(headers: &HeaderMap, expected: Expected, line: &Arc<Line>) -> Option<Self> {
        let heard = match AnswerType::of(headers) {
            AnswerType::Json => Heard::Json(expected, Vec::new()),
            AnswerType::Events => Heard::Events(EventFilter::new(expected)),
            AnswerType::UnclearEvents | AnswerType::Other => return None,
        };
        Some(Self { heard, learner: Learner(line.clone()) })
    }

    /// A piece passes; whether there is anything more to be heard.
    pub(super) fn hear(&mut self, piece: &[u8]) -> bool {
        match &mut self.heard {
            Heard::Json(_, text) if text.len() + piece.len() > MAX_LIST => false,
            Heard::Json(_, text) => {
                text.extend_from_slice(piece);
                true
            }
            // What would go on in the place of the piece is not needed: the piece itself goes on.
            Heard::Events(filter) => filter.push(piece, &mut self.learner, &mut Vec::new()).is_ok(),
        }
    }

    /// It has come to its end.
    pub(super) fn end(mut self) {
        match self.heard {
            Heard::Json(expected, text) => expected.learn(&text, &mut self.learner),
            // Some clients act on an event that no blank line ends, and so it counts.
            Heard::Events(mut filter) => {
                let _ = filter.finish(&mut self.learner, &mut Vec::new());
            }
        }
    }
}

struct Learner(Arc<Line>);

impl Judge for Learner {
    fn shows(&mut self, _: &Target) -> bool {
        true
    }

    fn learns(&mut self, tool: &str, mirrored: Vec<MirroredParameter>) {
        self.0.mirrored.learn(tool, mirrored);
    }
}
