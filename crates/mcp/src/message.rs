//! One JSON-RPC message as it stands in the body, and what it asks for.

use crate::{
    Defect, Id, Kind, Operation, ReadError, Revision, Target,
    members::Members,
    operation::Method,
    params::{Filter, Name, Params, Reference},
    value::{Nested, Scalar, Skip},
};
use serde::de::{Error as _, MapAccess};

/// Longer methods are nobody's. In bytes.
const MAX_METHOD: usize = 256;
/// Longer ids are not echoed. In bytes.
const MAX_ID: usize = 1024;

/// The members of a message.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) id: Option<Id>,
    pub(crate) method: Option<Box<str>>,
    pub(crate) params: Nested<Params>,
    has_version: bool,
    has_result: bool,
    has_error: bool,
}

impl<'de> Members<'de> for Message {
    const KNOWN: &'static [&'static str] = &["jsonrpc", "id", "method", "params", "result", "error"];

    fn read<A: MapAccess<'de>>(&mut self, name: &'static str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "jsonrpc" => match members.next_value()? {
                Scalar::Text(text) if text == "2.0" => self.has_version = true,
                Scalar::Text(_) | Scalar::Integer(_) | Scalar::Other => {
                    return Err(A::Error::custom(Defect::JsonRpcVersion));
                }
            },
            "id" => {
                self.id = Some(match members.next_value()? {
                    Scalar::Text(text) if text.len() <= MAX_ID => Id::Text(text.into()),
                    Scalar::Integer(number) => Id::Integer(number),
                    Scalar::Text(_) | Scalar::Other => return Err(A::Error::custom(Defect::InvalidId)),
                });
            }
            "method" => {
                self.method = Some(match members.next_value()? {
                    Scalar::Text(text) if is_method(&text) => text.into(),
                    Scalar::Text(_) | Scalar::Integer(_) | Scalar::Other => {
                        return Err(A::Error::custom(Defect::InvalidMethod));
                    }
                });
            }
            "params" => {
                self.params = members.next_value()?;
                if matches!(self.params, Nested::Other) {
                    return Err(A::Error::custom(Defect::NotAnObject));
                }
            }
            result_or_error => {
                members.next_value::<Skip>()?;
                if result_or_error == "result" {
                    self.has_result = true;
                } else {
                    self.has_error = true;
                }
            }
        }
        Ok(())
    }
}

/// C would end the method at U+0000 and see another one.
fn is_method(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_METHOD && !text.contains('\0')
}

impl Message {
    /// Whether the members make one request, notification or response, and not two of them.
    pub(crate) fn check(&self) -> Result<(), Defect> {
        if !self.has_version {
            return Err(Defect::JsonRpcVersion);
        }
        match (&self.method, self.is_response()) {
            (Some(_), true) => Err(Defect::ResultBesideMethod),
            (None, false) => Err(Defect::NotAMessage),
            (None, true) if self.id.is_none() || (self.has_result && self.has_error) => {
                Err(Defect::InvalidResponse)
            }
            (Some(_), false) | (None, true) => Ok(()),
        }
    }

    /// An answer to the server.
    pub(crate) fn is_response(&self) -> bool {
        self.has_result || self.has_error
    }

    /// Has a method and an id.
    pub(crate) fn is_request(&self) -> bool {
        self.method.is_some() && self.id.is_some()
    }

    /// The id to answer to. A response's id is the server's: an error with it would answer another request.
    pub(crate) fn answerable_id(&self) -> Option<&Id> {
        self.id.as_ref().filter(|_| !self.is_response())
    }

    /// What the message asks for, and what it names.
    pub(crate) fn into_operation(self, revision: Revision) -> Result<Operation, ReadError> {
        let is_response = self.is_response();
        let Some(method) = self.method else {
            if revision.is_modern() || !is_response {
                let what = if is_response { Defect::ResponseRefused } else { Defect::NotAMessage };
                return Err(ReadError::Invalid { what, id: None });
            }
            return Ok(Operation { kind: Kind::Response, method: "".into(), id: None, targets: Vec::new() });
        };
        let id = self.id;
        let params = match self.params {
            Nested::Object(params) => params,
            Nested::Absent | Nested::Other => Params::default(),
        };
        let kind = if id.is_some() { Kind::Request } else { Kind::Notification };
        match targets(&method, params) {
            Ok(Some(targets)) => Ok(Operation { kind, method, id, targets }),
            Ok(None) if revision.is_modern() && Method::is_removed(&method) => {
                Err(ReadError::MethodRemoved { id })
            }
            Ok(None) => {
                Err(ReadError::MissingParameter { why: "params does not name what the method is for", id })
            }
            Err(what) => Err(ReadError::Invalid { what, id }),
        }
    }
}

/// What a method's parameters name; `None` if a name is missing.
fn targets(method: &str, params: Params) -> Result<Option<Vec<Target>>, Defect> {
    match Method::of(method) {
        Some(Method::Tool) => {
            expect_object(&params.arguments)?;
            expect_object(&params.task)?;
            one(params.name, Target::Tool)
        }
        Some(Method::Prompt) => {
            expect_object(&params.arguments)?;
            one(params.name, Target::Prompt)
        }
        Some(Method::Resource) => one(params.uri, Target::Resource),
        Some(Method::Task) => one(params.task_id, Target::Task),
        Some(Method::Completion) => {
            expect_object(&params.reference)?;
            match params.reference {
                Nested::Object(reference) => referred(reference),
                Nested::Absent | Nested::Other => Ok(None),
            }
        }
        Some(Method::Listen) => {
            expect_object(&params.filter)?;
            match params.filter {
                Nested::Object(filter) => subscribed(filter),
                Nested::Absent | Nested::Other => Ok(Some(Vec::new())),
            }
        }
        Some(Method::Plain) | None => Ok(Some(Vec::new())),
    }
}

fn expect_object<T>(value: &Nested<T>) -> Result<(), Defect> {
    if matches!(value, Nested::Other) { Err(Defect::NotAnObject) } else { Ok(()) }
}

fn one(name: Name, target: fn(Box<str>) -> Target) -> Result<Option<Vec<Target>>, Defect> {
    match name {
        Name::Text(name) => Ok(Some(vec![target(name)])),
        Name::Absent => Ok(None),
        Name::Other => Err(Defect::InvalidName),
    }
}

fn referred(reference: Reference) -> Result<Option<Vec<Target>>, Defect> {
    match reference.kind {
        Name::Text(kind) if &*kind == "ref/prompt" => one(reference.name, Target::Prompt),
        Name::Text(kind) if &*kind == "ref/resource" => one(reference.uri, Target::Resource),
        Name::Text(_) | Name::Absent => Ok(None),
        Name::Other => Err(Defect::InvalidName),
    }
}

fn subscribed(filter: Filter) -> Result<Option<Vec<Target>>, Defect> {
    let resources = filter.resources.into_iter().map(|name| match name {
        Name::Text(uri) => Ok(Target::Resource(uri)),
        Name::Absent | Name::Other => Err(Defect::InvalidName),
    });
    resources.collect::<Result<_, _>>().map(Some)
}
