//! One revocation: which tokens, of which issuer, until when it is remembered.

use portcullis_oauth::NumericDate;
use serde::{Deserialize, Serialize};

/// No identifier that is revoked is longer, in bytes. A client that is named by the URL of its metadata has the longest.
pub(crate) const MAX_VALUE: usize = 1024;

/// Which tokens of an issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum What {
    /// The one of this `jti`.
    #[serde(rename = "jti")]
    TokenId(String),
    /// All of this `sub`.
    #[serde(rename = "subject")]
    Subject(String),
    /// All of this `client_id`.
    #[serde(rename = "client")]
    Client(String),
    /// All of this `grant_id`: whatever came of one sign-in.
    #[serde(rename = "grant")]
    Grant(String),
}

impl What {
    /// The kinds as they are written.
    pub(crate) const KINDS: [&str; 4] = ["jti", "subject", "client", "grant"];

    /// The place of its kind among [`What::KINDS`].
    pub(crate) fn kind(&self) -> usize {
        match self {
            Self::TokenId(_) => 0,
            Self::Subject(_) => 1,
            Self::Client(_) => 2,
            Self::Grant(_) => 3,
        }
    }

    pub(crate) fn value(&self) -> &str {
        let (Self::TokenId(value) | Self::Subject(value) | Self::Client(value) | Self::Grant(value)) = self;
        value
    }
}

/// What somebody wants revoked. Every value was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// One of the configured identifiers.
    pub(crate) issuer: String,
    pub(crate) what: What,
    /// Only what was issued then or before.
    pub(crate) before: Option<NumericDate>,
    /// Seconds; the tokens' longest life, if it is not said.
    pub(crate) expires_in: Option<u64>,
}

/// A revocation in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// Its name: never given twice.
    pub(crate) id: u64,
    pub(crate) issuer: String,
    #[serde(flatten)]
    pub(crate) what: What,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<NumericDate>,
    pub(crate) created_at: NumericDate,
    /// From then on it is forgotten: no token that it means is good any more.
    pub(crate) expires_at: NumericDate,
}

/// The members that say which tokens: exactly one must be there.
pub(crate) struct Members {
    pub(crate) jti: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) client: Option<String>,
    pub(crate) grant: Option<String>,
}

impl Members {
    /// What they mean; nothing, if there is none, or more than one.
    pub(crate) fn what(self) -> Option<What> {
        let all = [
            self.jti.map(What::TokenId),
            self.subject.map(What::Subject),
            self.client.map(What::Client),
            self.grant.map(What::Grant),
        ];
        let mut named = all.into_iter().flatten();
        named.next().filter(|_| named.next().is_none())
    }
}

/// An entry as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenEntry {
    id: u64,
    issuer: String,
    jti: Option<String>,
    subject: Option<String>,
    client: Option<String>,
    grant: Option<String>,
    before: Option<NumericDate>,
    created_at: NumericDate,
    expires_at: NumericDate,
}

impl WrittenEntry {
    pub(crate) fn entry(self) -> Option<Entry> {
        let members =
            Members { jti: self.jti, subject: self.subject, client: self.client, grant: self.grant };
        Some(Entry {
            id: self.id,
            issuer: self.issuer,
            what: members.what()?,
            before: self.before,
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}
