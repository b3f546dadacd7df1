//! What each reason code means, for whoever reads one in an audit event, in a metric or in a bug report: one row a code.
//!
//! A new way to say no needs a code ([`Reason::code`](crate::Reason::code)) and a row in one of the files here; a test
//! finds every code in the sources and says which row is missing. `docs/reasons.md` is written from these rows, and
//! `portcullis explain` prints them.

mod access;
mod proof;
mod request;
mod token;

/// One code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReasonRow {
    /// As it stands in the audit event: snake case.
    pub code: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// Who has to act, if anybody has.
    pub who: Who,
    /// What it is, in half a line.
    pub brief: &'static str,
    /// What happened, and what it does not mean.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// Who can put it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The client, its user or its developer.
    Client,
    /// Whoever runs this gateway or server.
    Operator,
    /// Whoever runs the authorization server.
    Provider,
}

impl Who {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "the client",
            Self::Operator => "the operator",
            Self::Provider => "the identity provider",
        }
    }
}

/// Every code, in the order in which a request can meet them, as far as they have one.
pub fn reasons() -> impl Iterator<Item = &'static ReasonRow> {
    [token::ROWS, proof::ROWS, request::ROWS, access::ROWS].into_iter().flatten()
}

/// The row of a code.
pub fn reason(code: &str) -> Option<&'static ReasonRow> {
    reasons().find(|row| row.code == code)
}
