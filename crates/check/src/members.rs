//! Members of a metadata document, read one by one: a document with one that is wrong is still one that can be talked about.

use crate::Exchange;
use serde_json::{Map, Value};

/// A document: an object, in an answer with 200, whatever its media type.
pub(crate) fn document(exchange: &Exchange) -> Option<Map<String, Value>> {
    match exchange.is(200).then(|| exchange.json()).flatten()? {
        Value::Object(document) => Some(document),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

/// A member that is a text.
pub(crate) fn text<'a>(document: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    document.get(name)?.as_str()
}

/// A member that is a list: the texts in it.
pub(crate) fn texts<'a>(document: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let list = document.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Members that say nothing: empty lists and texts, and null.
pub(crate) fn empty(document: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let says_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    document.iter().filter(move |(_, value)| says_nothing(value)).map(|(name, _)| name.as_str())
}
