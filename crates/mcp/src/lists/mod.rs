//! Lists lose what the caller could not use, whatever scope it got (G-21, TM-33); every other byte stays.
//!
//! Pure: the bytes of an answer go in, and a [`Filtered`] comes out. [`Expected`] says which answers a request waits
//! for, a [`Judge`] what its caller may see. An answer of several lists, or a batch, is filtered by what it *is*: a
//! response whose result has `tools`, `prompts`, `resources` or `resourceTemplates`, whatever its id says, unless it
//! answers a request that asked for something else.
//!
//! What two readers could take differently is refused, since one of them is the client: members that occur twice or
//! differ by case, positional arrays in place of objects, lists that are none. An element that has no one name goes.
//!
//! ```
//! use http::HeaderMap;
//! use portcullis_mcp::{Expected, Filtered, Target};
//! let request = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
//! let expected = Expected::of(&portcullis_mcp::read(&HeaderMap::new(), request).unwrap());
//! let answer = br#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"greet"}, {"name":"reboot"}]}}"#;
//! let filtered = expected.filter(answer, &mut |target: &Target| target.as_str() == "greet");
//! let left = br#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"greet"}]}}"#;
//! assert_eq!(filtered, Filtered::Changed(left.to_vec()));
//! ```

mod edits;
mod events;
mod walk;

pub use events::EventFilter;

use crate::{
    Defect, Id, Kind, MirroredParameter, Operation, Request, Target, cursor::NotJson, members::could_be,
};
use std::fmt;

/// A longer list is nobody's: a thousand tools with generous schemas. In bytes.
pub const MAX_LIST: usize = 8 * 1024 * 1024;

/// Who decides about what a list names.
pub trait Judge {
    /// Whether the caller sees it. A resource template is a [`Target::Resource`] of its own text.
    fn shows(&mut self, target: &Target) -> bool;

    /// A list of tools passes, whoever sees this one: what it mirrors into headers.
    fn learns(&mut self, _tool: &str, _mirrored: Vec<MirroredParameter>) {}
}

impl<F: FnMut(&Target) -> bool> Judge for F {
    fn shows(&mut self, target: &Target) -> bool {
        self(target)
    }
}

/// What became of an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Filtered {
    /// It passes as it stands.
    Unchanged,
    /// This passes in its place.
    Changed(Vec<u8>),
    /// Nothing of it passes: it tells of a resource that the caller may not read.
    Dropped,
    /// It cannot be judged, and must not pass.
    Refused(ListDefect),
}

impl fmt::Debug for Filtered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("Unchanged"),
            Self::Changed(bytes) => write!(f, "Changed({})", String::from_utf8_lossy(bytes)),
            Self::Dropped => f.write_str("Dropped"),
            Self::Refused(defect) => write!(f, "Refused({defect:?})"),
        }
    }
}

/// Why an answer cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListDefect {
    /// Not JSON in UTF-8, or nested too deeply.
    #[error("it is not JSON")]
    NotJson,
    /// Two readers could take it differently.
    #[error("{0}")]
    Ambiguous(Defect),
    /// Something else stands where the list is expected.
    #[error("there is no list where one is expected")]
    NotAList,
    /// Longer than [`MAX_LIST`].
    #[error("it is longer than 8 MiB")]
    TooLong,
}

impl From<NotJson> for ListDefect {
    fn from(_: NotJson) -> Self {
        Self::NotJson
    }
}

impl From<Defect> for ListDefect {
    fn from(defect: Defect) -> Self {
        Self::Ambiguous(defect)
    }
}

/// Which answers may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The requests for lists.
    lists: Vec<Id>,
    /// Those for something else.
    others: Vec<Id>,
    /// Also without an id: there are servers that answer what is no request.
    asks_for_list: bool,
    is_modern: bool,
    /// A legacy GET stream, on which any answer may be replayed (TL-07, TL-08).
    is_stream: bool,
}

impl Expected {
    /// The answers to a POST.
    pub fn of(request: &Request) -> Self {
        let (mut lists, mut others) = (Vec::new(), Vec::new());
        for operation in request.operations().iter().filter(|operation| operation.kind() == Kind::Request) {
            let ids = if is_list(operation) { &mut lists } else { &mut others };
            ids.extend(operation.id().cloned());
        }
        // To some servers 1 and "1" are one id: what could be the answer to a list is looked at as one.
        others.retain(|id: &Id| !lists.iter().any(|list: &Id| list.is_like(id)));
        Self {
            lists,
            others,
            asks_for_list: request.operations().iter().any(is_list),
            is_modern: request.revision().is_modern(),
            is_stream: false,
        }
    }

    /// What may come on a legacy GET stream.
    pub fn on_stream() -> Self {
        Self {
            lists: Vec::new(),
            others: Vec::new(),
            asks_for_list: false,
            is_modern: false,
            is_stream: true,
        }
    }

    /// Whether a list was asked for.
    pub fn asks_for_list(&self) -> bool {
        self.asks_for_list
    }

    /// Whether a list may come, and nothing may pass that could be one.
    pub fn may_be_list(&self) -> bool {
        self.is_stream || self.asks_for_list()
    }

    /// The ids of every request that waits for an answer.
    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.lists.iter().chain(&self.others)
    }

    /// Tells what the lists in a whole JSON body mirror into headers, of a body that passes as it is: wherever it cannot be
    /// read, nothing more is told.
    pub fn learn(&self, body: &[u8], judge: &mut impl Judge) {
        if let Ok(text) = std::str::from_utf8(body) {
            walk::learn(text, self, judge);
        }
    }

    /// Filters one message or a batch: a whole JSON body, or the data of an event.
    pub fn filter(&self, body: &[u8], judge: &mut impl Judge) -> Filtered {
        let Ok(text) = std::str::from_utf8(body) else { return Filtered::Refused(ListDefect::NotJson) };
        walk::filter(text, self, judge)
    }
}

/// The methods that list what rules may hide.
const LISTS: [&str; 4] = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];

/// Whether some server would take the method for one of them.
fn is_list(operation: &Operation) -> bool {
    LISTS.iter().any(|list| could_be(operation.method().trim(), list))
}
