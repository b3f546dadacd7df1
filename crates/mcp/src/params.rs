//! The parameters that name something, and the protocol fields of `_meta`; everything else is walked and dropped.

use crate::{members::Seen, skip::Skip};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

const PARAMS: [&str; 7] = ["name", "uri", "taskId", "arguments", "_meta", "ref", "notifications"];
const META: [&str; 2] =
    ["io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"];
const REF: [&str; 3] = ["type", "name", "uri"];
const FILTER: [&str; 1] = ["resourceSubscriptions"];

/// Longer names are nobody's.
const MAX_NAME: usize = 4096;
/// A listener names the resources it looks at, not a catalogue.
const MAX_SUBSCRIPTIONS: usize = 1000;

/// What may name something, or say which revision is spoken.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pub(crate) name: Option<Box<str>>,
    pub(crate) uri: Option<Box<str>>,
    pub(crate) task_id: Option<Box<str>>,
    pub(crate) reference: Option<Reference>,
    pub(crate) subscriptions: Vec<Box<str>>,
    pub(crate) version: Option<Box<str>>,
    pub(crate) has_capabilities: bool,
}

/// `ref` of `completion/complete`.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) kind: Option<Box<str>>,
    pub(crate) name: Option<Box<str>>,
    pub(crate) uri: Option<Box<str>>,
}

/// Reads one object, member by member.
macro_rules! object {
    ($seed:ident -> $value:ty, $known:expr, $complaint:literal, |$into:ident, $members:ident| { $($name:literal => $read:expr),* $(,)? }) => {
        pub(crate) struct $seed;

        impl<'de> DeserializeSeed<'de> for $seed {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                deserializer.deserialize_any(self)
            }
        }

        impl<'de> Visitor<'de> for $seed {
            type Value = $value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<$value, A::Error> {
                Err(de::Error::custom($complaint))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut $members: A) -> Result<$value, A::Error> {
                let mut $into = <$value>::default();
                let mut seen = Seen::new(&$known);
                while let Some(name) = $members.next_key::<Cow<'de, str>>()? {
                    match seen.note(&name).map_err(de::Error::custom)? {
                        $(Some($name) => { $read; })*
                        _ => { $members.next_value::<Skip>()?; }
                    }
                }
                Ok($into)
            }
        }
    };
}

object!(ParamsSeed -> Params, PARAMS, "params is not an object", |params, members| {
    "name" => params.name = members.next_value::<Name>()?.0,
    "uri" => params.uri = members.next_value::<Name>()?.0,
    "taskId" => params.task_id = members.next_value::<Name>()?.0,
    "_meta" => {
        let meta = members.next_value_seed(MetaSeed)?;
        params.version = meta.version;
        params.has_capabilities = meta.has_capabilities;
    },
    "ref" => params.reference = Some(members.next_value_seed(ReferenceSeed)?),
    "notifications" => params.subscriptions = members.next_value_seed(FilterSeed)?.0,
});

#[derive(Default)]
pub(crate) struct Meta {
    version: Option<Box<str>>,
    has_capabilities: bool,
}

object!(MetaSeed -> Meta, META, "_meta is not an object", |meta, members| {
    "io.modelcontextprotocol/protocolVersion" => meta.version = members.next_value::<Name>()?.0,
    "io.modelcontextprotocol/clientCapabilities" => {
        members.next_value::<Skip>()?;
        meta.has_capabilities = true;
    },
});

object!(ReferenceSeed -> Reference, REF, "params is not an object", |reference, members| {
    "type" => reference.kind = members.next_value::<Name>()?.0,
    "name" => reference.name = members.next_value::<Name>()?.0,
    "uri" => reference.uri = members.next_value::<Name>()?.0,
});

#[derive(Default)]
pub(crate) struct Filter(Vec<Box<str>>);

object!(FilterSeed -> Filter, FILTER, "params is not an object", |filter, members| {
    "resourceSubscriptions" => filter.0 = members.next_value::<Names>()?.0,
});

/// A bounded string.
struct Name(Option<Box<str>>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let complaint = || de::Error::custom("a name in params is not a string, or is too long");
        let name = Cow::<'de, str>::deserialize(deserializer).map_err(|_| complaint())?;
        if name.len() > MAX_NAME { Err(complaint()) } else { Ok(Self(Some(name.into()))) }
    }
}

/// A bounded list of them.
struct Names(Vec<Box<str>>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of URIs")
            }

            fn visit_unit<E>(self) -> Result<Names, E> {
                Ok(Names(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = items.next_element::<Name>()? {
                    if names.len() == MAX_SUBSCRIPTIONS {
                        return Err(de::Error::custom("too many resources are named"));
                    }
                    names.extend(name.0);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(List)
    }
}
