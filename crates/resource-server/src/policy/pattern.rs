//! A name with variable parts: `*`, and in URIs the variables of a template (RFC 6570).

use std::borrow::Cow;
use wildmatch::WildMatch;

/// A pattern that a name may match.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    prefix: Box<str>,
    /// How many characters it names.
    weight: usize,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// `*` only.
    Glob(WildMatch),
    /// With variables.
    Template(Vec<Part>),
}

#[derive(Clone, Debug)]
enum Part {
    Literal(Box<str>),
    /// `*`, `{+path}`, `{?query}` and the like: any characters, also none.
    Any,
    /// `{name}`: at least one character, and no slash.
    Segment,
}

impl Pattern {
    /// `None` for a name without variable parts.
    pub(super) fn parse(text: &str, is_uri: bool) -> Option<Self> {
        let starts = |c| c == '*' || (is_uri && c == '{');
        let prefix = &text[..text.find(starts)?];
        if is_uri && text.contains('{') {
            let parts = parts(text);
            let weight = |part: &Part| match part {
                Part::Literal(text) => text.chars().count(),
                Part::Any | Part::Segment => 0,
            };
            let weight = parts.iter().map(weight).sum();
            return Some(Self { prefix: prefix.into(), weight, kind: Kind::Template(parts) });
        }
        Some(Self {
            prefix: prefix.into(),
            weight: text.chars().filter(|c| *c != '*').count(),
            kind: Kind::Glob(WildMatch::new(&escape(text))),
        })
    }

    /// What every name that matches begins with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        match &self.kind {
            Kind::Glob(glob) => glob.matches(&escape(name)),
            Kind::Template(parts) => parts_match(parts, name),
        }
    }
}

/// `?` is a character of a name here, not a wildcard.
fn escape(text: &str) -> Cow<'_, str> {
    if text.contains('?') { Cow::Owned(text.replace('?', "\u{0}")) } else { Cow::Borrowed(text) }
}

/// A brace that is never closed is a brace.
fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['*', '{']) {
        let (literal, from) = rest.split_at(at);
        let (part, after) = match from.strip_prefix('*') {
            Some(after) => (Part::Any, after),
            None => match from.find('}') {
                Some(end) if from[1..end].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => {
                    (Part::Segment, &from[end + 1..])
                }
                Some(end) => (Part::Any, &from[end + 1..]),
                None => break,
            },
        };
        parts.extend((!literal.is_empty()).then(|| Part::Literal(literal.into())));
        parts.push(part);
        rest = after;
    }
    parts.extend((!rest.is_empty()).then(|| Part::Literal(rest.into())));
    parts
}

/// Part by part, all the places at which the rest of the name may begin: never more than the name is long.
fn parts_match(parts: &[Part], name: &str) -> bool {
    let mut starts = vec![0];
    for part in parts {
        let mut next = Vec::new();
        for start in starts {
            let rest = &name[start..];
            match part {
                Part::Literal(text) => next.extend(rest.starts_with(&**text).then(|| start + text.len())),
                Part::Any => {
                    // From the first start on, every later place is reached.
                    next.extend(rest.char_indices().map(|(at, _)| start + at).chain([name.len()]));
                    break;
                }
                Part::Segment => {
                    let ends = rest.char_indices().take_while(|(_, c)| *c != '/');
                    next.extend(ends.map(|(at, c)| start + at + c.len_utf8()));
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        starts = next;
    }
    starts.last() == Some(&name.len())
}
