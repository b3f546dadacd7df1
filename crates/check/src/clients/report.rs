//! What is told of one client: the steps it took with what came, and whether it would have reached the sign-in page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One client, played.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClientReport {
    /// What it is called on the command line: `claude-code`.
    pub id: &'static str,
    /// As people call it.
    pub name: String,
    /// The version that was looked at; others may differ.
    pub version: String,
    /// When that was, as a date.
    pub looked_at: String,
    /// The revisions of MCP it speaks, where that is known.
    pub revisions: Vec<String>,
    /// Whether it would have opened the sign-in page; not where that is not known.
    pub reaches_sign_in: bool,
    /// Where it stops, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stops: Option<Stop>,
    /// Why it was not played to its end, in a sentence, where it was not: whether it reaches the sign-in page is not known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_played: Option<String>,
    /// What it does, in order, with what came.
    pub steps: Vec<ClientStep>,
    /// What to know of it besides.
    pub notes: Vec<ClientNote>,
    /// Where the browser is sent back to; the authorization server must allow these.
    pub redirect_uris: Vec<String>,
    /// What is not known of it, and so was not played.
    pub unknown: Vec<String>,
    /// Where all this is from.
    pub sources: Vec<String>,
}

/// A step on the way to the sign-in page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WalkStep {
    /// The first request, without a token.
    Call,
    /// The metadata of the protected resource.
    ResourceMetadata,
    /// Whether `resource` is the URL that was dialled.
    Resource,
    /// The metadata of the authorization server.
    ServerMetadata,
    /// Whether `issuer` is who was asked.
    Issuer,
    /// Whether PKCE is supported.
    Pkce,
    /// A client id.
    Registration,
    /// Which scopes to ask for.
    Scopes,
}

/// One step, and what came of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClientStep {
    /// Which.
    pub at: WalkStep,
    /// What was sent, in one line; nothing where a document that it has is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// What came, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came: Option<String>,
    /// What the client makes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// Where a client stops.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stop {
    /// At which step.
    pub at: WalkStep,
    /// What is wrong for it, in a sentence.
    pub said: String,
    /// Why that stops it.
    pub why: String,
    /// What to change.
    pub change: String,
    /// Who found out.
    pub links: Vec<String>,
    /// The exchange that shows it: what was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// What came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came: Option<String>,
}

/// Something to know of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClientNote {
    /// In a sentence.
    pub said: String,
    /// Who found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl WalkStep {
    /// In words, after "stops at".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Call => "its first request",
            Self::ResourceMetadata => "the resource's metadata",
            Self::Resource => "the resource's name",
            Self::ServerMetadata => "the authorization server's metadata",
            Self::Issuer => "the issuer",
            Self::Pkce => "PKCE",
            Self::Registration => "its registration",
            Self::Scopes => "the scopes",
        }
    }
}
