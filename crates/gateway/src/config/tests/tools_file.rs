//! Rules from a YAML file: beside those of the configuration, and in place of them.

use super::*;
use crate::config::{DefaultRule, show};
use std::{fs, path::Path};

/// A configuration and a file beside it.
fn beside(yaml: &str, toml: &str) -> Result<Config, Problems> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("scopes.yaml"), yaml).unwrap();
    let file = Some((folder.path().join("portcullis.toml"), toml.to_owned()));
    load(&Sources { file, ..Sources::default() })
}

fn with_file() -> String {
    USUAL.replace("[[resource.issuer]]", "tools_file = \"scopes.yaml\"\n[[resource.issuer]]")
}

fn tools(config: &Config) -> Vec<(String, String)> {
    let rules = config.resources[0].rules.rules.iter();
    rules.map(|rule| (rule.pattern.clone(), rule.scope.to_string())).collect()
}

#[test]
fn a_file_of_rules_stands_beside_the_rules() {
    let config = beside("delete_all: [todo:admin]\nwhoami: []\n", &with_file()).unwrap();
    let pair = |name: &str, scope: &str| (name.to_owned(), scope.to_owned());
    assert_eq!(
        tools(&config),
        [
            pair("*_todo", "todo:write"),
            pair("delete_all", "todo:admin"),
            pair("list_todos", "todo:read"),
            pair("whoami", ""),
        ]
    );
    assert!(show(&config).contains("delete_all = [\"todo:admin\"]"));
    let alone = with_file();
    let alone = alone.split("[resource.tools]").next().unwrap();
    let config = beside("delete_all: todo:admin", alone).unwrap();
    assert_eq!((tools(&config).len(), config.resources[0].default), (1, DefaultRule::Refuse));
    // No rule at all is no choice.
    assert!(problems(beside("# later", alone)).contains("either write rules"));
}

#[test]
fn what_is_wrong_in_the_file_is_told_at_its_line() {
    for (yaml, message) in [
        (
            "a: [x]\nlist_todos: [todo:admin]\n",
            "scopes.yaml:2: \"list_todos\" has a rule under [resource.tools] too; keep one",
        ),
        ("a: [x]\na: []\n", "scopes.yaml:2: \"a\" stands twice; keep one"),
        ("\n\na: [\"x y\"]\n", "scopes.yaml:3: resource[0].tools.a[0] = \"x y\": "),
        ("a: x y\n", "scopes.yaml:1: resource[0].tools.a[0] = \"x y\": "),
        ("a: offline_access\n", "scopes.yaml:1: resource[0].tools.a: asks for nothing but offline_access"),
        ("a: [x\n", "scopes.yaml:"),
        ("\"\": [x]\n", "scopes.yaml:1: resource[0].tools.\"\": is a rule for something without a name"),
        ("a:\n", "scopes.yaml:1: \"a\" has nothing in place of a scope; name its scopes, or write []"),
        (&"# long\n".repeat(40_000), "tools_file = \"scopes.yaml\": cannot be read: it is longer than"),
    ] {
        let found = problems(beside(yaml, &with_file()));
        assert!(found.contains(message), "{yaml:.40}: {found}");
    }
    let found = problems(beside("a: [x]", &with_file().replace("scopes.yaml", "nowhere.yaml")));
    assert!(found.contains("tools_file = \"nowhere.yaml\": cannot be read"), "{found}");
}

/// Pattern D: the variables of the guide, and its file. With rules, nothing else may be called.
#[test]
fn a_start_without_configuration_takes_its_rules_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scopes.yaml");
    fs::write(&path, "list_todos: [todo:read]\ndelete_todo: [todo:write]\n").unwrap();
    let environment = |extra: &[(&str, &str)]| {
        let mut all =
            vec![("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com"), ("SCALEKIT_CLIENT_ID", "skc_1")];
        all.extend_from_slice(extra);
        all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>()
    };
    let flags = |tools_file: Option<&Path>| Flags {
        resource: Some("https://mcp.example.com/mcp".into()),
        upstream: Some("http://127.0.0.1:8000/mcp".into()),
        tools_file: tools_file.map(|path| path.display().to_string()),
        ..Flags::default()
    };
    let by_flag = Sources { environment: environment(&[]), flags: flags(Some(&path)), ..Sources::default() };
    let by_variable = environment(&[("PORTCULLIS_TOOLS_FILE", path.to_str().unwrap())]);
    let by_variable = Sources { environment: by_variable, flags: flags(None), ..Sources::default() };
    for sources in [by_flag, by_variable] {
        let config = load(&sources).unwrap();
        assert_eq!(config.resources[0].default, DefaultRule::Refuse);
        assert_eq!(tools(&config).len(), 2);
        assert!(
            !said(&config).iter().any(|said| said.contains("may call any tool")),
            "{:?}",
            config.warnings
        );
    }
    let nowhere = folder.path().join("nowhere.yaml");
    let sources =
        Sources { environment: environment(&[]), flags: flags(Some(&nowhere)), ..Sources::default() };
    assert!(problems(load(&sources)).contains("--tools-file = "));
    fs::write(&path, "").unwrap();
    let sources = Sources { environment: environment(&[]), flags: flags(Some(&path)), ..Sources::default() };
    assert!(problems(load(&sources)).contains("either write rules"));
}
