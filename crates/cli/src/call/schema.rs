//! As much of JSON Schema as it takes to know what a typed argument may be. What is not understood asks for nothing: it is for
//! the server to judge. Pure.

use rmcp::model::JsonObject;
use serde_json::Value;

/// References and alternatives are followed this far: a schema may turn in circles.
const MAX_DEPTH: usize = 8;

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
    Null,
}

/// What a schema says of one argument.
pub(super) enum Property<'a> {
    /// One of these, at least one.
    Is(Vec<Kind>),
    /// One of these very values.
    OneOf(&'a [Value]),
    Anything,
    /// There is no such argument; there are these.
    Unknown(Vec<&'a str>),
}

pub(super) fn property<'a>(schema: &'a JsonObject, name: &str) -> Property<'a> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let Some(found) = properties.and_then(|properties| properties.get(name)) else {
        let is_open = schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false));
        return match properties {
            Some(properties) if !is_open => {
                Property::Unknown(properties.keys().map(String::as_str).collect())
            }
            _ => Property::Anything,
        };
    };
    let found = resolved(schema, found);
    if let Some(values) = found.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
        return Property::OneOf(values);
    }
    let mut kinds = Vec::new();
    match collect(schema, found, MAX_DEPTH, &mut kinds) {
        Some(()) if !kinds.is_empty() => Property::Is(kinds),
        _ => Property::Anything,
    }
}

/// Whose type is asked for, for people: `string`, `integer or null`.
pub(super) fn name(schema: &JsonObject, property_name: &str) -> String {
    match property(schema, property_name) {
        Property::Is(kinds) => kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" or "),
        Property::OneOf(values) => values.iter().map(shown).collect::<Vec<_>>().join("|"),
        Property::Anything | Property::Unknown(_) => "anything".to_owned(),
    }
}

/// A value of an `enum`, as it is typed.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The schema that a local reference (`#/$defs/Name`) leads to.
fn resolved<'a>(root: &'a JsonObject, mut schema: &'a Value) -> &'a Value {
    for _ in 0..MAX_DEPTH {
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/"));
        let Some(path) = reference else { return schema };
        let mut steps = path.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
        let first = steps.next().and_then(|step| root.get(&step));
        let Some(next) = steps.fold(first, |place, step| place?.get(&step)) else { return schema };
        schema = next;
    }
    schema
}

/// Every kind that is possible; `None` where anything is.
fn collect(root: &JsonObject, schema: &Value, depth: usize, kinds: &mut Vec<Kind>) -> Option<()> {
    let schema = resolved(root, schema);
    let depth = depth.checked_sub(1)?;
    let mut add = |name: &Value| {
        let kind = Kind::named(name.as_str()?)?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
        Some(())
    };
    match schema.get("type") {
        Some(Value::Array(names)) => return names.iter().try_for_each(&mut add),
        Some(name) => return add(name),
        None => {}
    }
    let alternatives = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
    alternatives.iter().try_for_each(|schema| collect(root, schema, depth, kinds))
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "array" => Self::Array,
            "object" => Self::Object,
            "null" => Self::Null,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }

    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Array => "a JSON array",
            Self::Object => "a JSON object",
            Self::Null => "null",
        }
    }

    pub(super) fn is_of(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
            Self::Null => value.is_null(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_without_end_asks_for_nothing() {
        let schema = json!({
            "properties": {
                "circle": { "$ref": "#/$defs/a" },
                "deep": { "$ref": "#/$defs/c" },
                "lost": { "$ref": "#/$defs/none" },
                "far": { "$ref": "https://elsewhere.example/schema" },
                "odd": { "type": "colour" },
                "wrong": { "type": 7 },
            },
            "$defs": {
                "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" },
                "c": { "anyOf": [{ "$ref": "#/$defs/c" }] },
            },
        });
        let schema = schema.as_object().unwrap();
        for name in ["circle", "deep", "lost", "far", "odd", "wrong"] {
            assert!(matches!(property(schema, name), Property::Anything), "{name}");
        }
    }

    #[test]
    fn a_type_has_a_name() {
        let schema = json!({ "properties": {
            "a": { "type": ["integer", "null"] }, "b": { "enum": ["x", 1] }, "c": { "oneOf": [{ "type": "string" }, { "type": "boolean" }] }, "d": true,
        } });
        let schema = schema.as_object().unwrap();
        for (property, expected) in
            [("a", "integer or null"), ("b", "x|1"), ("c", "string or boolean"), ("d", "anything")]
        {
            assert_eq!(name(schema, property), expected);
        }
    }
}
