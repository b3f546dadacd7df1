//! The key that seals session ids: 32 bytes, from the environment or from a file, never printed.

use super::{findings::Findings, secret::Secrets};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::fmt;

/// The variable that holds the key itself.
const VARIABLE: &str = "PORTCULLIS_SESSION_KEY";
const REMEDY: &str = "make one with `openssl rand -base64 32`";

/// A key of 32 bytes. Its `Debug` says nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// The key.
    pub fn secret(&self) -> &[u8; 32] {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

/// The key of the environment, or else of the file.
pub(crate) fn find(file: Option<&str>, secrets: &Secrets<'_>, findings: &mut Findings) -> Option<SessionKey> {
    let path = "session_key_file";
    let Some(text) = secrets.own(VARIABLE, file, path, REMEDY, findings) else {
        if file.is_none() {
            findings.say(format!(
                "no {VARIABLE}: sessions of older clients end with this process, and other replicas cannot open them; {REMEDY}"
            ));
        }
        return None;
    };
    let key = SessionKey::parse(&text);
    if key.is_none() {
        findings.problem(path, "is not a key of 32 bytes in base64", REMEDY);
    }
    key
}
