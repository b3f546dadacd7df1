//! What is published says of itself what the registry and its readers ask; the rest is never published.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::{collections::BTreeMap, fs, path::Path};
use toml::{Table, Value};

const PUBLISHED: [&str; 5] = ["fetch", "mcp", "oauth", "portcullis", "resource-server"];

fn read(path: &str) -> Table {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap().parse().unwrap()
}

/// Folder → manifest.
fn rooms() -> BTreeMap<String, Table> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_dir(crates)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .map(|room| (room.clone(), read(&format!("crates/{room}/Cargo.toml"))))
        .collect()
}

#[test]
fn only_the_library_and_what_it_stands_on_is_published() {
    let whole = read("Cargo.toml");
    assert_eq!(whole["workspace"]["package"]["publish"], Value::Boolean(false));
    let ours = whole["workspace"]["dependencies"].as_table().unwrap();
    for (room, manifest) in rooms() {
        let package = manifest["package"].as_table().unwrap();
        let is_published = PUBLISHED.contains(&room.as_str());
        assert_eq!(package.get("publish").is_none(), is_published, "{room}");
        // A dependency without a version is left out of what is packed where tests alone need it, and an error elsewhere.
        let declared = ours.get(package["name"].as_str().unwrap());
        let has_version = declared.is_some_and(|declared| declared.get("version").is_some());
        assert_eq!(has_version, is_published, "{room}");
    }
}

#[test]
fn each_published_crate_says_what_it_is() {
    for (room, manifest) in rooms().into_iter().filter(|(room, _)| PUBLISHED.contains(&room.as_str())) {
        let package = manifest["package"].as_table().unwrap();
        let list = |key: &str| package[key].as_array().unwrap().clone();
        assert!(package["description"].as_str().unwrap().len() > 20, "{room}");
        assert!((1..=5).contains(&list("keywords").len()), "{room}");
        assert!((1..=5).contains(&list("categories").len()), "{room}");
        assert_eq!(package["metadata"]["docs"]["rs"]["all-features"], Value::Boolean(true), "{room}");
        for file in [package["readme"].as_str().unwrap(), "LICENSE-MIT", "LICENSE-APACHE"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&room).join(file);
            assert!(path.exists(), "{room} has no {file}");
        }
    }
}
