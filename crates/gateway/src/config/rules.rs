//! Who may do what, as it is written and as it is in force.

use super::raw::OneOrMany;
use portcullis_oauth::{Scope, ScopeToken};
use portcullis_resource_server::{Callers, Condition, MissingScope, Policy, Rule, Ruled};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeMap};

/// Rules of one kind: name or pattern, and what it takes.
pub(crate) type RawRules = BTreeMap<String, RawRule>;

/// A rule: the scopes alone, or a table.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum RawRule {
    Scopes(Vec<String>),
    Table(RawRuleTable),
}

/// A rule written out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRuleTable {
    /// Scopes it needs, all of them.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// Names of the issuers whose callers may.
    #[serde(default)]
    pub(crate) issuers: Vec<String>,
    /// The subjects (`sub`) that may.
    #[serde(default)]
    pub(crate) subjects: Vec<String>,
    /// The tenants that may.
    #[serde(default)]
    pub(crate) tenants: Vec<String>,
    /// The clients (`client_id`) that may.
    #[serde(default)]
    pub(crate) clients: Vec<String>,
    /// Whether only people may, or only machines, whose `sub` is the client.
    pub(crate) callers: Option<RawCallerKind>,
    /// The condition in CEL, over `claims`, `token`, `operation` and `arguments`.
    pub(crate) when: Option<String>,
}

/// Who may ask for anything at all.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCallers {
    /// Names of the issuers whose callers may.
    #[serde(default)]
    pub(crate) issuers: Vec<String>,
    /// The subjects (`sub`) that may.
    #[serde(default)]
    pub(crate) subjects: Vec<String>,
    /// The tenants that may.
    #[serde(default)]
    pub(crate) tenants: Vec<String>,
    /// The clients (`client_id`) that may.
    #[serde(default)]
    pub(crate) clients: Vec<String>,
    /// Whether only people may, or only machines, whose `sub` is the client.
    pub(crate) callers: Option<RawCallerKind>,
}

/// People or machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RawCallerKind {
    /// Somebody speaks through a client.
    People,
    /// A client speaks for itself.
    Machines,
}

/// What lists show of what lacks only a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RawMissingScope {
    /// It is listed, so that clients can step up.
    List,
    /// It is hidden.
    Hide,
}

/// Which scopes stand for which.
pub(crate) type RawImplies = BTreeMap<String, OneOrMany>;

impl RawRule {
    /// As a table.
    pub(crate) fn table(self) -> RawRuleTable {
        match self {
            Self::Scopes(scopes) => RawRuleTable { scopes, ..RawRuleTable::default() },
            Self::Table(table) => table,
        }
    }
}

impl JsonSchema for RawRule {
    fn schema_name() -> Cow<'static, str> {
        "Rule".into()
    }

    /// One schema for both, since the file is read by it.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = RawRuleTable::json_schema(generator);
        schema.insert("type".to_owned(), serde_json::json!(["array", "object"]));
        schema.insert("items".to_owned(), serde_json::json!({ "type": "string" }));
        schema
    }
}

/// The rules of a resource, checked.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What each is for, its name or pattern, and what it takes.
    pub rules: Vec<RuleConfig>,
    /// Who may ask for anything at all.
    pub callers: Callers,
    /// A scope, and those it stands for (CH-17).
    pub implies: Vec<(ScopeToken, Scope)>,
    /// What lists show of what lacks only a scope (G-21).
    pub missing_scope: MissingScope,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct RuleConfig {
    /// What it is for.
    pub ruled: Ruled,
    /// The name or pattern.
    pub pattern: String,
    /// The scopes it needs.
    pub scope: Scope,
    /// Whom it is for.
    pub callers: Callers,
    /// What must hold.
    pub condition: Option<Condition>,
}

impl Rules {
    /// Adds them to a policy.
    pub(crate) fn add_to(&self, policy: Policy) -> Policy {
        let policy = policy.only(self.callers.clone()).missing_scope(self.missing_scope);
        let policy =
            self.implies.iter().fold(policy, |policy, (broader, narrower)| policy.implies(broader, narrower));
        self.rules.iter().fold(policy, |policy, rule| {
            let what = Rule::new(rule.scope.clone()).only(rule.callers.clone());
            let what = rule.condition.iter().cloned().fold(what, Rule::when);
            policy.rule(rule.ruled, &rule.pattern, what)
        })
    }
}
