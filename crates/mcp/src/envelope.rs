//! The JSON-RPC envelope, read in one pass without building a tree. What could be read in two ways is refused.

use crate::{
    Id, ReadError,
    members::Seen,
    params::{Params, ParamsSeed},
    skip::Skip,
};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

const MEMBERS: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

/// More elements are no batch of a real client.
const MAX_BATCH: usize = 100;
/// Longer methods are nobody's.
const MAX_METHOD: usize = 256;
/// Longer ids are not echoed.
const MAX_ID: usize = 1024;

/// One message as it stands in the body.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) id: Option<Id>,
    pub(crate) method: Option<Box<str>>,
    pub(crate) params: Params,
    /// `result` or `error`.
    pub(crate) is_response: bool,
    has_version: bool,
}

/// A whole body.
#[derive(Debug)]
pub(crate) enum Envelope {
    One(Box<Message>),
    Batch(Vec<Message>),
}

/// Parses a body to its last byte.
pub(crate) fn parse(body: &[u8]) -> Result<Envelope, ReadError> {
    let text = std::str::from_utf8(body).map_err(|_| ReadError::NotJson)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let envelope = EnvelopeSeed.deserialize(&mut deserializer).and_then(|envelope| {
        deserializer.end()?;
        Ok(envelope)
    });
    envelope.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => ReadError::Invalid { why: known(&error), id: None },
        // Depth is reported as syntax; the body may well be JSON.
        serde_json::error::Category::Syntax if error.to_string().starts_with("recursion limit") => {
            ReadError::Invalid { why: "the message is nested too deeply", id: None }
        }
        serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof
        | serde_json::error::Category::Io => ReadError::NotJson,
    })
}

/// Our own sentences come through; serde's, which quote the body, do not.
fn known(error: &serde_json::Error) -> &'static str {
    const OURS: [&str; 12] = [
        "a member occurs twice",
        "a member differs from a known one by case alone",
        "a member has a name that parsers keep for themselves",
        "jsonrpc is not \"2.0\"",
        "the id is neither a string nor an integer",
        "the method is not a short string",
        "a response has no method",
        "the batch is too long",
        "params is not an object",
        "_meta is not an object",
        "a name in params is not a string, or is too long",
        "too many resources are named",
    ];
    let text = error.to_string();
    OURS.into_iter()
        .find(|sentence| text.starts_with(sentence))
        .unwrap_or("the body is not a JSON-RPC message")
}

struct EnvelopeSeed;

impl<'de> DeserializeSeed<'de> for EnvelopeSeed {
    type Value = Envelope;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Envelope, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EnvelopeSeed {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Envelope, A::Error> {
        message(members).map(|message| Envelope::One(Box::new(message)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Envelope, A::Error> {
        let mut messages = Vec::new();
        while let Some(message) = items.next_element_seed(MessageSeed)? {
            if messages.len() == MAX_BATCH {
                return Err(de::Error::custom("the batch is too long"));
            }
            messages.push(message);
        }
        Ok(Envelope::Batch(messages))
    }
}

struct MessageSeed;

impl<'de> DeserializeSeed<'de> for MessageSeed {
    type Value = Message;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Message, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Message, A::Error> {
        message(members)
    }
}

fn message<'de, A: MapAccess<'de>>(mut members: A) -> Result<Message, A::Error> {
    let mut message = Message::default();
    let mut seen = Seen::new(&MEMBERS);
    while let Some(name) = members.next_key::<Cow<'de, str>>()? {
        match seen.note(&name).map_err(de::Error::custom)? {
            Some("jsonrpc") => {
                if members.next_value::<Cow<'de, str>>()? != "2.0" {
                    return Err(de::Error::custom("jsonrpc is not \"2.0\""));
                }
                message.has_version = true;
            }
            Some("id") => message.id = Some(members.next_value_seed(IdSeed)?),
            Some("method") => {
                let method = members.next_value::<Cow<'de, str>>()?;
                if method.is_empty() || method.len() > MAX_METHOD {
                    return Err(de::Error::custom("the method is not a short string"));
                }
                message.method = Some(method.into());
            }
            Some("params") => message.params = members.next_value_seed(ParamsSeed)?,
            Some("result" | "error") => {
                members.next_value::<Skip>()?;
                message.is_response = true;
            }
            _ => {
                members.next_value::<Skip>()?;
            }
        }
    }
    if !message.has_version {
        return Err(de::Error::custom("jsonrpc is not \"2.0\""));
    }
    if message.is_response && message.method.is_some() {
        return Err(de::Error::custom("a response has no method"));
    }
    Ok(message)
}

struct IdSeed;

impl<'de> DeserializeSeed<'de> for IdSeed {
    type Value = Id;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Id, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for IdSeed {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an integer")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        if text.len() > MAX_ID {
            return Err(E::custom("the id is neither a string nor an integer"));
        }
        Ok(Id::Text(text.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Id, E> {
        Ok(Id::Integer(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        i64::try_from(number)
            .map(Id::Integer)
            .map_err(|_| E::custom("the id is neither a string nor an integer"))
    }
}
