//! Rules as they are written, and what they become.

use super::*;
use crate::config::show;
use portcullis_resource_server::{CallerKind, MissingScope, Ruled};

/// The usual file with other rules.
fn with_rules(rules: &str) -> String {
    let before = USUAL.split("[resource.tools]").next().unwrap_or_default();
    format!("{before}\n{rules}")
}

const EVERYTHING: &str = r#"
missing_scope_is_set_below = 1
[resource.tools]
list_todos = ["todo:read"]
delete_todo = { scopes = ["todo:write"], callers = "people", when = "claims.org == arguments.org" }
[resource.prompts]
"*" = []
[resource.resources]
"todo://lists/{id}" = { tenants = ["acme"] }
[resource.tasks]
"*" = ["todo:read"]
[resource.methods]
"acme/export" = ["todo:admin"]
[resource.implies]
"todo:admin" = ["todo:write"]
"todo:write" = "todo:read"
[resource.allow]
clients = ["editor"]
"#;

#[test]
fn every_kind_of_rule_can_be_written() {
    let rules = EVERYTHING.replace("missing_scope_is_set_below = 1", "");
    let file = with_rules(&rules).replace("[[resource]]", "[[resource]]\nmissing_scope = \"hide\"");
    let config = from_file(&file).unwrap();
    let rules = &config.resources[0].rules;
    let found: Vec<_> =
        rules.rules.iter().map(|rule| (rule.ruled, rule.pattern.as_str(), rule.scope.to_string())).collect();
    assert_eq!(
        found,
        [
            (Ruled::Tools, "delete_todo", "todo:write".to_owned()),
            (Ruled::Tools, "list_todos", "todo:read".to_owned()),
            (Ruled::Prompts, "*", String::new()),
            (Ruled::Resources, "todo://lists/{id}", String::new()),
            (Ruled::Tasks, "*", "todo:read".to_owned()),
            (Ruled::Methods, "acme/export", "todo:admin".to_owned()),
        ]
    );
    assert_eq!(rules.rules[0].callers.kind, Some(CallerKind::People));
    assert_eq!(rules.rules[0].condition.as_ref().map(|it| it.source()), Some("claims.org == arguments.org"));
    assert_eq!(rules.rules[3].callers.tenants, ["acme"]);
    assert_eq!(rules.callers.clients, ["editor"]);
    assert_eq!((rules.implies.len(), rules.missing_scope), (2, MissingScope::Hide));

    let shown = show(&config);
    for line in [
        "list_todos = [\"todo:read\"]",
        "when = \"claims.org == arguments.org\"",
        "callers = \"people\"",
        "missing_scope = \"hide\"",
        "\"todo:admin\" = [\"todo:write\"]",
        "tenants = [\"acme\"]",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
}

/// A typing mistake must not become a looser rule.
#[test]
fn what_is_wrong_with_a_rule_is_told_at_its_place() {
    let two = "[[resource.issuer]]\nissuer = \"https://j.example\"\n";
    for (name, rules, message) in [
        (
            "an unknown key",
            "[resource.tools]\na = { scope = [\"x\"] }",
            "tools.a.scope: is not a key that is known here; did you mean `scopes`?",
        ),
        ("a scope alone", "[resource.tools]\na = \"x\"", "tools.a: is a text, not a list"),
        (
            "no CEL",
            "[resource.tools]\na = { when = \"claims.org ==\" }",
            "tools.a.when = \"claims.org ==\": at character 14",
        ),
        (
            "an unknown variable",
            "[resource.tools]\na = { when = \"arg.x == 1\" }",
            "at character 1: there is no `arg`",
        ),
        (
            "an unknown issuer",
            "[resource.tools]\na = { issuers = [\"other\"] }",
            "tools.a.issuers[0] = \"other\": is the name of no issuer",
        ),
        (
            "whose alice (JW-20)",
            &format!("{two}[resource.tools]\na = {{ subjects = [\"alice\"] }}"),
            "tools.a.subjects: could be of any of several issuers",
        ),
        (
            "whose clients (JW-20)",
            &format!("{two}[resource.tools]\na = []\n[resource.allow]\nclients = [\"c\"]"),
            "allow.clients: could be of any",
        ),
        (
            "no tenant to be of",
            &format!("{two}[resource.tools]\na = {{ tenants = [\"t\"], issuers = [\"https://j.example\"] }}"),
            "tools.a.tenants: can never be met: the issuer https://j.example has no tenant_claim",
        ),
        (
            "a scope that is none",
            "[resource.tools]\na = []\n[resource.implies]\n\"a b\" = [\"c\"]",
            "implies.\"a b\"",
        ),
        (
            "another kind of caller",
            "[resource.tools]\na = { callers = \"robots\" }",
            "is not one of \"people\", \"machines\"",
        ),
        (
            "a rule for no method",
            "[resource.methods]\n\"\" = []",
            "methods.\"\": is a rule for something without a name",
        ),
    ] {
        let found = problems(from_file(&with_rules(rules)));
        assert!(found.contains(message), "{name}: {found}");
    }
}

/// Rules for prompts alone are rules: what they do not list is refused.
#[test]
fn rules_of_any_kind_choose_to_refuse_the_rest() {
    let config = from_file(&with_rules("[resource.prompts]\na = []")).unwrap();
    assert_eq!(config.resources[0].default, crate::config::DefaultRule::Refuse);
}
