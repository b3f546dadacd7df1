//! A JSON object whose members occur once each (RFC 7515 §4, RFC 7519 §4: names must be unique).

use serde::de::{self, Deserializer as _, MapAccess, Visitor};
use serde_json::{Map, Value, error::Category};
use std::fmt;

/// More members than any real token has.
const MAX_MEMBERS: usize = 256;

/// Parses a JSON object, refusing duplicates and trailing bytes.
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
            if members.insert(name, map.next_value()?).is_some() {
                return Err(de::Error::custom("a member occurs twice"));
            }
            if members.len() > MAX_MEMBERS {
                return Err(de::Error::custom("too many members"));
            }
        }
        Ok(members)
    }
}
