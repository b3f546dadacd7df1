//! Audit events as JSON lines.

use portcullis_gateway::config::AuditOutput;
use portcullis_resource_server::{Audit, AuditEvent};
use std::io::Write as _;

/// What a line usually takes, so that it is not made in pieces.
const USUAL_BYTES: usize = 512;

/// One line an event.
pub(crate) struct AuditLines(pub(crate) AuditOutput);

impl Audit for AuditLines {
    fn record(&self, event: &AuditEvent<'_>) {
        if self.0 == AuditOutput::Off {
            return;
        }
        let mut line = Vec::with_capacity(USUAL_BYTES);
        if serde_json::to_writer(&mut line, event).is_err() {
            return;
        }
        line.push(b'\n');
        // A reader that went away does not stop the gateway.
        let _ = match self.0 {
            AuditOutput::Stdout => std::io::stdout().write_all(&line),
            AuditOutput::Stderr => std::io::stderr().write_all(&line),
            AuditOutput::Off => Ok(()),
        };
    }
}
