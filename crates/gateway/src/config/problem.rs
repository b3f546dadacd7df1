//! What is wrong with a configuration, told so that it can be put right: place, value, what, remedy.

use super::place::Place;
use std::fmt;

/// One thing that keeps a configuration from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// The value, unless it is secret or there is none. Passwords in URLs are taken out.
    pub value: Option<String>,
    /// What is wrong with it.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// The key it is about, in the file's terms.
    pub(crate) path: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(value) = &self.value {
            write!(f, " = {value:?}")?;
        }
        write!(f, ": {}; {}", self.message, self.remedy)
    }
}

/// Every problem there is, at least one, a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The longest value that is repeated in a message.
const LONGEST_VALUE: usize = 120;

/// A value as it may be shown: without the user information of a URL, and not endless.
pub(crate) fn printable(value: &str) -> String {
    let shown = match value.split_once("//") {
        Some((scheme, rest)) => {
            let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
            match authority.rfind('@') {
                Some(at) => format!("{scheme}//…{}", &rest[at..]),
                None => value.to_owned(),
            }
        }
        None => value.to_owned(),
    };
    match shown.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        for (value, shown) in [
            ("https://u:hunter2@h/p", "https://…@h/p"),
            ("https://u:hunter2@x@h", "https://…@h"),
            ("https://h/@scope", "https://h/@scope"),
            ("plain", "plain"),
        ] {
            assert_eq!(printable(value), shown);
        }
        assert_eq!(printable(&"ä".repeat(500)).chars().count(), LONGEST_VALUE + 1);
    }
}
