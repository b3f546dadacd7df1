//! Tool parameters that are repeated in headers (2026-07-28, SEP-2243): `x-mcp-header` in a tool's schema says which,
//! and `Mcp-Param-{name}` must then say what the body says (TM-22, TM-23).
//!
//! None of these headers is believed (TM-25). They are compared, because somebody behind us may route by them.

use crate::{
    ReadError, Request, Revision,
    cursor::{Cursor, NotJson, number},
    encoded::decode,
    members::could_be,
};
use http::{HeaderMap, HeaderName};
use memchr::memmem;
use std::borrow::Cow;

const ANNOTATION: &str = "x-mcp-header";
const PREFIX: &str = "mcp-param-";
/// A tool with more of them, or with deeper or longer ones, is left to its server.
const MAX_PARAMETERS: usize = 32;
const MAX_PATH: usize = 8;
const MAX_NAME: usize = 128;

/// One parameter of a tool that is repeated in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirroredParameter {
    /// The names of the properties, from the outermost in.
    path: Box<[Box<str>]>,
    header: HeaderName,
}

impl MirroredParameter {
    /// About how much it occupies, in bytes.
    pub fn size(&self) -> usize {
        64 + self.header.as_str().len() + self.path.iter().map(|name| name.len() + 16).sum::<usize>()
    }
}

/// What an `inputSchema` mirrors. A definition that the specification forbids mirrors nothing: clients must not call
/// such a tool, and its server has to see to those that do.
pub(crate) fn mirrored(schema: &str) -> Vec<MirroredParameter> {
    if memmem::find(schema.as_bytes(), ANNOTATION.as_bytes()).is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut cursor = Cursor::new(schema);
    let path = &mut Vec::new();
    match property(&mut cursor, path, &mut found) {
        Ok(()) if !has_twins(&found) => found,
        Ok(()) | Err(Invalid) => Vec::new(),
    }
}

struct Invalid;

impl From<NotJson> for Invalid {
    fn from(_: NotJson) -> Self {
        Self
    }
}

/// A property's schema, or the root's. Only a chain of `properties` leads to a parameter.
fn property<'t>(
    cursor: &mut Cursor<'t>,
    path: &mut Vec<Cow<'t, str>>,
    found: &mut Vec<MirroredParameter>,
) -> Result<(), Invalid> {
    if cursor.peek() != Some(b'{') {
        return cursor.value().map(|_| ()).map_err(Into::into);
    }
    let (mut header, mut is_primitive) = (None, false);
    cursor.members(|cursor, name| {
        match (&*name, cursor.peek()) {
            (ANNOTATION, Some(b'"')) => header = Some(cursor.string()?),
            (ANNOTATION, _) => return Err(Invalid),
            ("type", Some(b'"')) => {
                is_primitive = matches!(&*cursor.string()?, "string" | "integer" | "boolean");
            }
            ("properties", Some(b'{')) => properties(cursor, path, found)?,
            _ => cursor.value().map(|_| ())?,
        }
        Ok(())
    })?;
    let Some(header) = header else { return Ok(()) };
    let is_parameter = is_primitive && !path.is_empty() && !header.is_empty() && header.len() <= MAX_NAME;
    if !is_parameter || found.len() == MAX_PARAMETERS {
        return Err(Invalid);
    }
    let header = HeaderName::try_from(format!("{PREFIX}{header}")).map_err(|_| Invalid)?;
    found.push(MirroredParameter { path: path.iter().map(|name| (**name).into()).collect(), header });
    Ok(())
}

fn properties<'t>(
    cursor: &mut Cursor<'t>,
    path: &mut Vec<Cow<'t, str>>,
    found: &mut Vec<MirroredParameter>,
) -> Result<(), Invalid> {
    cursor.members(|cursor, name| {
        if path.len() == MAX_PATH || name.len() > MAX_NAME {
            return cursor.value().map(|_| ()).map_err(Into::into); // nobody's; never learned
        }
        path.push(name);
        let read = property(cursor, path, found);
        path.pop();
        read
    })
}

/// Two parameters under one header; or two names beside each other that some reader takes for one.
fn has_twins(found: &[MirroredParameter]) -> bool {
    let are_twins = |a: &MirroredParameter, b: &MirroredParameter| {
        let differ = a.path.iter().zip(&b.path).find(|(a, b)| a != b);
        a.header == b.header || differ.is_none_or(|(a, b)| could_be(a, b))
    };
    found.iter().enumerate().any(|(at, a)| found[..at].iter().any(|b| are_twins(a, b)))
}

/// TM-23: the headers of a `tools/call` say what its arguments say. A parameter that has a value has a header, in the
/// revision that asks for it; one that is `null` or absent has none; where one is sent without need it must be true all
/// the same (G-15). Headers that mirror nothing are not looked at (TM-24).
///
/// `body` is the one that `request` was read from.
///
/// # Errors
/// [`ReadError::HeaderMismatch`], with the request's id.
pub fn check_parameters(
    headers: &HeaderMap,
    request: &Request,
    body: &[u8],
    mirrored: &[MirroredParameter],
) -> Result<(), ReadError> {
    let [operation] = request.operations() else { return Ok(()) };
    let (id, revision) = (operation.id(), request.revision());
    compare(headers, revision, body, mirrored)
        .map_err(|why| ReadError::HeaderMismatch { why, id: id.cloned() })
}

fn compare(
    headers: &HeaderMap,
    revision: Revision,
    body: &[u8],
    mirrored: &[MirroredParameter],
) -> Result<(), &'static str> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let mut read = Read { mirrored, values: vec![Argument::Absent; mirrored.len()] };
    read.arguments_of(text).map_err(|error| match error {
        ReadFault::NotJson => "the arguments cannot be read",
        ReadFault::Ambiguous => {
            "an argument that a header repeats occurs twice, or could be taken for another one"
        }
    })?;
    for (parameter, value) in mirrored.iter().zip(&read.values) {
        let mut sent = headers.get_all(&parameter.header).iter();
        let (first, second) = (sent.next(), sent.next());
        let Some(header) = first else {
            match value {
                Argument::Absent | Argument::NoScalar => continue,
                Argument::Text(_) | Argument::Number(_) | Argument::Boolean(_) if !revision.is_modern() => {
                    continue;
                }
                Argument::Text(_) | Argument::Number(_) | Argument::Boolean(_) => {
                    return Err("an Mcp-Param header is missing");
                }
            }
        };
        if second.is_some() {
            return Err("an Mcp-Param header occurs twice");
        }
        let header = header.to_str().map_err(|_| "an Mcp-Param header has characters outside ASCII")?;
        if !value.is_said_by(&decode(header)?) {
            return Err("an Mcp-Param header and the body say different things");
        }
    }
    Ok(())
}

/// An argument as far as headers can repeat it.
#[derive(Clone, Debug)]
enum Argument<'t> {
    /// Or `null`.
    Absent,
    Text(Cow<'t, str>),
    /// As it is written.
    Number(&'t str),
    Boolean(bool),
    /// An object or array, which no header repeats.
    NoScalar,
}

impl Argument<'_> {
    fn is_said_by(&self, header: &str) -> bool {
        match self {
            Self::Absent | Self::NoScalar => false,
            Self::Text(text) => text == header,
            Self::Number(number) => is_same_number(number, header),
            Self::Boolean(value) => header == if *value { "true" } else { "false" },
        }
    }
}

/// Numerically: `42.0` is `42`. Beyond what a double holds exactly, digit by digit only.
fn is_same_number(a: &str, b: &str) -> bool {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    let parse = |text: &str| -> Option<f64> {
        let is_number = number(text.as_bytes()) == Some(text.len());
        is_number.then(|| text.parse().ok()).flatten().filter(|value: &f64| value.abs() <= EXACT)
    };
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

enum ReadFault {
    NotJson,
    Ambiguous,
}

impl From<NotJson> for ReadFault {
    fn from(_: NotJson) -> Self {
        Self::NotJson
    }
}

/// Reads the arguments that headers repeat, in one walk.
struct Read<'m, 't> {
    mirrored: &'m [MirroredParameter],
    values: Vec<Argument<'t>>,
}

impl<'t> Read<'_, 't> {
    /// The message and its `params` were found to have each member once.
    fn arguments_of(&mut self, text: &'t str) -> Result<(), ReadFault> {
        Cursor::new(text).members(|cursor, name| match (&*name, cursor.peek()) {
            ("params", Some(b'{')) => cursor.members(|cursor, name| match &*name {
                "arguments" => self.object(cursor, &(0..self.mirrored.len()).collect::<Vec<_>>(), 0),
                _ => cursor.value().map(|_| ()).map_err(Into::into),
            }),
            _ => cursor.value().map(|_| ()).map_err(Into::into),
        })
    }

    /// An object at this depth, on the way to these parameters.
    fn object(&mut self, cursor: &mut Cursor<'t>, wanted: &[usize], depth: usize) -> Result<(), ReadFault> {
        if cursor.peek() != Some(b'{') {
            return cursor.value().map(|_| ()).map_err(Into::into);
        }
        let mirrored = self.mirrored;
        let name_of = |at: usize| mirrored[at].path.get(depth).map_or("", |name| name);
        let mut seen: Vec<&str> = Vec::new();
        cursor.members(|cursor, name| {
            let here: Vec<usize> = wanted.iter().copied().filter(|at| name_of(*at) == name).collect();
            let Some(first) = here.first() else {
                let is_twin = wanted.iter().any(|at| could_be(&name, name_of(*at)));
                return if is_twin { Err(ReadFault::Ambiguous) } else { Ok(cursor.value().map(|_| ())?) };
            };
            if seen.contains(&name_of(*first)) {
                return Err(ReadFault::Ambiguous);
            }
            seen.push(name_of(*first));
            if mirrored[*first].path.len() > depth + 1 {
                return self.object(cursor, &here, depth + 1);
            }
            self.values[*first] = argument(cursor)?;
            Ok(())
        })
    }
}

fn argument<'t>(cursor: &mut Cursor<'t>) -> Result<Argument<'t>, NotJson> {
    let first = cursor.peek();
    if first == Some(b'"') {
        return cursor.string().map(Argument::Text);
    }
    let text = cursor.value_text()?;
    Ok(match first {
        Some(b'n') => Argument::Absent,
        Some(b't' | b'f') => Argument::Boolean(text == "true"),
        Some(b'{' | b'[') => Argument::NoScalar,
        _ => Argument::Number(text),
    })
}
