//! Scope lists.

use crate::config::findings::Findings;
use portcullis_oauth::{Scope, ScopeToken};

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
