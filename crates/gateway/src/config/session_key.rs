//! The key that seals session ids: 32 bytes, from the environment or from a file, never printed.

use super::{findings::Findings, place::Place, sources::Environment};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{fmt, path::Path};

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
        STANDARD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

/// The key of the environment, or else of the file, whose relative path starts at `folder`.
pub(crate) fn find(
    environment: &Environment<'_>,
    file: Option<&str>,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<SessionKey> {
    let path = "session_key_file";
    if let Some(text) = environment.get(VARIABLE) {
        findings.places.set(path, Place::Environment(VARIABLE.to_owned()));
        return parse(text, path, findings);
    }
    let Some(file) = file else {
        findings.say(format!(
            "no {VARIABLE}: sessions of older clients end with this process, and other replicas cannot open them; {REMEDY}"
        ));
        return None;
    };
    match std::fs::read_to_string(folder.unwrap_or(Path::new("")).join(file)) {
        Ok(text) => parse(&text, path, findings),
        Err(error) => {
            findings.wrong(path, file, format!("cannot be read: {error}"), REMEDY);
            None
        }
    }
}

fn parse(text: &str, path: &str, findings: &mut Findings) -> Option<SessionKey> {
    let key = SessionKey::parse(text);
    if key.is_none() {
        findings.problem(path, "is not a key of 32 bytes in base64", REMEDY);
    }
    key
}
