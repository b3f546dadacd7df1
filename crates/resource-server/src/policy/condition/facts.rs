//! What a condition can look at, made only when one looks.

use super::ConditionFailure;
use crate::token::AccessToken;
use cel::{
    Value,
    objects::{Key, Map},
};
use portcullis_mcp::{Arguments, ArgumentsError};
use std::{collections::HashMap, sync::Arc};

/// One request's.
pub(crate) struct Facts<'a> {
    token: &'a AccessToken,
    body: &'a [u8],
    claims: Option<Value>,
    described: Option<Value>,
    arguments: Option<Result<Arguments<'a>, ArgumentsError>>,
}

/// One operation's.
pub(crate) struct Situation<'f, 'a> {
    facts: &'f mut Facts<'a>,
    index: usize,
    method: &'f str,
    name: Option<&'f str>,
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

impl Situation<'_, '_> {
    /// The value of a variable; null for one that there is not.
    pub(super) fn variable(&mut self, name: &str) -> Result<Value, ConditionFailure> {
        let token = self.facts.token;
        Ok(match name {
            "claims" => self.facts.claims.get_or_insert_with(|| object(token.claims())).clone(),
            "token" => self.facts.described.get_or_insert_with(|| described(token)).clone(),
            "operation" => map([("method", text(self.method)), ("name", optional(self.name))]),
            "arguments" => {
                let body = self.facts.body;
                let all = self.facts.arguments.get_or_insert_with(|| Arguments::find(body));
                object(&all.as_ref().map_err(|error| *error)?.read(self.index)?)
            }
            _ => Value::Null,
        })
    }
}

fn described(token: &AccessToken) -> Value {
    let scopes: Vec<Value> = token.scope().iter().map(|token| text(token.as_str())).collect();
    map([
        ("issuer", text(token.issuer_name())),
        ("subject", text(token.subject())),
        ("client_id", optional(token.client_id())),
        ("tenant", optional(token.tenant())),
        ("scopes", Value::List(Arc::new(scopes))),
        ("is_machine", Value::Bool(token.is_machine())),
    ])
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (Key::from(name.to_owned()), value));
    Value::Map(Map { map: Arc::new(members.collect()) })
}

fn text(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

fn optional(value: Option<&str>) -> Value {
    value.map_or(Value::Null, text)
}

fn object(members: &serde_json::Map<String, serde_json::Value>) -> Value {
    let members = members.iter().map(|(name, value)| (Key::from(name.clone()), converted(value)));
    Value::Map(Map { map: Arc::new(members.collect::<HashMap<_, _>>()) })
}

/// Whole numbers are CEL's `int` wherever they fit, however they came.
fn converted(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(whole)) => Value::UInt(whole),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(value) => text(value),
        serde_json::Value::Array(items) => Value::List(Arc::new(items.iter().map(converted).collect())),
        serde_json::Value::Object(members) => object(members),
    }
}
