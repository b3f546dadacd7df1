//! A JSON object whose members occur once each (RFC 7515 §4, RFC 7519 §4: names must be unique), and so do those of every
//! object in it: a key in a header, or `cnf` in claims, means one thing to all readers.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, error::Category};
use std::fmt;

/// More members than any real token has.
const MAX_MEMBERS: usize = 256;

/// Parses a JSON object, refusing duplicates and trailing bytes.
/// Parses a JSON object, refusing duplicates at any depth, and trailing bytes.
pub(crate) fn object(json: &[u8]) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(json).map_err(|_| "not UTF-8".to_owned())?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer.deserialize_map(Members).map_err(|error| shape(&error))?;
    deserializer.end().map_err(|error| shape(&error))?;
    Ok(members)
}

/// What serde_json says, without what the stranger wrote.
fn shape(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => error.to_string(),
        Category::Io | Category::Syntax | Category::Eof => "not JSON".to_owned(),
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.insert(name, map.next_value::<Unique>()?.0).is_some() {
                return Err(de::Error::custom("a member occurs twice"));
            }
            if members.len() > MAX_MEMBERS {
                return Err(de::Error::custom("too many members"));
            }
        }
        Ok(members)
    }
}

/// A value in which no object has a member twice.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Unique, E> {
        Ok(Unique(Value::Bool(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Unique, E> {
        Ok(Unique(Value::from(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Unique, E> {
        Ok(Unique(Value::from(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Unique, E> {
        Ok(Unique(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Unique, E> {
        Ok(Unique(Value::from(value)))
    }

    fn visit_string<E>(self, value: String) -> Result<Unique, E> {
        Ok(Unique(Value::from(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        let mut all = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Unique(Value::Array(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Unique, A::Error> {
        Members.visit_map(map).map(|members| Unique(Value::Object(members)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// JW-18, DP-02
    #[test]
    fn refuses_a_member_twice_at_any_depth() {
        for json in [
            r#"{"a":1,"a":1}"#,
            r#"{"cnf":{"jkt":"a","jkt":"b"}}"#,
            r#"{"a":[{"b":{"c":1,"\u0063":2}}]}"#,
            r#"{"a":1} "#.repeat(2).as_str(),
        ] {
            assert!(object(json.as_bytes()).is_err(), "{json}");
        }
        assert!(object("[".repeat(4096).as_bytes()).is_err());
        assert!(object(format!("{{\"a\":{}", "[".repeat(4096)).as_bytes()).is_err());
    }

    proptest! {
        /// A second opinion: what is read is what an ordinary parser finds.
        #[test]
        fn reads_what_an_ordinary_parser_reads(
            text in r#"[a-c]{0,2}"#, number in any::<i64>(), real in any::<f64>(), truth in any::<bool>()
        ) {
            let json = serde_json::json!({ "a": { "b": [text, number, real, truth, null] }, "c": number.unsigned_abs() });
            let read = object(json.to_string().as_bytes()).unwrap();
            let again: Value = serde_json::from_str(&json.to_string()).unwrap();
            prop_assert_eq!(Value::Object(read), again);
        }
    }
}
