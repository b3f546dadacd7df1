//! Where a value was written: a line of the file, an environment variable, or a flag.

use std::{collections::BTreeMap, fmt};

/// Where a value was written, or would have to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a file.
    File {
        /// The file's path as it was given.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The key, such as `resource[0].upstream`; empty for the file as a whole.
        key: String,
    },
    /// In the environment, or in its file.
    Environment(String),
    /// On the command line.
    Flag(String),
    /// Nowhere yet.
    Key(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, key } if key.is_empty() => write!(f, "{file}:{line}"),
            Self::File { file, line, key } => write!(f, "{file}:{line}: {key}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(text) | Self::Key(text) => f.write_str(text),
        }
    }
}

/// The place of every key, by its path.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<String, Place>);

impl Places {
    /// Notes where the value at `path` was written. What was below an earlier value there is forgotten.
    pub(crate) fn set(&mut self, path: &str, place: Place) {
        self.0.retain(|known, _| !is_below(known, path));
        self.0.insert(path.to_owned(), place);
    }

    /// The place of `path`, or of the nearest key around it.
    pub(crate) fn of(&self, path: &str) -> Place {
        let mut around = path;
        loop {
            if let Some(place) = self.0.get(around) {
                return match place.clone() {
                    Place::File { file, line, .. } => Place::File { file, line, key: path.to_owned() },
                    other @ (Place::Environment(_) | Place::Flag(_) | Place::Key(_)) => other,
                };
            }
            if around.is_empty() {
                return Place::Key(path.to_owned());
            }
            around = &around[..around.rfind(['.', '[']).unwrap_or(0)];
        }
    }
}

/// Whether `path` lies inside the value at `other`.
pub(crate) fn is_below(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// `resource[0].tools."*_todo"`: bare keys as they are, others quoted.
pub(crate) fn join(path: &str, name: &str) -> String {
    let bare =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let name = if bare { name.to_owned() } else { format!("{name:?}") };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_not_written_is_at_the_nearest_one_around_it() {
        let mut places = Places::default();
        let line = |line| Place::File { file: "f".into(), line, key: String::new() };
        places.set("", line(1));
        places.set("resource[0]", line(3));
        places.set("resource[0].issuer", Place::Flag("--issuer".into()));
        for (path, shown) in [
            ("resource[0].upstream", "f:3: resource[0].upstream"),
            ("resource[0].issuer[0].audience", "--issuer"),
            ("listen", "f:1: listen"),
        ] {
            assert_eq!(places.of(path).to_string(), shown);
        }
    }
}
