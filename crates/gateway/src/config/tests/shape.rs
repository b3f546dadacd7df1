//! The schema is what is committed, and what the reader understands.

use crate::config::schema;
use serde_json::Value;
use std::path::Path;

/// `docs/config.schema.json` is generated: `UPDATE_SCHEMA=1 cargo test -p portcullis-gateway` writes it.
#[test]
fn the_committed_schema_is_the_current_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.schema.json");
    let current = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == current,
        "docs/config.schema.json is not current: run UPDATE_SCHEMA=1 cargo test -p portcullis-gateway"
    );
}

/// The reader understands inlined schemas only: a reference would let any value through unchecked.
#[test]
fn the_schema_has_no_reference_and_describes_every_key() {
    fn walk(schema: &Value, path: &str) {
        assert_eq!(schema.get("$ref"), None, "{path}");
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            assert!(property["description"].is_string(), "{path} has no description");
            assert_eq!(schema["additionalProperties"], false, "{path}");
            walk(crate::config::schema::plain(property), &path);
        }
        if let Some(items) = schema.get("items") {
            walk(items, &format!("{path}[]"));
        }
    }
    walk(&schema(), "");
}
