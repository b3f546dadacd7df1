//! Headers and body together: which operations, of which revision.

use crate::{
    Id, Operation, ReadError, Revision,
    envelope::{self, Envelope},
    headers::{agree_on_routing, agree_on_version, has_routing, named_revision},
    message::Message,
};
use http::HeaderMap;

/// What a POST asks for. Holds names and ids, never an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    revision: Revision,
    operations: Vec<Operation>,
}

impl Request {
    /// The revision it speaks; 2025-03-26 where it does not say (TL-16, TM-16).
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// One operation, or each of a batch.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Whether the answer may say which arguments headers repeat: a list of tools, in the revision that has such headers
    /// (TM-23).
    pub fn may_teach(&self) -> bool {
        self.revision.is_modern()
            && self.operations.iter().any(|operation| operation.method() == "tools/list")
    }
}

/// Reads a whole POST. [`check_media_type`](crate::check_media_type) comes first (G-01).
///
/// # Errors
/// [`ReadError`]: anything that two readers could take differently.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Request, ReadError> {
    let envelope = envelope::parse(body);
    // The version is judged first and the body read first: the refusal answers the request's id.
    let named = named_revision(headers, id_of(&envelope))?;
    let messages = match envelope? {
        Envelope::One(message) => vec![*message],
        Envelope::Batch(messages) => {
            check_batch(headers, named, &messages)?;
            messages
        }
    };
    let revision = named.unwrap_or(Revision::V2025_03_26);
    let operations = messages
        .into_iter()
        .map(|message| {
            agree_on_version(named, &message)?;
            let operation = message.into_operation(revision)?;
            agree_on_routing(headers, revision, &operation)?;
            Ok(operation)
        })
        .collect::<Result<_, _>>()?;
    Ok(Request { revision, operations })
}

fn id_of(envelope: &Result<Envelope, ReadError>) -> Option<&Id> {
    match envelope {
        Ok(Envelope::One(message)) => message.answerable_id(),
        Ok(Envelope::Batch(_)) => None,
        Err(error) => error.id(),
    }
}

/// TL-03, TL-04: only 2025-03-26 has batches, of requests and notifications or of responses, never with
/// `initialize`; and a batch has no one method to route by.
fn check_batch(headers: &HeaderMap, named: Option<Revision>, messages: &[Message]) -> Result<(), ReadError> {
    let refuse = |why| Err(ReadError::Batch(why));
    if named.is_some_and(|revision| revision != Revision::V2025_03_26) {
        return refuse("this protocol version has no batches");
    }
    let Some(first) = messages.first() else { return refuse("the batch is empty") };
    if messages.iter().any(|message| message.is_response() != first.is_response()) {
        return refuse("a batch has requests or responses, not both");
    }
    if has_routing(headers) {
        return refuse("a batch has no routing headers");
    }
    if messages.iter().any(|message| message.method.as_deref() == Some("initialize")) {
        return refuse("initialize may not stand in a batch");
    }
    let mut ids: Vec<&Id> = Vec::new();
    for id in messages.iter().filter_map(|message| message.id.as_ref()) {
        if ids.contains(&id) {
            return refuse("two messages of the batch have one id");
        }
        ids.push(id);
    }
    Ok(())
}
