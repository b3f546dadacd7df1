//! Who may do what: rules for tools, prompts, resources, tasks and methods, and for whom they are.

use super::scopes;
use crate::config::{
    findings::Findings,
    place::join,
    raw::RawResource,
    rules::{
        RawCallerKind, RawCallers, RawImplies, RawMissingScope, RawRuleTable, RawRules, RuleConfig, Rules,
    },
    typed::IssuerConfig,
};
use portcullis_oauth::{Scope, ScopeToken};
use portcullis_resource_server::{CallerKind, Callers, Condition, MissingScope, Ruled};

/// Takes the rules out of `raw`.
pub(crate) fn rules(
    raw: &mut RawResource,
    issuers: &[IssuerConfig],
    at: &str,
    findings: &mut Findings,
) -> Rules {
    let kinds = [
        (Ruled::Tools, "tools", std::mem::take(&mut raw.tools)),
        (Ruled::Prompts, "prompts", std::mem::take(&mut raw.prompts)),
        (Ruled::Resources, "resources", std::mem::take(&mut raw.resources)),
        (Ruled::Tasks, "tasks", std::mem::take(&mut raw.tasks)),
        (Ruled::Methods, "methods", std::mem::take(&mut raw.methods)),
    ];
    let mut rules = Vec::new();
    for (ruled, key, raw) in kinds {
        of_one_kind(ruled, raw, issuers, &format!("{at}.{key}"), &mut rules, findings);
    }
    let callers =
        raw.allow.take().map(|raw| callers(of_everything(raw), issuers, &format!("{at}.allow"), findings));
    Rules {
        rules,
        callers: callers.unwrap_or_default(),
        implies: implies(std::mem::take(&mut raw.implies), &format!("{at}.implies"), findings),
        missing_scope: match raw.missing_scope {
            Some(RawMissingScope::Hide) => MissingScope::Hide,
            Some(RawMissingScope::List) | None => MissingScope::List,
        },
    }
}

/// Whether there is any rule at all, so that what they do not list is refused.
pub(crate) fn are_there(raw: &RawResource) -> bool {
    [&raw.tools, &raw.prompts, &raw.resources, &raw.tasks, &raw.methods].iter().any(|rules| !rules.is_empty())
}

fn of_one_kind(
    ruled: Ruled,
    raw: RawRules,
    issuers: &[IssuerConfig],
    at: &str,
    rules: &mut Vec<RuleConfig>,
    findings: &mut Findings,
) {
    for (pattern, rule) in raw {
        let at = join(at, &pattern);
        if pattern.is_empty() {
            let message = "is a rule for something without a name";
            findings.problem(&at, message, "write the name, or a pattern such as \"*\"");
        }
        let is_list = matches!(rule, crate::config::rules::RawRule::Scopes(_));
        let mut table = rule.table();
        let scope =
            scope(&table.scopes, &if is_list { at.clone() } else { format!("{at}.scopes") }, findings);
        let condition =
            table.when.take().and_then(|source| condition(&source, &format!("{at}.when"), findings));
        let callers = callers(table, issuers, &at, findings);
        rules.push(RuleConfig { ruled, pattern, scope, callers, condition });
    }
}

fn scope(list: &[String], at: &str, findings: &mut Findings) -> Scope {
    let scope = scopes::scope(list, at, findings);
    if scope.is_empty() && !list.is_empty() && !findings.has_problem_at(at) {
        // Left out, it would open the operation to everybody, which nobody wrote.
        let remedy = "name a scope that says what may be done, or write [] if any valid token may ask for it";
        findings.problem(at, "asks for nothing but offline_access", remedy);
    }
    scope
}

fn condition(source: &str, at: &str, findings: &mut Findings) -> Option<Condition> {
    match Condition::compile(source) {
        Ok(condition) => Some(condition),
        Err(error) => {
            let remedy =
                "write an expression in CEL that is true or false, such as \"claims.org == arguments.org\"";
            findings.wrong(at, source, error.to_string(), remedy);
            None
        }
    }
}

fn of_everything(raw: RawCallers) -> RawRuleTable {
    let RawCallers { issuers, subjects, tenants, clients, callers } = raw;
    RawRuleTable { issuers, subjects, tenants, clients, callers, ..RawRuleTable::default() }
}

fn callers(raw: RawRuleTable, issuers: &[IssuerConfig], at: &str, findings: &mut Findings) -> Callers {
    for (index, name) in raw.issuers.iter().enumerate() {
        if !issuers.iter().any(|issuer| issuer.name == *name) {
            let known = issuers.iter().map(|issuer| issuer.name.as_str()).collect::<Vec<_>>().join(", ");
            let at = format!("{at}.issuers[{index}]");
            findings.wrong(
                &at,
                name,
                "is the name of no issuer of this resource",
                format!("known here: {known}"),
            );
        }
    }
    // JW-20: one issuer's alice is not another's.
    let names_some = [("subjects", &raw.subjects), ("tenants", &raw.tenants), ("clients", &raw.clients)]
        .into_iter()
        .find(|(_, list)| !list.is_empty());
    if let (Some((key, _)), true, true) = (names_some, raw.issuers.is_empty(), issuers.len() > 1) {
        let remedy = "write issuers = [\"…\"] beside it, with the name of the one that is meant";
        findings.problem(&format!("{at}.{key}"), "could be of any of several issuers", remedy);
    }
    if !raw.tenants.is_empty() {
        for issuer in issuers.iter().filter(|issuer| {
            issuer.tenant_claim.is_none() && (raw.issuers.is_empty() || raw.issuers.contains(&issuer.name))
        }) {
            let message = format!("can never be met: the issuer {} has no tenant_claim", issuer.name);
            findings.problem(&format!("{at}.tenants"), message, "write tenant_claim = \"…\" at that issuer");
        }
    }
    Callers {
        issuers: raw.issuers,
        subjects: raw.subjects,
        tenants: raw.tenants,
        clients: raw.clients,
        kind: raw.callers.map(|kind| match kind {
            RawCallerKind::People => CallerKind::People,
            RawCallerKind::Machines => CallerKind::Machines,
        }),
    }
}

/// CH-17
fn implies(raw: RawImplies, at: &str, findings: &mut Findings) -> Vec<(ScopeToken, Scope)> {
    let mut implies = Vec::new();
    for (broader, narrower) in raw {
        let at = join(at, &broader);
        let list: Vec<String> = narrower.list(&at).into_iter().map(|(_, text)| text).collect();
        let narrower = scopes::scope(&list, &at, findings);
        match broader.parse() {
            Ok(broader) => implies.push((broader, narrower)),
            Err(error) => {
                let error: portcullis_oauth::ScopeError = error;
                findings.wrong(&at, &broader, error.to_string(), "write a scope, in quotation marks");
            }
        }
    }
    implies
}
