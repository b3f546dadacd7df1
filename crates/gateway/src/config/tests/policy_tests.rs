//! Tests of rules: what passes, what fails, and what only seems to be a test.

use super::*;
use crate::config::show;

/// Rules of every kind, for two issuers if asked.
fn with_tests(tests: &str) -> String {
    let file = USUAL.replace("resource = \"res_123\" }", "resource = \"res_123\" }\ntenant_claim = \"org\"");
    let rules = r#"
        delete_todo = { scopes = ["todo:write"], callers = "people", when = "claims.org == arguments.org" }
        [resource.prompts]
        summary = ["todo:read"]
        [resource.resources]
        "todo://lists/{id}" = { tenants = ["acme"] }
        [resource.tasks]
        "*" = ["todo:read"]
        [resource.methods]
        "acme/export" = ["todo:admin"]
        "tools/list" = ["todo:list"]
        [resource.implies]
        "todo:admin" = ["todo:write"]
    "#;
    format!("{file}\n{rules}\n{tests}")
}

fn passed(tests: &str) -> usize {
    from_file(&with_tests(tests)).unwrap().resources[0].tests_passed
}

#[test]
fn rules_are_tried_out_by_the_policy_itself() {
    let tests = r#"
        [[resource.test]]
        tool = "list_todos"
        scopes = ["todo:read", "offline_access"]
        expect = "allow"
        [[resource.test]]
        tool = "list_todos"
        expect = "insufficient_scope"
        [[resource.test]]
        tool = "delete_todo"
        scopes = ["todo:admin"]
        tenant = "acme"
        arguments = { org = "acme", deep = { list = [1, 2.5, true] } }
        expect = "allow"
        [[resource.test]]
        tool = "delete_todo"
        scopes = ["todo:admin"]
        tenant = "acme"
        arguments = { org = "other" }
        expect = "denied"
        [[resource.test]]
        tool = "delete_todo"
        scopes = ["todo:admin"]
        tenant = "acme"
        arguments = { org = "acme" }
        callers = "machines"
        expect = "caller_refused"
        [[resource.test]]
        tool = "delete_todo"
        tenant = "acme"
        expect = "condition_failed"
        [[resource.test]]
        tool = "drop_all"
        scopes = ["todo:admin"]
        expect = "unlisted"
        [[resource.test]]
        prompt = "summary"
        scopes = ["todo:read"]
        expect = "allow"
        [[resource.test]]
        method = "completion/complete"
        prompt = "summary"
        expect = "insufficient_scope"
        [[resource.test]]
        resource = "todo://lists/7"
        tenant = "acme"
        expect = "allow"
        [[resource.test]]
        method = "subscriptions/listen"
        resource = "todo://lists/7"
        tenant = "other"
        expect = "denied"
        [[resource.test]]
        task = "t1"
        scopes = ["todo:read"]
        expect = "allow"
        [[resource.test]]
        method = "acme/export"
        expect = "insufficient_scope"
        [[resource.test]]
        method = "acme/import"
        expect = "method_unknown"
        [[resource.test]]
        method = "tools/list"
        expect = "insufficient_scope"
        [[resource.test]]
        method = "notifications/initialized"
        expect = "allow"
    "#;
    let config = from_file(&with_tests(tests)).unwrap();
    assert_eq!(config.resources[0].tests_passed, 16);
    assert!(show(&config).contains("tests_passed = 16"));
    assert_eq!(passed(""), 0);
}

/// Absence refuses: a failing test keeps the gateway from starting, and says what came and why.
#[test]
fn a_test_that_fails_is_a_problem_at_its_place() {
    let test = |rest: &str| format!("[[resource.test]]\n{rest}");
    for (tests, message) in [
        (
            "tool = \"list_todos\"\nexpect = \"allow\"",
            "resource[0].test[0].expect = \"allow\": the rules say \"insufficient_scope\" (missing: todo:read); \
             correct the rule, or else the test",
        ),
        ("tool = \"list_todos\"\nscopes = [\"todo:read\"]\nexpect = \"denied\"", "the rules say \"allow\";"),
        ("tool = \"drop_all\"\nexpect = \"insufficient_scope\"", "the rules say \"unlisted\" (no rule lists"),
        // What could not be judged is no denial: the test would hold whatever the condition says.
        (
            "tool = \"delete_todo\"\ntenant = \"acme\"\nexpect = \"denied\"",
            "the rules say \"condition_failed\" (a member that the condition looks at is not there)",
        ),
        ("tool = \"drop_all\"\nexpect = \"denied\"", "the rules say \"unlisted\""),
        ("tool = \"list_todos\"\nexpect = \"denied\"", "the rules say \"insufficient_scope\""),
    ] {
        let file = with_tests(&test(tests));
        let found = problems(from_file(&file));
        assert!(found.contains(message), "{tests}: {found}");
        let line = file.lines().position(|line| line.starts_with("expect")).unwrap() + 1;
        assert!(found.starts_with(&format!("portcullis.toml:{line}: ")), "{found}");
    }
    // All of them at once.
    let two = test("tool = \"list_todos\"\nexpect = \"allow\"\n").repeat(2);
    assert_eq!(problems(from_file(&with_tests(&two))).lines().count(), 2);
}

/// What tests nothing does not pass.
#[test]
fn a_test_that_is_none_does_not_pass() {
    let two = "[[resource.issuer]]\nissuer = \"https://j.example\"\n";
    for (before, test, message) in [
        ("", "tool = \"list_todos\"", "test[0].expect: is missing; write what the rules must say"),
        ("", "expect = \"allow\"", "test[0]: does not say what is asked for"),
        ("", "tool = \"a\"\nprompt = \"b\"\nexpect = \"allow\"", "names two things"),
        ("", "tool = \"a\"\nexpect = \"alow\"", "did you mean \"allow\"?"),
        ("", "tool = \"a\"\nexpect = \"check_denied\"", "is not one of \"allow\""),
        ("", "tool = \"a\"\nscope = [\"x\"]\nexpect = \"unlisted\"", "did you mean `scopes`?"),
        ("", "tool = \"a\"\nscopes = [\"x y\"]\nexpect = \"unlisted\"", "scopes[0] = \"x y\""),
        (
            "",
            "method = \"tools/list\"\ntool = \"a\"\nexpect = \"allow\"",
            "is for a method that does not name that",
        ),
        ("", "method = \"prompts/get\"\ntool = \"summary\"\nexpect = \"allow\"", "does not name that"),
        ("", "method = \"tools/call\"\nexpect = \"unlisted\"", "is no request"),
        (
            "",
            "tool = \"a\"\nclaims = { sub = \"x\" }\nexpect = \"unlisted\"",
            "has sub; write subject = … in its place",
        ),
        ("", "tool = \"a\"\nclaims = { org = \"x\" }\nexpect = \"unlisted\"", "has org; write tenant = …"),
        (
            "",
            "tool = \"a\"\nissuer = \"x\"\nexpect = \"unlisted\"",
            "issuer = \"x\": is the name of no issuer",
        ),
        (two, "tool = \"a\"\nexpect = \"unlisted\"", "test[0].issuer: is missing; say whose token it is"),
        (
            two,
            "tool = \"a\"\nissuer = \"https://j.example\"\ntenant = \"t\"\nexpect = \"unlisted\"",
            "has no tenant_claim",
        ),
        (
            "",
            "tool = \"a\"\ncallers = \"machines\"\nsubject = \"x\"\nclient = \"y\"\nexpect = \"unlisted\"",
            "is a machine whose subject is not its client",
        ),
    ] {
        let file = with_tests(&format!("[[resource.test]]\n{test}"));
        let file = file.replace("[resource.tools]", &format!("{before}[resource.tools]"));
        let file = if before.is_empty() { file } else { file.replace("tenants = [\"acme\"]", "") };
        let found = problems(from_file(&file));
        assert!(found.contains(message), "{test}: {found}");
    }
    // Where the rules themselves are wrong, nobody is told what they say.
    let file = with_tests("[[resource.test]]\ntool = \"list_todos\"\nexpect = \"allow\"");
    let found = problems(from_file(&file.replace("arguments.org", "argument.org")));
    assert!(found.contains("there is no `argument`") && !found.contains("the rules say"), "{found}");
}

/// Observing lets everything through; what the rules say stays what it is. And it is said aloud.
#[test]
fn tests_hold_where_the_policy_only_observes() {
    let test = "[[resource.test]]\ntool = \"list_todos\"\nexpect = ";
    let file = |expect: &str| {
        with_tests(&format!("{test}\"{expect}\""))
            .replace("[[resource]]", "[[resource]]\ndangerous_observe = true")
    };
    let config = from_file(&file("insufficient_scope")).unwrap();
    assert_eq!(config.resources[0].tests_passed, 1);
    assert!(config.settings()[0].policy.is_observing() && !config.settings()[0].policy.can_hide());
    assert!(said(&config).iter().any(|said| {
        said.contains("dangerous_observe: what the rules or the check would refuse is let through")
    }));
    assert!(show(&config).contains("dangerous_observe = true"));
    assert!(problems(from_file(&file("allow"))).contains("the rules say \"insufficient_scope\""));
    assert!(!from_file(USUAL).unwrap().settings()[0].policy.is_observing());
}
