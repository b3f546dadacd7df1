//! Scopes (RFC 6749 §3.3): `ScopeToken` is one, `Scope` is a set of them.
//!
//! ```abnf
//! scope       = scope-token *( SP scope-token )
//! scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
//! ```

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// One scope, such as `todo:read`. Case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeToken(Box<str>);

/// A set of scopes. Printed in byte order, so that the same need always makes the same challenge (CH-16).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope(BTreeSet<ScopeToken>);

/// The text is not a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// A scope has at least one character.
    #[error("a scope may not be empty")]
    Empty,
    /// Quotation marks, backslashes, blanks, controls and non-ASCII are no scope characters.
    #[error("{0:?} may not stand in a scope (RFC 6749 §3.3)")]
    Character(char),
}

impl ScopeToken {
    /// The scope as it is written on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ScopeToken {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if text.is_empty() {
            return Err(ScopeError::Empty);
        }
        match text.chars().find(|c| !matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e')) {
            Some(c) => Err(ScopeError::Character(c)),
            None => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for ScopeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Scope {
    /// Parses scopes separated by spaces; the empty text is the empty set.
    ///
    /// # Errors
    /// A character no scope may have.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        text.split(' ').filter(|token| !token.is_empty()).map(str::parse).collect()
    }

    /// Whether this very scope is in the set.
    pub fn contains(&self, token: &ScopeToken) -> bool {
        self.0.contains(token)
    }

    /// Whether everything `needed` is in here.
    pub fn is_superset_of(&self, needed: &Self) -> bool {
        self.0.is_superset(&needed.0)
    }

    /// What is asked for here and not in `granted`.
    #[must_use]
    pub fn missing_from(&self, granted: &Self) -> Self {
        Self(self.0.difference(&granted.0).cloned().collect())
    }

    /// Both sets together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Adds one.
    pub fn insert(&mut self, token: ScopeToken) {
        self.0.insert(token);
    }

    /// The scopes in byte order.
    pub fn iter(&self) -> impl Iterator<Item = &ScopeToken> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<ScopeToken> for Scope {
    fn from_iter<I: IntoIterator<Item = ScopeToken>>(tokens: I) -> Self {
        Self(tokens.into_iter().collect())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token.as_str())?;
        }
        Ok(())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CH-04
    #[test]
    fn refuses_characters_that_would_break_a_challenge() {
        for text in ["a\"b", "a\\b", "ä", "a\tb", "a\r\nb", "\u{7f}"] {
            assert!(Scope::parse(text).is_err(), "{text:?}");
        }
    }

    /// CH-16
    #[test]
    fn prints_the_same_whatever_the_order() {
        assert_eq!(Scope::parse("b a").unwrap().to_string(), "a b");
        assert_eq!(Scope::parse(" a  b ").unwrap(), Scope::parse("b a").unwrap());
    }

    #[test]
    fn knows_what_is_missing() {
        let needed = Scope::parse("a b").unwrap();
        assert_eq!(needed.missing_from(&Scope::parse("b c").unwrap()).to_string(), "a");
    }
}
