//! The walls of the house, read from the manifests: imports go one way, and a third-party crate has one owner.
#![allow(clippy::unwrap_used, reason = "a manifest that cannot be read fails the test")]

use std::{collections::BTreeMap, fs, path::PathBuf};
use toml::{Table, Value};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn manifest(path: &str) -> Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// The names in a table of dependencies, by folder.
fn dependencies(table: &str) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().file_name().into_string().unwrap();
        let manifest = manifest(&format!("crates/{folder}/Cargo.toml"));
        let names =
            manifest.get(table).and_then(Value::as_table).map(|table| table.keys().cloned().collect());
        all.insert(folder, names.unwrap_or_default());
    }
    all
}

#[test]
fn imports_go_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("oauth", &[][..]),
        ("mcp", &[]),
        ("fetch", &[]),
        ("resource-server", &["portcullis-oauth", "portcullis-mcp", "portcullis-fetch"]),
        (
            "portcullis",
            &["portcullis-oauth", "portcullis-mcp", "portcullis-fetch", "portcullis-resource-server"],
        ),
        ("authorization-server", &["portcullis-oauth", "portcullis-fetch"]),
        (
            "gateway",
            &[
                "portcullis-oauth",
                "portcullis-mcp",
                "portcullis-fetch",
                "portcullis-resource-server",
                "portcullis",
                "portcullis-authorization-server",
            ],
        ),
        (
            "cli",
            &[
                "portcullis-oauth",
                "portcullis-fetch",
                "portcullis-resource-server",
                "portcullis",
                "portcullis-gateway",
                "portcullis-authorization-server",
            ],
        ),
        ("testing", &["portcullis-oauth", "portcullis-fetch"]),
    ]);
    for (folder, names) in dependencies("dependencies") {
        let allowed =
            allowed.get(folder.as_str()).unwrap_or_else(|| panic!("{folder} is a room without a rule"));
        for name in names.iter().filter(|name| name.starts_with("portcullis")) {
            assert!(allowed.contains(&name.as_str()), "{folder} may not import {name}");
        }
    }
}

#[test]
fn third_party_crates_have_one_owner() {
    let owners: [(&str, &[&str]); 5] = [
        ("aws-lc-rs", &["resource-server", "authorization-server", "testing"]),
        ("reqwest", &["fetch"]),
        ("clap", &["cli"]),
        ("anyhow", &["cli"]),
        ("axum", &["authorization-server", "cli", "testing"]),
    ];
    for (folder, names) in dependencies("dependencies") {
        for (name, owners) in owners {
            assert!(
                !names.iter().any(|found| found == name) || owners.contains(&folder.as_str()),
                "{folder} uses {name}"
            );
        }
        assert!(!names.iter().any(|name| name == "jsonwebtoken"), "{folder}: a second opinion is for tests");
    }
}

#[test]
fn every_dependency_is_declared_once_with_its_reason() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = text.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    for line in section.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')) {
        assert!(line.contains("path = ") || line.contains("# "), "no reason: {line}");
    }
    for table in ["dependencies", "dev-dependencies"] {
        for entry in fs::read_dir(root().join("crates")).unwrap() {
            let folder = entry.unwrap().file_name().into_string().unwrap();
            let manifest = manifest(&format!("crates/{folder}/Cargo.toml"));
            for (name, value) in manifest.get(table).and_then(Value::as_table).into_iter().flatten() {
                assert_eq!(value.get("workspace"), Some(&Value::Boolean(true)), "{folder}: {name}");
            }
        }
    }
}
