//! The JSON Schema of `portcullis.toml`, made from the raw types: for editors, and for reading the file itself.

use super::raw::RawConfig;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema, committed as `docs/config.schema.json`.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.for_deserialize().into_generator().into_root_schema_for::<RawConfig>().to_value()
}

/// The schema itself, or the one alternative of an optional value that is not null.
pub(crate) fn plain(schema: &Value) -> &Value {
    let alternatives = schema["anyOf"].as_array();
    alternatives.and_then(|all| all.iter().find(|one| one["type"] != "null")).unwrap_or(schema)
}

/// The texts a value may be; empty if any may.
pub(crate) fn choices(schema: &Value) -> Vec<&str> {
    let listed = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let described = schema["oneOf"].as_array().into_iter().flatten();
    listed
        .chain(
            described.flat_map(|one| one["const"].as_str().map_or_else(|| choices(one), |text| vec![text])),
        )
        .collect()
}

/// The kinds of value that may stand here, in JSON Schema's words; empty if any may.
pub(crate) fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) if choices(schema).is_empty() => {
            Vec::new()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec!["string"],
    }
}
