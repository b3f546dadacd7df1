//! What a condition can look at, made only when one looks.

use super::{ConditionFailure, Reads};
use crate::token::AccessToken;
use cel::{
    common::{
        types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt},
        value::{CowVal, Val},
    },
    context::VariableResolver,
};
use portcullis_mcp::{Arguments, ArgumentsError};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// One request's.
pub(crate) struct Facts<'a> {
    token: &'a AccessToken,
    body: &'a [u8],
    claims: Option<CelMap<'a>>,
    described: Option<CelMap<'a>>,
    arguments: Option<Result<Arguments<'a>, ArgumentsError>>,
}

/// One operation's.
pub(crate) struct Situation<'f, 'a> {
    facts: &'f mut Facts<'a>,
    index: usize,
    method: &'f str,
    name: Option<&'f str>,
}

/// What the variables of one condition stand for. Text is that of the request, not a copy.
pub(super) struct Variables<'f, 'a> {
    claims: Option<&'f CelMap<'a>>,
    token: Option<&'f CelMap<'a>>,
    operation: Option<CelMap<'f>>,
    arguments: Option<CelMap<'f>>,
}

impl<'a> Facts<'a> {
    /// `body` is what the operations were read from.
    pub(crate) fn new(token: &'a AccessToken, body: &'a [u8]) -> Self {
        Self { token, body, claims: None, described: None, arguments: None }
    }

    pub(crate) fn token(&self) -> &'a AccessToken {
        self.token
    }

    /// For message `index` of the body.
    pub(crate) fn of<'f>(
        &'f mut self,
        index: usize,
        method: &'f str,
        name: Option<&'f str>,
    ) -> Situation<'f, 'a> {
        Situation { facts: self, index, method, name }
    }
}

impl<'a> Situation<'_, 'a> {
    /// The arguments of the operation.
    pub(super) fn arguments(&mut self) -> Result<Map<String, Value>, ConditionFailure> {
        let body = self.facts.body;
        let all = self.facts.arguments.get_or_insert_with(|| Arguments::find(body));
        Ok(all.as_ref().map_err(|error| *error)?.read(self.index)?)
    }

    /// Makes the variables that are read.
    pub(super) fn variables<'s>(
        &'s mut self,
        reads: Reads,
        arguments: Option<&'s Map<String, Value>>,
    ) -> Variables<'s, 'a> {
        let Facts { token, claims, described, .. } = &mut *self.facts;
        let token = *token;
        Variables {
            claims: reads.claims.then(|| &*claims.get_or_insert_with(|| object(token.claims()))),
            token: reads.token.then(|| &*described.get_or_insert_with(|| describe(token))),
            operation: reads
                .operation
                .then(|| map([("method", text(self.method)), ("name", optional(self.name))])),
            arguments: arguments.map(object),
        }
    }
}

impl VariableResolver for Variables<'_, '_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let value = match variable {
            "claims" => self.claims?,
            "token" => self.token?,
            "operation" => self.operation.as_ref()?,
            "arguments" => self.arguments.as_ref()?,
            _ => return None,
        };
        Some(CowVal::Borrowed(value))
    }
}

fn describe(token: &AccessToken) -> CelMap<'_> {
    let scopes: Vec<_> = token.scope().iter().map(|token| text(token.as_str())).collect();
    map([
        ("issuer", text(token.issuer_name())),
        ("subject", text(token.subject())),
        ("client_id", optional(token.client_id())),
        ("tenant", optional(token.tenant())),
        ("scopes", Box::new(CelList::from(scopes))),
        ("is_machine", Box::new(CelBool::from(token.is_machine()))),
    ])
}

fn map<'v, const N: usize>(members: [(&'static str, Box<dyn Val + 'v>); N]) -> CelMap<'v> {
    members.into_iter().map(|(name, value)| (CelMapKey::from(name), value)).collect::<HashMap<_, _>>().into()
}

fn text<'v>(text: &'v str) -> Box<dyn Val + 'v> {
    Box::new(CelString::from(text))
}

fn optional<'v>(value: Option<&'v str>) -> Box<dyn Val + 'v> {
    value.map_or_else(|| Box::new(CelNull) as Box<dyn Val>, text)
}

fn object(members: &Map<String, Value>) -> CelMap<'_> {
    let members = members.iter().map(|(name, value)| (CelMapKey::from(name.as_str()), converted(value)));
    members.collect::<HashMap<_, _>>().into()
}

/// Whole numbers are CEL's `int` wherever they fit, however they came.
fn converted<'v>(value: &'v Value) -> Box<dyn Val + 'v> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Box::new(CelInt::from(whole)),
            (None, Some(whole)) => Box::new(CelUInt::from(whole)),
            (None, None) => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(value) => text(value),
        Value::Array(items) => Box::new(CelList::from(items.iter().map(converted).collect::<Vec<_>>())),
        Value::Object(members) => Box::new(object(members)),
    }
}
