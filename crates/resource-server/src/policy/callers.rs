//! For whom a rule is: subjects, tenants, clients; people or machines.

use crate::token::AccessToken;

/// Whether somebody speaks through a client, or the client for itself (RS-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// `sub` is somebody else than the client.
    People,
    /// `sub` is the client (RFC 9068 §2.2).
    Machines,
}

/// Some callers. A list that is empty excludes nobody; of one that is not, the caller must be in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Names of configured issuers. Subjects, tenants and clients are unique within one only (JW-20): where a resource
    /// has several, this says whose are meant.
    pub issuers: Vec<String>,
    /// `sub`.
    pub subjects: Vec<String>,
    /// The tenant claim.
    pub tenants: Vec<String>,
    /// `client_id`.
    pub clients: Vec<String>,
    /// People or machines only.
    pub kind: Option<CallerKind>,
}

impl Callers {
    /// Whether nobody is excluded.
    pub fn is_everybody(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the caller is one of them.
    pub fn include(&self, token: &AccessToken) -> bool {
        let has = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|value| list.iter().any(|one| one == value))
        };
        let kind = if token.is_machine() { CallerKind::Machines } else { CallerKind::People };
        self.kind.is_none_or(|only| only == kind)
            && has(&self.issuers, Some(token.issuer_name()))
            && has(&self.subjects, Some(token.subject()))
            && has(&self.tenants, token.tenant())
            && has(&self.clients, token.client_id())
    }
}
