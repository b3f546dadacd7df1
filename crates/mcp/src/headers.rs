//! The headers that repeat what the body says: `MCP-Protocol-Version`, `Mcp-Method`, `Mcp-Name`. They must agree
//! (TM-13, TM-17, TM-18), and none is believed by itself (TM-25).

use crate::{Id, Kind, Operation, ReadError, Revision, encoded::decode, message::Message, operation::Method};
use crate::{params::Name, value::Nested};
use http::{HeaderMap, HeaderName};

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// An unknown version is told back no longer than this, in characters.
const MAX_REQUESTED: usize = 64;

/// TL-16, TM-14: one header, of a known revision; or none.
pub(crate) fn named_revision(headers: &HeaderMap, id: Option<&Id>) -> Result<Option<Revision>, ReadError> {
    let Some(text) = single(headers, &VERSION, id)? else { return Ok(None) };
    match Revision::parse(text) {
        Some(revision) => Ok(Some(revision)),
        None => Err(ReadError::UnsupportedVersion {
            requested: text.chars().take(MAX_REQUESTED).collect(),
            id: id.cloned(),
        }),
    }
}

/// Whether one of the routing headers is there.
pub(crate) fn has_routing(headers: &HeaderMap) -> bool {
    headers.contains_key(&METHOD) || headers.contains_key(&NAME)
}

/// TM-13, TM-26: the header and `_meta` name one revision, and the modern one requires both on requests.
pub(crate) fn agree_on_version(named: Option<Revision>, message: &Message) -> Result<(), ReadError> {
    let id = || message.answerable_id().cloned();
    let mismatch = |why| Err(ReadError::HeaderMismatch { why, id: id() });
    let missing = |why| Err(ReadError::MissingParameter { why, id: id() });
    let meta = match &message.params {
        Nested::Object(params) => match &params.meta {
            Nested::Object(meta) => Some(meta),
            Nested::Absent | Nested::Other => None,
        },
        Nested::Absent | Nested::Other => None,
    };
    let version = meta.and_then(|meta| match &meta.version {
        Name::Text(version) => Some(&**version),
        Name::Absent | Name::Other => None,
    });
    let has_capabilities = meta.is_some_and(|meta| matches!(meta.capabilities, Nested::Object(_)));
    let is_required = named.is_some_and(Revision::is_modern) && message.is_request();
    match (version, named) {
        (Some(_), None) => mismatch("MCP-Protocol-Version is missing and _meta names a version"),
        (Some(version), Some(named)) if version != named.as_str() => {
            mismatch("MCP-Protocol-Version and _meta name different versions")
        }
        (None, _) if is_required => missing("_meta lacks io.modelcontextprotocol/protocolVersion"),
        _ if is_required && !has_capabilities => {
            missing("_meta lacks io.modelcontextprotocol/clientCapabilities")
        }
        _ => Ok(()),
    }
}

/// TM-17, TM-18, TM-20: the routing headers say what the body says. 2026-07-28 requires them on requests; where they
/// are sent without need they must be true all the same (G-15).
pub(crate) fn agree_on_routing(
    headers: &HeaderMap,
    revision: Revision,
    operation: &Operation,
) -> Result<(), ReadError> {
    let id = operation.id();
    let mismatch = |why| Err(ReadError::HeaderMismatch { why, id: id.cloned() });
    let is_required = revision.is_modern() && operation.kind() == Kind::Request;
    match single(headers, &METHOD, id)? {
        Some(method) if method != operation.method() => {
            return mismatch("Mcp-Method and the body name different methods");
        }
        None if is_required => return mismatch("Mcp-Method is missing"),
        _ => {}
    }
    let Some(name) = single(headers, &NAME, id)? else {
        let is_required = is_required && Method::requires_name(operation.method());
        return if is_required { mismatch("Mcp-Name is missing") } else { Ok(()) };
    };
    let name = match decode(name) {
        Ok(name) => name,
        Err(why) => return mismatch(why),
    };
    match Method::of(operation.method()).filter(|method| method.may_be_mirrored()).and(operation.target()) {
        Some(target) if name == target.as_str() => Ok(()),
        _ => mismatch("Mcp-Name and the body name different things"),
    }
}

/// The one value of a header, in visible ASCII, without the optional whitespace around it.
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
    let text = value.to_str().map_err(|_| mismatch("a protocol header has characters outside ASCII"))?;
    Ok(Some(text.trim_matches([' ', '\t'])))
}
