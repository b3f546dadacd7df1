//! `WWW-Authenticate` as it stands in an answer (RFC 9110 §11.6.1), read more leniently than the grammar: what a client cannot
//! read has to be read here, to say what is wrong with it.

use crate::Exchange;
use http::HeaderMap;
use portcullis_oauth::{AuthScheme, Challenge};

/// More of it is not read.
const MAX: usize = 8 * 1024;

/// One challenge, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// `Bearer`, in its own case.
    pub(crate) scheme: String,
    /// In order; one that is there twice is here twice.
    pub(crate) parameters: Vec<Parameter>,
    text: String,
}

/// `name="value"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// In lower case: names have none (RFC 9110 §11.2).
    pub(crate) name: String,
    /// Unescaped.
    pub(crate) value: String,
    /// Whether it stands in quotes.
    pub(crate) is_quoted: bool,
}

impl Written {
    /// Every challenge of an answer, in order.
    pub(crate) fn all(exchange: &Exchange) -> Vec<Self> {
        exchange.headers().map(Self::of).unwrap_or_default()
    }

    fn of(headers: &HeaderMap) -> Vec<Self> {
        let values = headers.get_all("www-authenticate").iter();
        values.flat_map(|value| Self::read(&String::from_utf8_lossy(value.as_bytes()))).collect()
    }

    fn read(text: &str) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for item in items(text) {
            let end = item.find(|c: char| !is_token(c)).unwrap_or(item.len());
            let (word, rest) = item.split_at(end);
            if !rest.trim_start().starts_with('=') {
                let mut challenge =
                    Self { scheme: word.to_owned(), parameters: Vec::new(), text: item.to_owned() };
                challenge.parameters.extend(Parameter::read(rest.trim_start()));
                found.push(challenge);
            } else if let Some(challenge) = found.last_mut() {
                challenge.text = format!("{}, {item}", challenge.text);
                challenge.parameters.extend(Parameter::read(item));
            }
        }
        found
    }

    /// The scheme, if MCP clients know it.
    pub(crate) fn known_scheme(&self) -> Option<AuthScheme> {
        AuthScheme::parse(self.scheme.as_bytes())
    }

    /// The value of a parameter, the first if there are more.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|parameter| parameter.name == name).map(|found| found.value.as_str())
    }

    /// As a client reads it, if it can.
    pub(crate) fn parsed(&self) -> Option<Challenge> {
        self.text.parse().ok()
    }
}

impl Parameter {
    fn read(text: &str) -> Option<Self> {
        let (name, value) = text.split_once('=')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let quoted = value.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest));
        let is_name = !name.is_empty() && name.chars().all(is_token);
        // Equals signs at the end are those of a token68.
        let is_parameter = is_name && (quoted.is_some() || !value.trim_matches('=').is_empty());
        is_parameter.then(|| Self {
            name,
            value: quoted.map_or_else(|| value.to_owned(), unescaped),
            is_quoted: quoted.is_some(),
        })
    }
}

fn unescaped(text: &str) -> String {
    let mut characters = text.chars();
    let mut plain = String::new();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain
}

/// What stands between commas, but for those in quotes.
fn items(text: &str) -> Vec<&str> {
    let text = text.char_indices().nth(MAX).map_or(text, |(end, _)| &text[..end]);
    let (mut items, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                items.push(text[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    items.push(text[start..].trim());
    items.retain(|item| !item.is_empty());
    items
}

/// RFC 9110 §5.6.2
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schemes(text: &str) -> Vec<(String, usize)> {
        Written::read(text).into_iter().map(|one| (one.scheme, one.parameters.len())).collect()
    }

    /// CL-10
    #[test]
    fn challenges_are_told_apart_however_they_are_written() {
        for (text, expected) in [
            ("Bearer", vec![("Bearer", 0)]),
            ("Bearer realm=\"a, b\", scope = \"c\"", vec![("Bearer", 2)]),
            (
                "Basic realm=\"x\", Bearer a=\"1\", b=2, DPoP algs=\"ES256\"",
                vec![("Basic", 1), ("Bearer", 2), ("DPoP", 1)],
            ),
            ("Negotiate YII=, Bearer a=\"\\\"\"", vec![("Negotiate", 0), ("Bearer", 1)]),
            ("bearer a=\"never closed, b=c", vec![("bearer", 1)]),
            (", ,", vec![]),
            ("=, a=b", vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(scheme, n)| (scheme.to_owned(), n)).collect();
            assert_eq!(schemes(text), expected, "{text}");
        }
    }

    #[test]
    fn a_value_is_read_with_its_quotes_off() {
        let read = &Written::read("Bearer Error=\"in\\valid\", url=https://h/x")[0];
        assert_eq!((read.get("error"), read.get("url")), (Some("invalid"), Some("https://h/x")));
        assert_eq!(read.parameters.iter().map(|one| one.is_quoted).collect::<Vec<_>>(), [true, false]);
        assert!(read.parsed().is_some());
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".*", pieces in "(Bearer|DPoP|a|=|\"|\\\\|,| |é){0,40}") {
            for text in [text, pieces] {
                for one in Written::read(&text) {
                    let _ = (one.known_scheme(), one.parsed());
                }
            }
        }
    }
}
