//! Where decisions are written unless somebody says: to `tracing`, as JSON, so that they stand among the program's own logs.

use portcullis_resource_server::{Audit, AuditEvent};

/// Writes each event at level info, target `portcullis::audit`. It has no token, argument or body in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingAudit;

impl Audit for TracingAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        if tracing::enabled!(target: "portcullis::audit", tracing::Level::INFO) {
            let event = serde_json::to_string(event).unwrap_or_default();
            tracing::info!(target: "portcullis::audit", "{event}");
        }
    }
}
