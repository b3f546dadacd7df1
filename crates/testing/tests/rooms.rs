//! The walls between the rooms, held by reading the manifests: who imports whom, who owns which third-party crate,
//! and that every dependency is declared once, with its reason.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// What each room may import of ours. Imports go one way; a room that is not here has no place yet.
const ARROWS: &[(&str, &[&str])] = &[
    ("oauth", &[]),
    ("fetch", &[]),
    ("mcp", &[]),
    ("resource-server", &["oauth", "fetch", "mcp"]),
    ("portcullis", &["oauth", "fetch", "mcp", "resource-server"]),
    ("authorization-server", &["oauth", "fetch"]),
    ("gateway", &["oauth", "fetch", "mcp", "resource-server", "portcullis", "authorization-server"]),
    ("check", &["oauth", "fetch"]),
    ("cli", &["oauth", "fetch", "resource-server", "portcullis", "gateway", "authorization-server", "check"]),
    ("testing", &["oauth", "fetch"]),
];

/// Who may depend on a third-party crate for more than its tests.
const OWNERS: &[(&str, &[&str])] = &[
    ("aws-lc-rs", &["resource-server", "authorization-server", "testing"]),
    ("reqwest", &["fetch"]),
    ("hyper-rustls", &["gateway"]),
    ("rustls", &["gateway"]),
    ("saphyr-parser", &["gateway"]),
    ("axum", &["portcullis", "authorization-server", "cli", "testing"]),
    ("clap", &["cli"]),
    ("rustix", &["cli"]),
    ("anyhow", &["cli"]),
    // A second opinion, and what only tests need.
    ("jsonwebtoken", &[]),
    ("proptest", &[]),
    ("tempfile", &[]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Product,
    Tests,
}

struct Dependency {
    name: String,
    purpose: For,
    declaration: Value,
}

#[test]
fn imports_go_one_way() {
    let packages = packages();
    let mut wrong = Vec::new();
    for (room, dependencies) in rooms() {
        let allowed = ARROWS
            .iter()
            .find_map(|(name, allowed)| (*name == room).then_some(*allowed))
            .unwrap_or_else(|| panic!("{room} is new: write into ARROWS what it may import"));
        for dependency in dependencies.iter().filter(|dependency| dependency.purpose == For::Product) {
            let Some(imported) = packages.get(&dependency.name) else { continue };
            if !allowed.contains(&imported.as_str()) {
                wrong.push(format!("{room} imports {imported}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn stand_ins_are_for_tests_only() {
    for (room, dependencies) in rooms() {
        for dependency in dependencies.iter().filter(|dependency| dependency.purpose == For::Product) {
            assert_ne!(dependency.name, "portcullis-testing", "{room} ships the stand-ins");
        }
    }
}

#[test]
fn a_third_party_crate_has_its_owners() {
    let mut wrong = Vec::new();
    for (room, dependencies) in rooms() {
        for dependency in dependencies.iter().filter(|dependency| dependency.purpose == For::Product) {
            let owners =
                OWNERS.iter().find_map(|(name, owners)| (*name == dependency.name).then_some(owners));
            if owners.is_some_and(|owners| !owners.contains(&room.as_str())) {
                wrong.push(format!("{room} uses {}", dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn versions_are_declared_in_one_place() {
    let mut wrong = Vec::new();
    for (room, dependencies) in rooms() {
        for dependency in dependencies {
            let from_workspace = dependency.declaration.get("workspace") == Some(&Value::Boolean(true));
            let says_more = ["version", "path", "git", "registry"]
                .iter()
                .any(|key| dependency.declaration.get(key).is_some());
            if !from_workspace || says_more {
                wrong.push(format!("{room}: {}", dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "write `workspace = true` and nothing about where from: {wrong:#?}");
}

#[test]
fn every_dependency_has_its_reason() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut lines = text.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let mut with_reason = BTreeSet::new();
    for line in lines.by_ref().take_while(|line| !line.starts_with('[')) {
        let Some((name, declaration)) = line.split_once(" = ") else { continue };
        let Some((_, reason)) = declaration.split_once(" # ") else { continue };
        if !reason.trim().is_empty() {
            with_reason.insert(name.to_owned());
        }
    }
    let manifest: Table = text.parse().unwrap();
    for (name, declaration) in manifest["workspace"]["dependencies"].as_table().unwrap() {
        let is_ours = declaration.get("path").is_some();
        assert!(is_ours || with_reason.contains(name), "{name} has no `# reason` on its line");
    }
}

/// What nobody uses has no reason to be declared.
#[test]
fn every_declared_dependency_is_used() {
    let manifest: Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let used: BTreeSet<String> = rooms()
        .into_iter()
        .flat_map(|(_, dependencies)| dependencies)
        .map(|dependency| dependency.name)
        .collect();
    let declared = manifest["workspace"]["dependencies"].as_table().unwrap();
    let unused: Vec<_> = declared.keys().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "declared, and used by no room: {unused:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Folder → manifest.
fn manifests() -> Vec<(String, Table)> {
    let mut manifests: Vec<_> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("Cargo.toml").exists())
        .map(|folder| {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap())
        })
        .collect();
    manifests.sort_by(|(one, _), (other, _): &(String, Table)| one.cmp(other));
    assert!(manifests.len() > 5, "the rooms are found");
    manifests
}

/// Package → folder.
fn packages() -> BTreeMap<String, String> {
    let name = |manifest: &Table| manifest["package"]["name"].as_str().unwrap().to_owned();
    manifests().into_iter().map(|(folder, manifest)| (name(&manifest), folder)).collect()
}

fn rooms() -> Vec<(String, Vec<Dependency>)> {
    let dependencies = |manifest: &Table| {
        let mut found = in_tables(manifest);
        for target in manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
            found.extend(in_tables(target.as_table().unwrap()));
        }
        found
    };
    manifests().into_iter().map(|(folder, manifest)| (folder, dependencies(&manifest))).collect()
}

fn in_tables(manifest: &Table) -> Vec<Dependency> {
    let tables = [
        ("dependencies", For::Product),
        ("build-dependencies", For::Product),
        ("dev-dependencies", For::Tests),
    ];
    let mut found = Vec::new();
    for (table, purpose) in tables {
        for (name, declaration) in manifest.get(table).and_then(Value::as_table).into_iter().flatten() {
            // `name = { package = "other" }` would hide an import behind another name.
            let real = declaration.get("package").and_then(Value::as_str).unwrap_or(name);
            found.push(Dependency { name: real.to_owned(), purpose, declaration: declaration.clone() });
        }
    }
    found
}
