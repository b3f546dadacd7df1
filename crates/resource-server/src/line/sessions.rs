//! Sessions of older clients on the line: opened on the way in, sealed on the way out (TL-14, TL-15).

use super::Line;
use crate::{
    permit::{Asked, OpenedSession, Permit},
    refusal::Reason,
    token::AccessToken,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The legacy session header (TL-10).
pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

impl Line {
    /// TL-14, TL-15, G-08. In the modern era there are no sessions, and the header is not looked at (TM-30).
    pub(super) fn open_session(
        &self,
        token: &AccessToken,
        asked: &Asked,
        headers: &HeaderMap,
    ) -> Result<Option<OpenedSession>, Reason> {
        if asked.is_modern() || names_modern_version(headers) {
            return Ok(None);
        }
        let mut values = headers.get_all(SESSION_ID).iter();
        let Some(sealed) = values.next() else { return Ok(None) };
        let sealed = sealed.to_str().ok().filter(|_| values.next().is_none()).ok_or(Reason::Session)?;
        let upstream = self.sessions.open(sealed, token, self.clock.now()).ok_or(Reason::Session)?;
        Ok(Some(OpenedSession { sealed: sealed.into(), upstream: upstream.into() }))
    }

    /// Seals the session id of an answer, if it has one, for the one whose request it answers. A session the client
    /// already has keeps its name and its age. Modern answers carry none (TM-30).
    pub fn seal_session(&self, permit: &Permit, headers: &mut HeaderMap) {
        let Some(upstream) = headers.remove(SESSION_ID) else { return };
        if permit.asked.is_modern() {
            return;
        }
        let Ok(upstream) = upstream.to_str() else { return };
        let sealed = match &permit.session {
            Some(session) if &*session.upstream == upstream => Some(session.sealed.to_string()),
            _ => self.sessions.seal(upstream, &permit.token, self.clock.now()),
        };
        match sealed.map(HeaderValue::try_from) {
            Some(Ok(value)) => {
                headers.insert(SESSION_ID, value);
            }
            _ => {
                tracing::warn!(target: "portcullis::session", "the upstream's session id could not be sealed")
            }
        }
    }
}

fn names_modern_version(headers: &HeaderMap) -> bool {
    let named = headers.get(PROTOCOL_VERSION).and_then(|value| value.to_str().ok());
    named
        .and_then(|text| portcullis_mcp::Revision::parse(text.trim()))
        .is_some_and(|revision| revision.is_modern())
}
