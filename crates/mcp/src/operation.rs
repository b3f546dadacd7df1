//! What one message asks for.

use serde_json::Value;
use std::fmt;

/// A JSON-RPC id: a string or a number, echoed in errors.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Id {
    /// A string.
    Text(Box<str>),
    /// An integer.
    Integer(i64),
}

impl Id {
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(&**text),
            Self::Integer(number) => Value::from(*number),
        }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Id")
    }
}

/// Whether an answer is expected, or is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Has an id; is answered.
    Request,
    /// Has none; is acknowledged with 202.
    Notification,
    /// A legacy client's answer to the server: nothing to authorize.
    Response,
}

/// What an operation names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// `tools/call`.
    Tool(Box<str>),
    /// `prompts/get`, and completions for a prompt.
    Prompt(Box<str>),
    /// `resources/read` and what else has a `uri`.
    Resource(Box<str>),
    /// `tasks/…`.
    Task(Box<str>),
}

impl Target {
    /// The name, URI or id.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tool(name) | Self::Prompt(name) | Self::Resource(name) | Self::Task(name) => name,
        }
    }
}

/// How a method stands to MCP (G-22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The protocol's own, naming nothing: `initialize`, lists, notifications.
    Protocol,
    /// The protocol's own, naming a tool, prompt, resource or task.
    Names,
    /// Of no known revision.
    Unknown,
}

/// One message of a request, as far as authorization must understand it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub(crate) kind: Kind,
    pub(crate) method: Box<str>,
    pub(crate) id: Option<Id>,
    pub(crate) targets: Vec<Target>,
}

impl Operation {
    /// `tools/call` and so on; empty for a response.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Request, notification or response.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The id to answer to.
    pub fn id(&self) -> Option<&Id> {
        self.id.as_ref()
    }

    /// What it names first.
    pub fn target(&self) -> Option<&Target> {
        self.targets.first()
    }

    /// Everything it names: `subscriptions/listen` may name many resources.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter()
    }

    /// How the method stands to MCP.
    pub fn standing(&self) -> Standing {
        Method::of(&self.method).map_or(Standing::Unknown, |method| match method {
            Method::Plain | Method::Listen => Standing::Protocol,
            Method::Tool | Method::Prompt | Method::Resource | Method::Task | Method::Completion => {
                Standing::Names
            }
        })
    }
}

/// Which parameter of a method names what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Tool,
    Prompt,
    Resource,
    Task,
    Completion,
    Listen,
    Plain,
}

impl Method {
    /// The methods of all revisions. Notifications are all of the protocol's own kind.
    pub(crate) fn of(method: &str) -> Option<Self> {
        Some(match method {
            "tools/call" => Self::Tool,
            "prompts/get" => Self::Prompt,
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => Self::Resource,
            "tasks/get" | "tasks/update" | "tasks/cancel" | "tasks/result" => Self::Task,
            "completion/complete" => Self::Completion,
            "subscriptions/listen" => Self::Listen,
            "initialize"
            | "ping"
            | "server/discover"
            | "logging/setLevel"
            | "tools/list"
            | "prompts/list"
            | "resources/list"
            | "resources/templates/list"
            | "tasks/list" => Self::Plain,
            other if other.starts_with("notifications/") => Self::Plain,
            _ => return None,
        })
    }

    /// Whether 2026-07-28 mirrors the name in `Mcp-Name` (TM-17).
    pub(crate) fn is_mirrored(method: &str) -> bool {
        matches!(
            method,
            "tools/call" | "prompts/get" | "resources/read" | "tasks/get" | "tasks/update" | "tasks/cancel"
        )
    }
}
