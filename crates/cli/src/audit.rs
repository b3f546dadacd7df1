//! Audit events as JSON lines.

use portcullis_gateway::config::AuditOutput;
use portcullis_resource_server::{Audit, AuditEvent};
use std::io::Write as _;

/// One line an event.
pub(crate) struct AuditLines(pub(crate) AuditOutput);

impl Audit for AuditLines {
    fn record(&self, event: &AuditEvent) {
        let Ok(mut line) = serde_json::to_vec(event) else { return };
        line.push(b'\n');
        // A reader that went away does not stop the gateway.
        let _ = match self.0 {
            AuditOutput::Stdout => std::io::stdout().write_all(&line),
            AuditOutput::Stderr => std::io::stderr().write_all(&line),
            AuditOutput::Off => Ok(()),
        };
    }
}
