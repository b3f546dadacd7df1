//! The harmless request that everything is tried with: what every server must answer, and what changes nothing. In 2026-07-28
//! that is `server/discover`; before it, `ping`, in a session if there is one.

use super::Authorized;
use crate::{Secret, Sent, mcp};
use serde_json::{Value, json};
use url::Url;

pub(super) struct Probe {
    url: Url,
    era: Era,
}

enum Era {
    Modern,
    Legacy {
        revision: String,
        session: Option<Secret>,
    },
    /// Whatever it speaks, it is none that is known: what it is asked first is all that can be asked.
    Unknown,
}

impl Probe {
    pub(super) fn new(url: Url, seen: &Authorized) -> Self {
        let era = match seen.latest() {
            _ if seen.discover.result().is_some() => Era::Modern,
            Some(latest) => Era::Legacy {
                revision: latest.agreed.clone().unwrap_or_else(|| mcp::LEGACY.to_owned()),
                session: latest.session.clone(),
            },
            None => Era::Unknown,
        };
        Self { url, era }
    }

    pub(super) fn url(&self) -> Url {
        self.url.clone()
    }

    /// The request, without credentials.
    pub(super) fn request(&self) -> Sent {
        match &self.era {
            Era::Modern => mcp::modern(self.url(), "server/discover", json!({})),
            Era::Legacy { revision, session } => {
                mcp::request(self.url(), "ping", json!({})).of(revision, session.as_ref())
            }
            Era::Unknown => mcp::initialize(self.url(), mcp::LEGACY),
        }
    }

    /// What no session decides: the same request, or the one that opens a session.
    pub(super) fn without_session(&self) -> Sent {
        match &self.era {
            Era::Legacy { revision, session: Some(_) } => mcp::initialize(self.url(), revision),
            Era::Modern | Era::Legacy { session: None, .. } | Era::Unknown => self.request(),
        }
    }

    /// Its body.
    pub(super) fn message(&self) -> Value {
        let request = self.request();
        let text = request.body_text().unwrap_or_default();
        serde_json::from_str(text).unwrap_or_default()
    }
}
