//! A whole body: one message or a batch, read in one pass without building a tree.

use crate::{Defect, ReadError, members::read_object, message::Message};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use std::fmt;

/// More elements are no batch of a real client.
const MAX_BATCH: usize = 100;

/// A body that is JSON.
#[derive(Debug)]
pub(crate) enum Envelope {
    One(Box<Message>),
    Batch(Vec<Message>),
}

/// Parses a body to its last byte. A refusal knows the id as far as it was read before the fault.
pub(crate) fn parse(body: &[u8]) -> Result<Envelope, ReadError> {
    let text = std::str::from_utf8(body).map_err(|_| ReadError::NotJson)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut message = Message::default();
    let batch = Body { message: &mut message }.deserialize(&mut deserializer).and_then(|batch| {
        deserializer.end()?;
        Ok(batch)
    });
    match batch {
        Ok(Some(batch)) => Ok(Envelope::Batch(batch)),
        Ok(None) => Ok(Envelope::One(Box::new(message))),
        Err(error) => Err(refusal(&error).map_or(ReadError::NotJson, |what| invalid(what, message))),
    }
}

/// What is wrong with a body that is JSON so far; `None` where it is not.
fn refusal(error: &serde_json::Error) -> Option<Defect> {
    match error.classify() {
        Category::Data => Some(Defect::of(error)),
        // Depth is reported as syntax; the body may well be JSON.
        Category::Syntax if error.to_string().starts_with("recursion limit") => Some(Defect::TooDeep),
        Category::Syntax | Category::Eof | Category::Io => None,
    }
}

fn invalid(what: Defect, message: Message) -> ReadError {
    if what == Defect::BatchTooLong {
        return ReadError::Batch(what.message());
    }
    ReadError::Invalid { what, id: message.answerable_id().cloned() }
}

/// The body's value: into `message` if it is one, as a list if it is a batch.
struct Body<'m> {
    message: &'m mut Message,
}

impl<'de> DeserializeSeed<'de> for Body<'_> {
    type Value = Option<Vec<Message>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Body<'_> {
    type Value = Option<Vec<Message>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        read_message(self.message, members).map(|()| None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut messages = Vec::new();
        while let Some(Element(message)) = items.next_element()? {
            if messages.len() == MAX_BATCH {
                return Err(A::Error::custom(Defect::BatchTooLong));
            }
            messages.push(message);
        }
        Ok(Some(messages))
    }
}

fn read_message<'de, A: MapAccess<'de>>(message: &mut Message, members: A) -> Result<(), A::Error> {
    read_object(message, members)?;
    message.check().map_err(A::Error::custom)
}

/// One message of a batch.
struct Element(Message);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self(Message::default()))
    }
}

impl<'de> Visitor<'de> for Element {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, members: A) -> Result<Self, A::Error> {
        read_message(&mut self.0, members)?;
        Ok(self)
    }
}
