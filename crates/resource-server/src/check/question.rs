//! What is asked: who wants what. Never the token.

use crate::{permit::Asked, token::AccessToken};
use portcullis_mcp::{Arguments, ArgumentsError, Kind, Operation, Target};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// More is asked by nobody who wants an answer in time. In bytes of JSON.
const MAX_QUESTION: usize = 256 * 1024;

/// One question about one request, with everything it asks for.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Question {
    /// The resource identifier.
    pub resource: String,
    /// `POST`; `GET` for a stream, `DELETE` for the end of a session. The latter two have no operations.
    pub http_method: &'static str,
    /// The facts that [`Sends`] names; null where the token does not say.
    pub caller: Map<String, Value>,
    /// All that is asked for: one operation, or each of a batch. The answer is for all of them.
    pub operations: Vec<AskedOperation>,
    #[serde(skip)]
    json: Vec<u8>,
}

/// One operation.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AskedOperation {
    /// `request`, `notification`, or `response` (a legacy client's answer to the server, which asks for nothing).
    pub kind: &'static str,
    /// `tools/call` and so on; empty for a response.
    pub method: String,
    /// What it names.
    pub names: Vec<Named>,
    /// The arguments, where they are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Map<String, Value>>,
}

/// What an operation names, and of which kind that is.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Named {
    /// A tool's name.
    Tool(String),
    /// A prompt's name.
    Prompt(String),
    /// A resource's URI.
    Resource(String),
    /// A task's id.
    Task(String),
}

/// A fact about the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerFact {
    /// The issuer's name in the configuration.
    Issuer,
    /// `sub`.
    Subject,
    /// `client_id`.
    ClientId,
    /// The tenant claim.
    Tenant,
    /// The granted scopes.
    Scopes,
    /// Whether a client speaks for itself.
    IsMachine,
}

/// What whoever decides is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sends {
    /// Facts about the caller.
    pub facts: Vec<CallerFact>,
    /// Further claims, by name, as they stand in the token.
    pub claims: Vec<String>,
    /// Whether the arguments of calls are sent.
    pub arguments: bool,
}

/// The question cannot be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unaskable {
    /// It is longer than 256 KiB.
    #[error("the question would be longer than 256 KiB")]
    TooLong,
    /// Two parsers could read the arguments differently.
    #[error(transparent)]
    Arguments(#[from] ArgumentsError),
}

impl Default for Sends {
    /// Who the caller is; no further claims, no arguments.
    fn default() -> Self {
        use CallerFact::{ClientId, Issuer, Scopes, Subject, Tenant};
        Self { facts: vec![Issuer, Subject, ClientId, Tenant, Scopes], claims: Vec::new(), arguments: false }
    }
}

impl CallerFact {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Issuer, Self::Subject, Self::ClientId, Self::Tenant, Self::Scopes, Self::IsMachine];

    /// Its name, in the question and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Subject => "subject",
            Self::ClientId => "client_id",
            Self::Tenant => "tenant",
            Self::Scopes => "scopes",
            Self::IsMachine => "is_machine",
        }
    }

    fn of(self, token: &AccessToken) -> Value {
        match self {
            Self::Issuer => token.issuer_name().into(),
            Self::Subject => token.subject().into(),
            Self::ClientId => token.client_id().into(),
            Self::Tenant => token.tenant().into(),
            Self::Scopes => token.scope().iter().map(|scope| scope.as_str()).collect(),
            Self::IsMachine => token.is_machine().into(),
        }
    }
}

impl Question {
    /// About this request. `body` is what its operations were read from.
    pub(super) fn of(
        resource: &str,
        token: &AccessToken,
        asked: &Asked,
        body: &[u8],
        sends: &Sends,
    ) -> Result<Self, Unaskable> {
        let mut caller: Map<String, Value> =
            sends.facts.iter().map(|fact| (fact.name().to_owned(), fact.of(token))).collect();
        if !sends.claims.is_empty() {
            let claims = sends.claims.iter();
            let claims = claims.map(|name| (name.clone(), token.claims().get(name).cloned().into()));
            caller.insert("claims".to_owned(), Value::Object(claims.collect()));
        }
        let mut question = Self {
            resource: resource.to_owned(),
            http_method: match asked {
                Asked::Operations(_) => "POST",
                Asked::Stream => "GET",
                Asked::EndOfSession => "DELETE",
            },
            caller,
            operations: operations(asked.operations(), body, sends.arguments)?,
            json: Vec::new(),
        };
        question.json = serde_json::to_vec(&question).map_err(|_| Unaskable::TooLong)?;
        if question.json.len() > MAX_QUESTION {
            return Err(Unaskable::TooLong);
        }
        Ok(question)
    }

    /// The question as JSON, as it is sent.
    pub fn json(&self) -> &[u8] {
        &self.json
    }
}

fn operations(
    operations: &[Operation],
    body: &[u8],
    with_arguments: bool,
) -> Result<Vec<AskedOperation>, Unaskable> {
    let arguments =
        if with_arguments && !operations.is_empty() { Some(Arguments::find(body)?) } else { None };
    let asked = operations.iter().enumerate().map(|(index, operation)| {
        let arguments = match &arguments {
            Some(all) if operation.kind() != Kind::Response => Some(all.read(index)?),
            Some(_) | None => None,
        };
        Ok(AskedOperation {
            kind: match operation.kind() {
                Kind::Request => "request",
                Kind::Notification => "notification",
                Kind::Response => "response",
            },
            method: operation.method().to_owned(),
            names: operation.targets().map(Named::of).collect(),
            arguments,
        })
    });
    asked.collect()
}

impl Named {
    fn of(target: &Target) -> Self {
        match target {
            Target::Tool(name) => Self::Tool(name.to_string()),
            Target::Prompt(name) => Self::Prompt(name.to_string()),
            Target::Resource(uri) => Self::Resource(uri.to_string()),
            Target::Task(id) => Self::Task(id.to_string()),
        }
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods: Vec<&str> = self.operations.iter().map(|operation| operation.method.as_str()).collect();
        f.debug_struct("Question").field("methods", &methods).finish_non_exhaustive()
    }
}
