//! Headers and body together: which operations, of which revision. They must agree (TM-13, TM-17, TM-18).

use crate::{
    Id, Kind, Operation, ReadError, Revision, Target,
    encoded::decode,
    envelope::{self, Envelope, Message},
    operation::Method,
};
use http::{HeaderMap, HeaderName};

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// What a POST asks for.
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
}

/// Reads a whole POST.
///
/// # Errors
/// [`ReadError`]: anything that two readers could take differently.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Request, ReadError> {
    let named = version_header(headers)?;
    let messages = match envelope::parse(body)? {
        Envelope::One(message) => vec![*message],
        Envelope::Batch(messages) => batch(headers, named, messages)?,
    };
    let revision = named.unwrap_or(Revision::V2025_03_26);
    let operations = messages
        .into_iter()
        .map(|message| {
            agree_on_version(named, &message)?;
            let operation = operation(revision, message)?;
            agree_on_routing(headers, revision, &operation)?;
            Ok(operation)
        })
        .collect::<Result<_, _>>()?;
    Ok(Request { revision, operations })
}

/// TL-16, TM-14: one header, of a known revision; or none.
fn version_header(headers: &HeaderMap) -> Result<Option<Revision>, ReadError> {
    let Some(text) = single(headers, &VERSION, None)? else { return Ok(None) };
    let text = text.trim();
    match Revision::parse(text) {
        Some(revision) => Ok(Some(revision)),
        None => Err(ReadError::UnsupportedVersion { requested: text.chars().take(64).collect() }),
    }
}

/// TL-03, TL-04: only 2025-03-26 has batches, never with `initialize`; and a batch has no one method to route by.
fn batch(
    headers: &HeaderMap,
    named: Option<Revision>,
    messages: Vec<Message>,
) -> Result<Vec<Message>, ReadError> {
    let refuse = |why| Err(ReadError::Batch(why));
    if named.is_some_and(|revision| revision != Revision::V2025_03_26) {
        return refuse("this protocol version has no batches");
    }
    if messages.is_empty() {
        return refuse("the batch is empty");
    }
    if headers.contains_key(&METHOD) || headers.contains_key(&NAME) {
        return refuse("a batch has no routing headers");
    }
    let mut ids: Vec<&Id> = Vec::new();
    for message in &messages {
        if message.method.as_deref() == Some("initialize") {
            return refuse("initialize may not stand in a batch");
        }
        match &message.id {
            Some(id) if ids.contains(&id) => return refuse("two messages of the batch have one id"),
            Some(id) => ids.push(id),
            None => {}
        }
    }
    Ok(messages)
}

/// TM-13, TM-26: the header and `_meta` name one revision, and the modern one requires both.
fn agree_on_version(named: Option<Revision>, message: &Message) -> Result<(), ReadError> {
    let mismatch = |why| Err(ReadError::HeaderMismatch { why, id: message.id.clone() });
    let missing = |why| Err(ReadError::MissingParameter { why, id: message.id.clone() });
    let is_modern = named.is_some_and(Revision::is_modern);
    let is_request = message.id.is_some() && message.method.is_some();
    match (&message.params.version, named) {
        (Some(_), None) => return mismatch("MCP-Protocol-Version is missing and _meta names a version"),
        (Some(version), Some(named)) if **version != *named.as_str() => {
            return mismatch("MCP-Protocol-Version and _meta name different versions");
        }
        (None, _) if is_modern && is_request => {
            return missing("_meta lacks io.modelcontextprotocol/protocolVersion");
        }
        _ => {}
    }
    if is_modern && is_request && !message.params.has_capabilities {
        return missing("_meta lacks io.modelcontextprotocol/clientCapabilities");
    }
    Ok(())
}

/// What the message is, and what it names.
fn operation(revision: Revision, message: Message) -> Result<Operation, ReadError> {
    let id = message.id;
    let invalid = |why, id| Err(ReadError::Invalid { why, id });
    let Some(method) = message.method else {
        return match (message.is_response, revision.is_modern()) {
            (true, false) => {
                Ok(Operation { kind: Kind::Response, method: "".into(), id, targets: Vec::new() })
            }
            (true, true) => invalid("this protocol version has no responses from clients", None),
            (false, _) => invalid("the message has no method", id),
        };
    };
    let params = message.params;
    let named = |name: Option<Box<str>>, target: fn(Box<str>) -> Target| name.map(|name| vec![target(name)]);
    let targets = match Method::of(&method) {
        Some(Method::Tool) => named(params.name, Target::Tool),
        Some(Method::Prompt) => named(params.name, Target::Prompt),
        Some(Method::Resource) => named(params.uri, Target::Resource),
        Some(Method::Task) => named(params.task_id, Target::Task),
        Some(Method::Completion) => params.reference.and_then(|reference| match reference.kind.as_deref() {
            Some("ref/prompt") => named(reference.name, Target::Prompt),
            Some("ref/resource") => named(reference.uri, Target::Resource),
            _ => None,
        }),
        Some(Method::Listen) => Some(params.subscriptions.into_iter().map(Target::Resource).collect()),
        Some(Method::Plain) | None => Some(Vec::new()),
    };
    let kind = if id.is_some() { Kind::Request } else { Kind::Notification };
    match targets {
        Some(targets) => Ok(Operation { kind, method, id, targets }),
        None => Err(ReadError::MissingParameter { why: "params does not name what the method is for", id }),
    }
}

/// TM-17, TM-18, TM-20: the routing headers say what the body says. 2026-07-28 requires them on requests; where they
/// are sent without need they must be true all the same (G-15).
fn agree_on_routing(headers: &HeaderMap, revision: Revision, operation: &Operation) -> Result<(), ReadError> {
    let id = operation.id();
    let mismatch = |why| Err(ReadError::HeaderMismatch { why, id: id.cloned() });
    let required = revision.is_modern() && operation.kind() == Kind::Request;
    match single(headers, &METHOD, id)? {
        Some(method) if method.trim() != operation.method() => {
            return mismatch("Mcp-Method and the body name different methods");
        }
        None if required => return mismatch("Mcp-Method is missing"),
        _ => {}
    }
    let mirrored = Method::is_mirrored(operation.method());
    match (single(headers, &NAME, id)?, operation.target()) {
        (Some(name), target) => {
            let name = decode(name).map_err(|why| ReadError::HeaderMismatch { why, id: id.cloned() })?;
            match target {
                Some(target) if name == target.as_str() => Ok(()),
                _ => mismatch("Mcp-Name and the body name different things"),
            }
        }
        (None, Some(_)) if required && mirrored => mismatch("Mcp-Name is missing"),
        (None, _) => Ok(()),
    }
}

/// The one value of a header, in visible ASCII.
fn single<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    id: Option<&Id>,
) -> Result<Option<&'h str>, ReadError> {
    let mut values = headers.get_all(name).iter();
    let mismatch = |why| ReadError::HeaderMismatch { why, id: id.cloned() };
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(mismatch("a protocol header occurs twice"));
    }
    value.to_str().map(Some).map_err(|_| mismatch("a protocol header has characters outside ASCII"))
}
