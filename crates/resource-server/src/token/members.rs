//! A JSON object read member by member, each at most once (RFC 7515 §4, RFC 7519 §4: names must be unique).

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::{collections::HashSet, fmt};

/// More members than any real token has.
const MAX_MEMBERS: usize = 256;

/// Parses a JSON object and hands each member to `take`, refusing duplicates and trailing bytes.
pub(super) fn each_member(
    json: &[u8],
    take: &mut dyn FnMut(&str, Value) -> Result<(), &'static str>,
) -> Result<(), String> {
    let text = std::str::from_utf8(json).map_err(|_| "not UTF-8".to_owned())?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Members(take).deserialize(&mut deserializer).map_err(|error| shape(&error))?;
    deserializer.end().map_err(|error| shape(&error))
}

/// What serde_json says, without what the stranger wrote.
fn shape(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => error.to_string(),
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => "not JSON".to_owned(),
    }
}

struct Members<'f>(&'f mut dyn FnMut(&str, Value) -> Result<(), &'static str>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value::<Value>()?;
            (self.0)(&name, value).map_err(de::Error::custom)?;
            if !seen.insert(name) {
                return Err(de::Error::custom("a member occurs twice"));
            }
            if seen.len() > MAX_MEMBERS {
                return Err(de::Error::custom("too many members"));
            }
        }
        Ok(())
    }
}
