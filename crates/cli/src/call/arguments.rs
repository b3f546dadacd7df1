//! `key=value` → the arguments of a tool, as its input schema types them. Pure.

use super::schema::{Kind, Property, property, shown as shown_value};
use crate::text::line;
use rmcp::model::JsonObject;
use serde_json::Value;

/// One argument as it was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    key: String,
    value: Typed,
}

#[derive(Debug, PartialEq, Eq)]
enum Typed {
    /// For the schema to make something of.
    Text(String),
    /// As it stands.
    Json(Value),
}

/// Each `key=value` and `key:=json`, every key once.
pub(super) fn pairs(arguments: &[String]) -> Result<Vec<Pair>, String> {
    let mut pairs = Vec::<Pair>::new();
    for argument in arguments {
        let Some((key, value)) = argument.split_once('=') else {
            return Err(format!("{:?} is not of the form KEY=VALUE", line(argument, 40)));
        };
        let (key, value) = match key.strip_suffix(':') {
            Some(key) => {
                let json = serde_json::from_str(value);
                let json =
                    json.map_err(|error| format!("{}: what follows := is no JSON: {error}", line(key, 40)))?;
                (key, Typed::Json(json))
            }
            None => (key, Typed::Text(value.to_owned())),
        };
        if key.is_empty() {
            return Err(format!("{:?} has no key before =", line(argument, 40)));
        }
        if pairs.iter().any(|pair| pair.key == key) {
            return Err(format!(
                "{} is given twice; a list is one value: {0}:='[\"a\",\"b\"]'",
                line(key, 40)
            ));
        }
        pairs.push(Pair { key: key.to_owned(), value });
    }
    Ok(pairs)
}

/// What the tool is sent. Without a schema every text is one.
pub(super) fn typed(pairs: &[Pair], schema: Option<&JsonObject>) -> Result<JsonObject, String> {
    let mut typed = JsonObject::new();
    for Pair { key, value } in pairs {
        let value = match (value, schema) {
            (Typed::Json(value), _) => value.clone(),
            (Typed::Text(text), None) => Value::String(text.clone()),
            (Typed::Text(text), Some(schema)) => fitting(key, text, schema)?,
        };
        typed.insert(key.clone(), value);
    }
    let required = schema.and_then(|schema| schema.get("required")?.as_array());
    let names = required.into_iter().flatten().filter_map(Value::as_str);
    let missing: Vec<String> =
        names.filter(|name| !typed.contains_key(*name)).map(|name| line(name, 40)).collect();
    if !missing.is_empty() {
        return Err(format!("it cannot do without {}", missing.join(", ")));
    }
    Ok(typed)
}

fn fitting(key: &str, text: &str, schema: &JsonObject) -> Result<Value, String> {
    let shown = line(key, 40);
    match property(schema, key) {
        Property::Is(kinds) => fits(text, &kinds).ok_or_else(|| {
            let wanted = kinds.iter().map(|kind| kind.wanted()).collect::<Vec<_>>().join(" or ");
            format!("{shown} has to be {wanted}, and {:?} is not", line(text, 40))
        }),
        Property::OneOf(values) => {
            values.iter().find(|value| shown_value(value) == text).cloned().ok_or_else(|| {
                let known: Vec<String> = values.iter().map(shown_value).collect();
                format!(
                    "{shown} has to be one of {}, and {:?} is not",
                    line(&known.join(", "), 400),
                    line(text, 40)
                )
            })
        }
        Property::Anything => Ok(Value::String(text.to_owned())),
        Property::Unknown(known) => {
            let near = known.iter().map(|name| (strsim::jaro_winkler(key, name), name));
            let near = near.filter(|(likeness, _)| *likeness > 0.8).max_by(|(a, _), (b, _)| a.total_cmp(b));
            let meant =
                near.map_or_else(String::new, |(_, name)| format!("; did you mean {}?", line(name, 40)));
            Err(format!("it has no argument {shown}{meant} ({shown}:=… sends it all the same)"))
        }
    }
}

/// The first kind that the text fits; where it may be a text, it is one.
fn fits(text: &str, kinds: &[Kind]) -> Option<Value> {
    if kinds.contains(&Kind::String) {
        return Some(Value::String(text.to_owned()));
    }
    let value: Value = serde_json::from_str(text).ok()?;
    kinds.iter().any(|kind| kind.is_of(&value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sent(arguments: &[&str], schema: &Value) -> Result<Value, String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        typed(&pairs(&arguments)?, schema.as_object()).map(Value::Object)
    }

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "title": { "type": "string" },
                "limit": { "type": "integer" },
                "ratio": { "type": "number" },
                "done": { "type": "boolean" },
                "tags": { "type": "array", "items": { "type": "string" } },
                "place": { "$ref": "#/$defs/Place" },
                "until": { "type": ["integer", "null"] },
                "note": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
                "size": { "enum": ["s", "m", 3] },
                "any": {},
            },
            "$defs": { "Place": { "type": "object" } },
        })
    }

    #[test]
    fn a_value_is_what_the_schema_asks_for() {
        for (argument, expected) in [
            ("title=3", json!({ "title": "3" })),
            ("title=", json!({ "title": "" })),
            ("title=a=b", json!({ "title": "a=b" })),
            ("limit=-3", json!({ "limit": -3 })),
            ("ratio=0.5", json!({ "ratio": 0.5 })),
            ("ratio=2", json!({ "ratio": 2 })),
            ("done=true", json!({ "done": true })),
            ("tags=[\"a\",\"b\"]", json!({ "tags": ["a", "b"] })),
            ("place={\"x\":1}", json!({ "place": { "x": 1 } })),
            ("until=null", json!({ "until": null })),
            ("until=7", json!({ "until": 7 })),
            ("note=null", json!({ "note": "null" })),
            ("note:=null", json!({ "note": null })),
            ("size=m", json!({ "size": "m" })),
            ("size=3", json!({ "size": 3 })),
            ("any=3", json!({ "any": "3" })),
            ("any:=3", json!({ "any": 3 })),
            ("other:={\"a\":[]}", json!({ "other": { "a": [] } })),
        ] {
            assert_eq!(sent(&[argument], &schema()), Ok(expected), "{argument}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said_and_not_sent() {
        for (arguments, expected) in [
            (&["limit=3.5"][..], "limit has to be a whole number, and \"3.5\" is not"),
            (&["limit=three"], "limit has to be a whole number"),
            (&["limit=99999999999999999999"], "limit has to be a whole number"),
            (&["ratio=NaN"], "ratio has to be a number"),
            (&["done=yes"], "done has to be true or false"),
            (&["tags=a"], "tags has to be a JSON array"),
            (&["tags={}"], "tags has to be a JSON array"),
            (&["place=[]"], "place has to be a JSON object"),
            (&["until=x"], "until has to be a whole number or null"),
            (&["size=l"], "size has to be one of s, m, 3, and \"l\" is not"),
            (&["titel=x"], "it has no argument titel; did you mean title?"),
            (&["zzz=x"], "it has no argument zzz (zzz:=… sends it all the same)"),
            (&["title"], "not of the form KEY=VALUE"),
            (&["=x"], "has no key"),
            (&[":=1"], "has no key"),
            (&["title=a", "title=b"], "title is given twice"),
            (&["any:={"], "any: what follows := is no JSON"),
        ] {
            let said = sent(arguments, &schema()).unwrap_err();
            assert!(said.contains(expected), "{arguments:?}: {said}");
        }
        let needy = json!({ "required": ["title", "limit"], "properties": { "title": { "type": "string" }, "limit": {} } });
        assert_eq!(sent(&["title=a"], &needy), Err("it cannot do without limit".to_owned()));
    }

    #[test]
    fn without_a_schema_or_with_an_open_one_a_text_is_a_text() {
        let pairs = pairs(&["a=1".to_owned()]).unwrap();
        assert_eq!(Value::Object(typed(&pairs, None).unwrap()), json!({ "a": "1" }));
        let open = json!({ "type": "object", "properties": { "b": {} }, "additionalProperties": true });
        for schema in [json!({}), json!({ "type": "object" }), open] {
            assert_eq!(sent(&["a=1"], &schema), Ok(json!({ "a": "1" })), "{schema}");
        }
    }
}
