//! The parameters that name something, and the protocol fields of `_meta`; everything else is walked and dropped.
//!
//! Members arrive in any order, also before `method`. So what is no name is noted here, and refused only where the
//! method says that it should have been one.

use crate::{
    Defect,
    members::Members,
    value::{Nested, Opaque, Scalar, Skip},
};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Longer names are nobody's. In characters.
const MAX_NAME: usize = 4096;
/// A listener names the resources it looks at, not a catalogue.
const MAX_SUBSCRIPTIONS: usize = 1000;

/// What may name something, or say which revision is spoken.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pub(crate) name: Name,
    pub(crate) uri: Name,
    pub(crate) task_id: Name,
    pub(crate) arguments: Nested<Opaque>,
    pub(crate) task: Nested<Opaque>,
    pub(crate) reference: Nested<Reference>,
    pub(crate) filter: Nested<Filter>,
    pub(crate) meta: Nested<Meta>,
}

/// The protocol fields of `_meta` (TM-13, TM-26).
#[derive(Debug, Default)]
pub(crate) struct Meta {
    pub(crate) version: Name,
    pub(crate) capabilities: Nested<Opaque>,
}

/// `ref` of `completion/complete`.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) kind: Name,
    pub(crate) name: Name,
    pub(crate) uri: Name,
}

/// `notifications` of `subscriptions/listen`.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) resources: Vec<Name>,
}

/// A bounded string.
#[derive(Debug, Default)]
pub(crate) enum Name {
    #[default]
    Absent,
    Text(Box<str>),
    /// Something else, too long, or with the character at which C would end it.
    Other,
}

impl<'de> Members<'de> for Params {
    const KNOWN: &'static [&'static str] =
        &["name", "uri", "taskId", "arguments", "_meta", "ref", "task", "notifications"];

    fn read<A: MapAccess<'de>>(&mut self, name: &'static str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "name" => self.name = members.next_value()?,
            "uri" => self.uri = members.next_value()?,
            "taskId" => self.task_id = members.next_value()?,
            "arguments" => self.arguments = members.next_value()?,
            "task" => self.task = members.next_value()?,
            "ref" => self.reference = members.next_value()?,
            "notifications" => self.filter = members.next_value()?,
            _meta => {
                self.meta = members.next_value()?;
                if matches!(self.meta, Nested::Other) {
                    return Err(A::Error::custom(Defect::NotAnObject));
                }
            }
        }
        Ok(())
    }
}

impl<'de> Members<'de> for Meta {
    const KNOWN: &'static [&'static str] =
        &["io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"];

    fn read<A: MapAccess<'de>>(&mut self, name: &'static str, members: &mut A) -> Result<(), A::Error> {
        if name == "io.modelcontextprotocol/protocolVersion" {
            self.version = members.next_value()?;
            if matches!(self.version, Name::Other) {
                return Err(A::Error::custom(Defect::InvalidName));
            }
        } else {
            self.capabilities = members.next_value()?;
            if matches!(self.capabilities, Nested::Other) {
                return Err(A::Error::custom(Defect::NotAnObject));
            }
        }
        Ok(())
    }
}

impl<'de> Members<'de> for Reference {
    const KNOWN: &'static [&'static str] = &["type", "name", "uri"];

    fn read<A: MapAccess<'de>>(&mut self, name: &'static str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "type" => self.kind = members.next_value()?,
            "name" => self.name = members.next_value()?,
            _uri => self.uri = members.next_value()?,
        }
        Ok(())
    }
}

impl<'de> Members<'de> for Filter {
    const KNOWN: &'static [&'static str] = &["resourceSubscriptions"];

    fn read<A: MapAccess<'de>>(&mut self, _: &'static str, members: &mut A) -> Result<(), A::Error> {
        self.resources = members.next_value::<Names>()?.0;
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) if is_bounded(&text) => Self::Text(text.into()),
            Scalar::Text(_) | Scalar::Integer(_) | Scalar::Other => Self::Other,
        })
    }
}

/// A name that somebody may have.
pub(crate) fn is_bounded(text: &str) -> bool {
    (text.len() <= MAX_NAME || text.chars().nth(MAX_NAME).is_none()) && !text.contains('\0')
}

/// A bounded list of names; what is no list is one name that is none.
struct Names(Vec<Name>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = items.next_element()? {
                    if names.len() == MAX_SUBSCRIPTIONS {
                        return Err(A::Error::custom(Defect::TooManyNames));
                    }
                    names.push(name);
                }
                Ok(Names(names))
            }

            fn visit_unit<E>(self) -> Result<Names, E> {
                Ok(Names(Vec::new()))
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Names, A::Error> {
                Skip.visit_map(members).map(|_| no_list())
            }

            fn visit_str<E>(self, _: &str) -> Result<Names, E> {
                Ok(no_list())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Names, E> {
                Ok(no_list())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Names, E> {
                Ok(no_list())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Names, E> {
                Ok(no_list())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Names, E> {
                Ok(no_list())
            }
        }

        deserializer.deserialize_any(List)
    }
}

fn no_list() -> Names {
    Names(vec![Name::Other])
}
