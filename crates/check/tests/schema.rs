//! What `--json` prints has a schema, and the one in the documentation is current.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use portcullis_check::Report;
use std::{fs, path::Path};

/// `docs/check.schema.json` is generated: `UPDATE_SCHEMA=1 cargo test -p portcullis-check --test schema` writes it.
#[test]
fn the_schema_in_the_documentation_is_current() {
    let schema = format!("{:#}\n", schemars::schema_for!(Report).to_value());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/check.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &schema).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == schema,
        "docs/check.schema.json is not current: run UPDATE_SCHEMA=1 cargo test -p portcullis-check --test schema"
    );
}
