//! JSON values as far as anybody here looks at them. Every value is walked to its end, so that serde_json bounds its
//! depth (128) and each name in it is looked at; `IgnoredAny` would do neither.

use crate::members::{Members, Seen, read_object};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// A value nobody needs.
pub(crate) struct Skip;

/// A value that should be a string or an integer.
pub(crate) enum Scalar<'de> {
    Text(Cow<'de, str>),
    Integer(i64),
    Other,
}

/// A value that should be an object. `null` is as good as absent: no parser finds a member in it.
#[derive(Debug, Default)]
pub(crate) enum Nested<T> {
    #[default]
    Absent,
    Object(T),
    Other,
}

/// An object in which nothing is known.
#[derive(Debug, Default)]
pub(crate) struct Opaque;

impl<'de> Members<'de> for Opaque {
    const KNOWN: &'static [&'static str] = &[];

    fn read<A: MapAccess<'de>>(&mut self, _: &'static str, members: &mut A) -> Result<(), A::Error> {
        members.next_value::<Skip>().map(|_| ())
    }
}

impl<'de> Deserialize<'de> for Skip {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Skip {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_key_seed(&mut Seen::default())?.is_some() {
            members.next_value::<Self>()?;
        }
        Ok(self)
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsScalar;

        impl<'de> Visitor<'de> for AsScalar {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Integer(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Scalar<'de>, E> {
                Ok(i64::try_from(number).map_or(Scalar::Other, Scalar::Integer))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Scalar<'de>, A::Error> {
                Skip.visit_seq(items).map(|_| Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Scalar<'de>, A::Error> {
                Skip.visit_map(members).map(|_| Scalar::Other)
            }
        }

        deserializer.deserialize_any(AsScalar)
    }
}

impl<'de, T: Members<'de>> Deserialize<'de> for Nested<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsObject<T>(PhantomData<T>);

        impl<'de, T: Members<'de>> Visitor<'de> for AsObject<T> {
            type Value = Nested<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Nested<T>, A::Error> {
                let mut object = T::default();
                read_object(&mut object, members)?;
                Ok(Nested::Object(object))
            }

            fn visit_unit<E>(self) -> Result<Nested<T>, E> {
                Ok(Nested::Absent)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Nested<T>, A::Error> {
                Skip.visit_seq(items).map(|_| Nested::Other)
            }

            fn visit_str<E>(self, _: &str) -> Result<Nested<T>, E> {
                Ok(Nested::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Nested<T>, E> {
                Ok(Nested::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Nested<T>, E> {
                Ok(Nested::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Nested<T>, E> {
                Ok(Nested::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Nested<T>, E> {
                Ok(Nested::Other)
            }
        }

        deserializer.deserialize_any(AsObject(PhantomData))
    }
}
