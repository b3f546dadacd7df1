//! Audit events as JSON lines.

use portcullis_resource_server::{Audit, AuditEvent};
use std::io::Write as _;

/// One line an event, on standard output for `serve` and on standard error for `dev`, whose output is for a person.
pub(crate) enum AuditLines {
    Stdout,
    Stderr,
}

impl Audit for AuditLines {
    fn record(&self, event: &AuditEvent) {
        let Ok(mut line) = serde_json::to_vec(event) else { return };
        line.push(b'\n');
        // A reader that went away does not stop the gateway.
        let _ = match self {
            Self::Stdout => std::io::stdout().write_all(&line),
            Self::Stderr => std::io::stderr().write_all(&line),
        };
    }
}
