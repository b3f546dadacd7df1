//! Rules as flags: `--tool list_todos=todo:read`.

use super::ask::{Answers, Question};
use portcullis_oauth::ScopeToken;

const TOOL: Question<'_> = Question {
    flag: "--tool",
    text: "A tool, and what it needs",
    remedy: "write the tool's name, and its scopes with commas between: --tool list_todos=todo:read",
    default: None,
};

/// What a tool needs.
pub(super) struct Tool {
    /// Its name, or a pattern of names.
    pub(super) pattern: String,
    pub(super) scopes: Vec<String>,
}

/// All of them.
pub(super) fn tools(given: &[String], answers: &mut Answers<'_>) -> Option<Vec<Tool>> {
    let mut tools = Vec::<Tool>::new();
    let mut is_good = true;
    for text in given {
        match answers.get(&TOOL, Some(text), tool) {
            Some(tool) if tools.iter().any(|other| other.pattern == tool.pattern) => {
                answers.complain(&TOOL, &format!("{:?} is given twice", tool.pattern));
                is_good = false;
            }
            Some(tool) => tools.push(tool),
            None => is_good = false,
        }
    }
    is_good.then_some(tools)
}

fn tool(text: &str) -> Result<Tool, String> {
    let Some((pattern, scopes)) = text.split_once('=') else {
        return Err("says no scopes".to_owned());
    };
    let pattern = pattern.trim();
    if pattern.is_empty() {
        return Err("names no tool".to_owned());
    }
    let scope = |text: &str| match text.trim().parse::<ScopeToken>() {
        Ok(scope) => Ok(scope.as_str().to_owned()),
        Err(error) => Err(format!("{pattern:?}: {error}")),
    };
    let scopes = scopes.split(',').map(scope).collect::<Result<_, _>>()?;
    Ok(Tool { pattern: pattern.to_owned(), scopes })
}
