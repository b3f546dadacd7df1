//! What tools there are, for people and for programs. Pure.

use super::{result::plain_json, schema};
use crate::text::{comment, line};
use rmcp::model::Tool;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Below this, names are merely of the same language.
const LIKE: f64 = 0.75;
/// As much of a name as anybody reads. In characters.
const MAX_NAME: usize = 128;

pub(super) fn json(tools: &[Tool]) -> String {
    plain_json(&json!({ "tools": tools }))
}

pub(super) fn text(tools: &[Tool], is_cut: bool) -> String {
    let mut text = String::new();
    for tool in tools {
        let _ = writeln!(text, "{}", line(&tool.name, MAX_NAME));
        if let Some(description) = &tool.description {
            let _ = writeln!(text, "  {}", comment(description));
        }
        arguments(&mut text, tool);
    }
    if tools.is_empty() {
        text += "no tools are listed for this login\n";
    }
    if is_cut {
        text += "and more than was read\n";
    }
    text
}

fn arguments(text: &mut String, tool: &Tool) {
    let schema = &*tool.input_schema;
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let required = schema.get("required").and_then(Value::as_array);
    let rows: Vec<_> = properties
        .iter()
        .map(|(name, property)| {
            let is_required = required.is_some_and(|names| names.iter().any(|required| required == name));
            let what = property.get("description").and_then(Value::as_str).map(comment).unwrap_or_default();
            let kind = line(&schema::name(schema, name), 60);
            let kind = if is_required { format!("{kind}, required") } else { kind };
            (line(name, MAX_NAME), kind, what)
        })
        .collect();
    let widest = |part: fn(&(String, String, String)) -> &String| {
        rows.iter().map(|row| part(row).chars().count()).max().unwrap_or_default().min(40)
    };
    let (names, kinds) = (widest(|row| &row.0), widest(|row| &row.1));
    for (name, kind, what) in &rows {
        let row = format!("    {name:<names$}  {kind:<kinds$}  {what}");
        let _ = writeln!(text, "{}", row.trim_end());
    }
}

/// The name that was most likely meant.
pub(super) fn like(name: &str, tools: &[Tool]) -> Option<String> {
    let rated = tools.iter().map(|tool| (strsim::jaro_winkler(name, &tool.name), tool));
    let best = rated.filter(|(likeness, _)| *likeness >= LIKE).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map(|(_, tool)| line(&tool.name, MAX_NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, description: &str, schema: Value) -> Tool {
        let schema = schema.as_object().cloned().unwrap();
        serde_json::from_value(json!({ "name": name, "description": description, "inputSchema": schema }))
            .unwrap()
    }

    #[test]
    fn each_tool_is_listed_with_its_arguments() {
        let schema = json!({
            "properties": { "title": { "type": "string", "description": "What to do." }, "n": { "type": "integer" } },
            "required": ["title"],
        });
        let tools = [tool("create_todo", "Adds a todo.\nAnd more.", schema), tool("list", "", json!({}))];
        let expected = "create_todo\n  Adds a todo.\n    n      integer\n    title  string, required  What to do.\nlist\n  \n";
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&text(&tools, false)), sorted(expected));
        assert_eq!(text(&[], true), "no tools are listed for this login\nand more than was read\n");
        assert_eq!(like("create_tood", &tools).as_deref(), Some("create_todo"));
        assert_eq!(like("zzz", &tools), None);
    }

    #[test]
    fn a_name_moves_no_cursor() {
        let tools = [tool("a\u{1b}[2J", "b\u{9b}2J", json!({ "properties": { "c\u{7}": {} } }))];
        assert!(text(&tools, false).chars().all(|c| c == '\n' || !c.is_control()));
        assert!(json(&tools).chars().all(|c| c == '\n' || !c.is_control()));
    }
}
