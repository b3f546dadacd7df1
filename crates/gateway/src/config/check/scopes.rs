//! Scope lists, and the tools they are for.

use crate::config::{findings::Findings, place::join};
use portcullis_oauth::{Scope, ScopeToken};
use std::collections::BTreeMap;

/// The scopes of a list; `offline_access` says how long, not what (CH-12), and is left out aloud.
pub(crate) fn scope(list: &[String], path: &str, findings: &mut Findings) -> Scope {
    let mut scope = Scope::default();
    for (index, text) in list.iter().enumerate() {
        let path = format!("{path}[{index}]");
        match text.parse::<ScopeToken>() {
            Ok(token) if token.as_str() == "offline_access" => {
                findings.warn(&path, "offline_access is left out: a resource never asks for it (CH-12)");
            }
            Ok(token) => scope.insert(token),
            Err(error) => {
                findings.wrong(
                    &path,
                    text,
                    error.to_string(),
                    "write each scope as a text of its own in the list",
                );
            }
        }
    }
    scope
}

/// The rules: name or glob, and scopes.
pub(crate) fn tools(
    raw: &BTreeMap<String, Vec<String>>,
    path: &str,
    findings: &mut Findings,
) -> Vec<(String, Scope)> {
    let mut tools = Vec::new();
    for (name, list) in raw {
        let path = join(path, name);
        if name.is_empty() {
            findings.problem(
                &path,
                "is a rule for a tool without a name",
                "write the tool's name, or a glob such as \"*\"",
            );
        }
        let scope = scope(list, &path, findings);
        if scope.is_empty() && !list.is_empty() && !findings.has_problem_at(&path) {
            // Left out, it would open the tool to everybody, which nobody wrote.
            let remedy =
                "name a scope that says what may be done, or write [] if any valid token may call it";
            findings.problem(&path, "asks for nothing but offline_access", remedy);
        }
        tools.push((name.clone(), scope));
    }
    tools
}
