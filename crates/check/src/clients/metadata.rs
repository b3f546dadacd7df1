//! An authorization server's metadata as clients read it: a JSON object of which each needs its own members.

use crate::Exchange;
use serde_json::{Map, Value};
use url::Url;

/// The members of a document.
pub(super) type Members = Map<String, Value>;

/// A document, and where it was found.
#[derive(Clone, Debug)]
pub(super) struct ServerMetadata {
    /// Whose it should be: what the resource names, or what the client takes in its place.
    pub(super) named: String,
    /// Whether the resource names it.
    pub(super) is_named: bool,
    /// Where it was.
    pub(super) at: Url,
    pub(super) members: Members,
}

/// An answer, as a client takes it.
#[derive(Debug)]
pub(super) enum Answered {
    /// What it looks for.
    With(Members),
    /// A 200 that is no JSON object.
    NotAnObject,
    /// An object without this member.
    Without(String),
    /// 500 and above.
    ServerError(u16),
    /// Nothing here: any other status, or no answer.
    Nothing,
}

impl Answered {
    /// What came, for a client that needs these members.
    pub(super) fn read(exchange: &Exchange, needs: &[&[String]]) -> Self {
        match exchange.status().map(|status| status.as_u16()) {
            Some(200) => {}
            Some(status @ 500..) => return Self::ServerError(status),
            Some(_) | None => return Self::Nothing,
        }
        let Some(Value::Object(members)) = exchange.json() else { return Self::NotAnObject };
        let needed = needs.iter().flat_map(|needs| needs.iter());
        match needed.into_iter().find(|name| members.get(*name).is_none_or(Value::is_null)) {
            Some(name) => Self::Without(name.clone()),
            None => Self::With(members),
        }
    }
}

impl ServerMetadata {
    /// A member that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// A member that is a list; nothing where it is not there.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        let list = self.members.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    /// Whether a member is `true`.
    pub(super) fn says(&self, name: &str) -> bool {
        self.members.get(name) == Some(&Value::Bool(true))
    }
}
