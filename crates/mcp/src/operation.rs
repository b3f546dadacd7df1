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

impl Id {
    /// Whether a reader that cares little for types takes one for the other.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let text = |id: &Self| match id {
            Self::Text(text) => text.to_string(),
            Self::Integer(number) => number.to_string(),
        };
        text(self) == text(other)
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

    /// Whether nobody waits for an answer.
    pub fn is_notification(&self) -> bool {
        self.kind == Kind::Notification
    }

    /// The id to answer to; none for a response, whose id is the server's.
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

    /// What a method of [`Standing::Protocol`] names beside itself: the resources of `subscriptions/listen`, each to
    /// be judged as if it were read.
    pub fn also_names(&self) -> &[Target] {
        if self.standing() == Standing::Protocol { &self.targets } else { &[] }
    }

    /// How the method stands to MCP. A response, which has none, is the protocol's own; a request that calls itself a
    /// notification is nobody's.
    pub fn standing(&self) -> Standing {
        if self.kind == Kind::Response {
            return Standing::Protocol;
        }
        if self.kind == Kind::Request && self.method.starts_with(NOTIFICATIONS) {
            return Standing::Unknown;
        }
        Method::of(&self.method).map_or(Standing::Unknown, |method| match method {
            Method::Plain | Method::Listen => Standing::Protocol,
            Method::Tool | Method::Prompt | Method::Resource | Method::Task | Method::Completion => {
                Standing::Names
            }
        })
    }
}

/// How the protocol's notifications begin.
const NOTIFICATIONS: &str = "notifications/";

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
            other if other.starts_with(NOTIFICATIONS) => Self::Plain,
            _ => return None,
        })
    }

    /// Whether 2026-07-28 has it no more (TM-15). With a name it is judged and forwarded all the same: that an upstream
    /// will not answer it, is the upstream's to say.
    pub(crate) fn is_removed(method: &str) -> bool {
        matches!(method, "resources/subscribe" | "resources/unsubscribe" | "tasks/result")
    }

    /// Whether 2026-07-28 requires the name in `Mcp-Name` (TM-17).
    pub(crate) fn requires_name(method: &str) -> bool {
        matches!(
            method,
            "tools/call" | "prompts/get" | "resources/read" | "tasks/get" | "tasks/update" | "tasks/cancel"
        )
    }

    /// Whether `Mcp-Name` can be true at all: completions and listeners have no one name to route by.
    pub(crate) fn may_be_mirrored(self) -> bool {
        match self {
            Self::Tool | Self::Prompt | Self::Resource | Self::Task => true,
            Self::Completion | Self::Listen | Self::Plain => false,
        }
    }
}
