//! Members as every parser of the world would find them: a name counts once, however it is spelled.
//!
//! JSON says nothing of duplicates, Go's decoder folds case (also `ſ` U+017F and `K` U+212A), Java's folds `ı` and
//! `İ`, C ends a string at U+0000, and serde_json gives names of its own a meaning. What could be read in two ways
//! is refused. Names are compared decoded, so an escaped one is no other.

use crate::{Defect, value::Skip};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use std::fmt;

/// serde_json's own names, by which a text can pass for an object.
const PRIVATE: &str = "$serde_json::private::";

/// An object of which some members are known. The others are walked and dropped.
pub(crate) trait Members<'de>: Default {
    /// Their names, each to occur at most once and exactly spelled; 16 at most.
    const KNOWN: &'static [&'static str];

    /// Reads the value of a known member.
    fn read<A: MapAccess<'de>>(&mut self, name: &'static str, members: &mut A) -> Result<(), A::Error>;
}

/// Reads an object to its end. What was read before an error stays in `into`.
pub(crate) fn read_object<'de, T, A>(into: &mut T, mut members: A) -> Result<(), A::Error>
where
    T: Members<'de>,
    A: MapAccess<'de>,
{
    let mut seen = Seen::new(T::KNOWN);
    while let Some(name) = members.next_key_seed(&mut seen)? {
        match name {
            Some(name) => into.read(name, &mut members)?,
            None => members.next_value::<Skip>().map(|_| ())?,
        }
    }
    Ok(())
}

/// Which known members an object had so far.
#[derive(Default)]
pub(crate) struct Seen {
    known: &'static [&'static str],
    found: u16,
}

impl Seen {
    /// Nothing so far.
    pub(crate) fn new(known: &'static [&'static str]) -> Self {
        Self { known, found: 0 }
    }

    /// `Some` if the name is one of the known.
    pub(crate) fn note(&mut self, name: &str) -> Result<Option<&'static str>, Defect> {
        if name.starts_with(PRIVATE) {
            return Err(Defect::ReservedMember);
        }
        for (index, known) in self.known.iter().enumerate() {
            if name == *known {
                let bit = 1 << index;
                if self.found & bit != 0 {
                    return Err(Defect::DuplicateMember);
                }
                self.found |= bit;
                return Ok(Some(known));
            }
            if could_be(name, known) {
                return Err(Defect::CaseVariantMember);
            }
        }
        Ok(None)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Seen {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for &mut Seen {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        self.note(name).map_err(E::custom)
    }
}

/// Whether some parser would take `name` for `known`.
pub(crate) fn could_be(name: &str, known: &str) -> bool {
    name.chars().take_while(|c| *c != '\0').map(fold).eq(known.chars().map(fold))
}

pub(crate) fn fold(c: char) -> char {
    match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        '\u{130}' | '\u{131}' => 'i',
        c => c.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// §13: duplicate or case-variant members, serde_json's private names.
    #[test]
    fn takes_a_name_once_and_exactly_spelled() {
        for (name, found, expected) in [
            ("known", &["params"][..], Ok(Some("params"))),
            ("unknown", &["other"], Ok(None)),
            ("longer", &["paramsX"], Ok(None)),
            ("shorter", &["param"], Ok(None)),
            ("empty", &[""], Ok(None)),
            ("twice", &["params", "params"], Err(Defect::DuplicateMember)),
            ("upper case", &["PARAMS"], Err(Defect::CaseVariantMember)),
            ("upper case after", &["params", "Params"], Err(Defect::CaseVariantMember)),
            ("long s", &["param\u{17f}"], Err(Defect::CaseVariantMember)),
            ("Kelvin sign", &["tas\u{212a}Id"], Err(Defect::CaseVariantMember)),
            ("dotless i", &["ur\u{131}"], Err(Defect::CaseVariantMember)),
            ("ended by zero", &["uri\0x"], Err(Defect::CaseVariantMember)),
            ("serde_json's", &["$serde_json::private::RawValue"], Err(Defect::ReservedMember)),
        ] {
            let mut seen = Seen::new(&["params", "taskId", "uri"]);
            let last = found.iter().map(|found| seen.note(found)).last().unwrap();
            assert_eq!(last, expected, "{name}");
        }
    }
}
