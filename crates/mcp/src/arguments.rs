//! The arguments of a call, for whoever decides by them: read as every parser of the world would read them, or not at
//! all.
//!
//! [`read`](crate::read) holds names only. A condition over arguments needs their values, and what it decides must be
//! true of what the upstream will read: so a name counts once at every depth however it is spelled, an integer is one
//! that every language has, and a text has no character at which C would end it.

use crate::members::fold;
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, value::RawValue};
use std::{cell::Cell, collections::HashSet, fmt};

/// Longer arguments are decided about by nobody. In bytes, as they stand in the body.
pub const MAX_ARGUMENTS: usize = 64 * 1024;
/// More values at all depths are no arguments of a call that anybody has rules for.
const MAX_VALUES: usize = 1000;
/// 2^53: beyond it JavaScript sees another number.
const MAX_INTEGER: u64 = 1 << 53;

/// The arguments cannot be decided about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentsError {
    /// They are longer than [`MAX_ARGUMENTS`].
    #[error("the arguments are longer than 64 KiB")]
    TooLong,
    /// There are more than a thousand values in them.
    #[error("the arguments have more than 1,000 values")]
    TooMany,
    /// A member stands twice in one object, or twice but for its case.
    #[error("the arguments have a member twice")]
    Duplicate,
    /// An integer beyond ±2^53, or a number no parser can hold.
    #[error("the arguments have a number that is not the same everywhere")]
    Number,
    /// U+0000 in a name or a text.
    #[error("the arguments have a text that does not end where it ends")]
    Zero,
    /// They are no JSON object, or nested too deeply.
    #[error("the arguments are no object that can be read")]
    Unreadable,
}

/// Where the arguments of each message stand in a body.
#[derive(Debug)]
pub struct Arguments<'a>(Vec<Option<&'a str>>);

impl<'a> Arguments<'a> {
    /// Finds them in a body that [`read`](crate::read) has accepted, one message or a batch.
    ///
    /// # Errors
    /// [`ArgumentsError::Unreadable`]: it has not.
    pub fn find(body: &'a [u8]) -> Result<Self, ArgumentsError> {
        #[derive(Deserialize)]
        struct Message<'a> {
            #[serde(borrow)]
            params: Option<Params<'a>>,
        }
        #[derive(Deserialize)]
        struct Params<'a> {
            #[serde(borrow)]
            arguments: Option<&'a RawValue>,
        }
        let unreadable = |_| ArgumentsError::Unreadable;
        let text = std::str::from_utf8(body).map_err(|_| ArgumentsError::Unreadable)?;
        let messages: Vec<Message<'_>> = if text.trim_start().starts_with('[') {
            serde_json::from_str(text).map_err(unreadable)?
        } else {
            vec![serde_json::from_str(text).map_err(unreadable)?]
        };
        let raw = |message: Message<'a>| message.params?.arguments.map(RawValue::get);
        Ok(Self(messages.into_iter().map(raw).collect()))
    }

    /// Those of message `index`; empty where it has none.
    ///
    /// # Errors
    /// [`ArgumentsError`]: two parsers could read them differently, or they are too much to decide about.
    pub fn read(&self, index: usize) -> Result<Map<String, Value>, ArgumentsError> {
        let Some(raw) = self.0.get(index).ok_or(ArgumentsError::Unreadable)? else { return Ok(Map::new()) };
        if raw.len() > MAX_ARGUMENTS {
            return Err(ArgumentsError::TooLong);
        }
        let strict = Strict { values: &Cell::new(0), why: &Cell::new(None) };
        match strict.deserialize(&mut serde_json::Deserializer::from_str(raw)) {
            Ok(Value::Object(arguments)) => Ok(arguments),
            Ok(Value::Null) => Ok(Map::new()),
            Ok(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                Err(ArgumentsError::Unreadable)
            }
            Err(_) => Err(strict.why.get().unwrap_or(ArgumentsError::Unreadable)),
        }
    }
}

/// Builds a value, and remembers why it could not.
#[derive(Clone, Copy)]
struct Strict<'s> {
    values: &'s Cell<usize>,
    why: &'s Cell<Option<ArgumentsError>>,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(self, why: ArgumentsError) -> E {
        self.why.set(Some(why));
        E::custom(why)
    }

    fn count<E: serde::de::Error>(self) -> Result<(), E> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES { Err(self.refuse(ArgumentsError::TooMany)) } else { Ok(()) }
    }

    fn text<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        if text.contains('\0') { Err(self.refuse(ArgumentsError::Zero)) } else { Ok(text.to_owned()) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        if number.unsigned_abs() > MAX_INTEGER {
            return Err(self.refuse(ArgumentsError::Number));
        }
        Ok(Value::from(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        if number > MAX_INTEGER {
            return Err(self.refuse(ArgumentsError::Number));
        }
        Ok(Value::from(number))
    }

    /// serde_json gives integers that no 64 bits hold as these, too.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        if number.fract() == 0.0 && number.abs() > MAX_INTEGER as f64 {
            return Err(self.refuse(ArgumentsError::Number));
        }
        Number::from_f64(number).map(Value::Number).ok_or_else(|| self.refuse(ArgumentsError::Number))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.text(text).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let (mut object, mut names) = (Map::new(), HashSet::new());
        while let Some(name) = members.next_key::<String>()? {
            let name = self.text(&name)?;
            if !names.insert(name.chars().map(fold).collect::<String>()) {
                return Err(self.refuse(ArgumentsError::Duplicate));
            }
            object.insert(name, members.next_value_seed(self)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &str) -> Result<Value, ArgumentsError> {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t","arguments":{arguments}}}}}"#
        );
        Arguments::find(body.as_bytes())?.read(0).map(Value::Object)
    }

    #[test]
    fn what_every_parser_reads_alike_is_given_as_it_is() {
        for text in [
            "{}",
            r#"{"a":{"b":[1,-2,3.5,"x",null,true]},"c":9007199254740992,"d":-9007199254740992}"#,
            r#"{"a":{"x":1},"b":{"x":2}}"#,
            r#"{"ä":"\u00e4","e":1e-3}"#,
        ] {
            assert_eq!(of(text), Ok(serde_json::from_str(text).unwrap()), "{text}");
        }
        assert_eq!(of("null"), Ok(Value::Object(Map::new())));
    }

    #[test]
    fn what_two_parsers_could_read_differently_is_not_read() {
        for (text, expected) in [
            (r#"{"a":1,"a":2}"#, ArgumentsError::Duplicate),
            (r#"{"a":1,"\u0061":2}"#, ArgumentsError::Duplicate),
            (r#"{"a":1,"A":2}"#, ArgumentsError::Duplicate),
            (r#"{"s":1,"ſ":2}"#, ArgumentsError::Duplicate),
            (r#"{"deep":[{"x":{"a":1,"a":1}}]}"#, ArgumentsError::Duplicate),
            (r#"{"a":9007199254740993}"#, ArgumentsError::Number),
            (r#"{"a":-9007199254740993}"#, ArgumentsError::Number),
            (r#"{"a":123456789012345678901234567890}"#, ArgumentsError::Number),
            (r#"{"a":1e20}"#, ArgumentsError::Number),
            (r#"{"a":"x\u0000y"}"#, ArgumentsError::Zero),
            (r#"{"a\u0000":1}"#, ArgumentsError::Zero),
            ("[1]", ArgumentsError::Unreadable),
            ("7", ArgumentsError::Unreadable),
        ] {
            assert_eq!(of(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn what_is_too_much_is_not_read() {
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_ARGUMENTS));
        assert_eq!(of(&long), Err(ArgumentsError::TooLong));
        let many = |count: usize| format!(r#"{{"a":[{}]}}"#, vec!["1"; count].join(","));
        assert!(of(&many(MAX_VALUES - 2)).is_ok());
        assert_eq!(of(&many(MAX_VALUES - 1)), Err(ArgumentsError::TooMany));
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert_eq!(of(&deep), Err(ArgumentsError::Unreadable));
    }

    /// TL-03: each element has its own.
    #[test]
    fn each_message_of_a_batch_has_its_own() {
        let body = br#" [{"params":{"arguments":{"a":1}}},{"params":{}},{"params":{"arguments":{"a":3}}}]"#;
        let all = Arguments::find(body).unwrap();
        let read = |index| all.read(index).map(|it| it.get("a").cloned());
        assert_eq!(read(0), Ok(Some(1.into())));
        assert_eq!(read(1), Ok(None));
        assert_eq!(read(2), Ok(Some(3.into())));
        assert_eq!(read(3), Err(ArgumentsError::Unreadable));
    }
}
