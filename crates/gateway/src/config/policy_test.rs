//! A test of the rules, as it is written.

use super::rules::RawCallerKind;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Who asks for what, and what the rules must say to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTest {
    /// The tool that is called.
    pub(crate) tool: Option<String>,
    /// The prompt that is asked for.
    pub(crate) prompt: Option<String>,
    /// The URI of the resource that is read.
    pub(crate) resource: Option<String>,
    /// The id of the task that is looked at.
    pub(crate) task: Option<String>,
    /// The method, where it is not the usual one (`tools/call`, `prompts/get`, `resources/read`, `tasks/get`), or where
    /// nothing is named: `tools/list`.
    pub(crate) method: Option<String>,
    /// The arguments of the call.
    pub(crate) arguments: Option<Map<String, Value>>,
    /// The scopes of the token. None, if left out.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// The name of the issuer. The only one, if left out.
    pub(crate) issuer: Option<String>,
    /// `sub`. Somebody, if left out.
    pub(crate) subject: Option<String>,
    /// `client_id`. Some client, if left out.
    pub(crate) client: Option<String>,
    /// The tenant. None, if left out.
    pub(crate) tenant: Option<String>,
    /// Whether a person asks, or a machine. A person, if left out, unless `subject` is `client`.
    pub(crate) callers: Option<RawCallerKind>,
    /// Further claims of the token.
    #[serde(default)]
    pub(crate) claims: Map<String, Value>,
    /// What the rules must say. Required.
    pub(crate) expect: Option<RawExpectation>,
}

/// What rules can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawExpectation {
    /// They allow it.
    Allow,
    /// The token lacks a scope.
    InsufficientScope,
    /// The rule is for other callers, or its condition does not hold. Not: that it could not be judged.
    Denied,
    /// No rule lists it.
    Unlisted,
    /// The method is not MCP's, and no rule names it.
    MethodUnknown,
    /// The rule is for other callers.
    CallerRefused,
    /// The rule's condition does not hold.
    ConditionDenied,
    /// The rule's condition could not be judged: it looks at what is not there, or at something of another kind.
    ConditionFailed,
}

impl RawExpectation {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::InsufficientScope => "insufficient_scope",
            Self::Denied => "denied",
            Self::Unlisted => "unlisted",
            Self::MethodUnknown => "method_unknown",
            Self::CallerRefused => "caller_refused",
            Self::ConditionDenied => "condition_denied",
            Self::ConditionFailed => "condition_failed",
        }
    }

    /// Whether the reason code `came` is what was expected.
    pub(crate) fn is_met_by(self, came: &str) -> bool {
        match self {
            Self::Denied => matches!(came, "caller_refused" | "condition_denied"),
            Self::Allow
            | Self::InsufficientScope
            | Self::Unlisted
            | Self::MethodUnknown
            | Self::CallerRefused
            | Self::ConditionDenied
            | Self::ConditionFailed => self.name() == came,
        }
    }
}
