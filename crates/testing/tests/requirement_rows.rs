//! Every requirement that code cites is written down: ids in `.rs` files are rows of `docs/requirements.md`.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Looks like a row's id and is none.
const NOT_IDS: &[&str] = &["UTF-16", "UTF-32"];

#[test]
fn every_cited_row_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let requirements = fs::read_to_string(root.join("docs/requirements.md")).expect("docs/requirements.md");
    let rows = rows(&requirements);
    assert!(!rows.is_empty(), "docs/requirements.md has rows");
    let mut files = Vec::new();
    collect_rust_files(&root.join("crates"), &mut files);
    let mut unknown: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in files {
        for id in cited(&fs::read_to_string(&file).unwrap()) {
            if !rows.contains(&id) && !NOT_IDS.contains(&id.as_str()) {
                unknown.insert(id, file.clone());
            }
        }
    }
    assert!(unknown.is_empty(), "cited, and no row of docs/requirements.md: {unknown:#?}");
}

#[test]
fn ids_are_found_where_they_stand_and_nowhere_else() {
    let found: Vec<_> =
        cited("(RS-05, CH-13) PRM-04; G-05. JW-16..19 rs-06 SEP-2243 AES-128 xRS-07 ABCD-01 RS-1 RS-08a")
            .into_iter()
            .collect();
    assert_eq!(found, ["CH-13", "G-05", "JW-16", "PRM-04", "RS-05"]);
}

/// The first column of every table that holds an id.
fn rows(markdown: &str) -> BTreeSet<String> {
    let first_cell = |line: &str| Some(line.strip_prefix("| ")?.split_once(" |")?.0.trim().to_owned());
    let is_id = |cell: &String| cited(cell).contains(cell);
    markdown.lines().filter_map(first_cell).filter(is_id).collect()
}

/// One to three capital letters, a dash, two digits; no letter, digit or dash around them.
fn cited(text: &str) -> BTreeSet<String> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
    text.split(|character| !is_word(character)).filter(|word| is_id(word)).map(str::to_owned).collect()
}

fn is_id(word: &str) -> bool {
    let Some((letters, digits)) = word.split_once('-') else { return false };
    (1..=3).contains(&letters.len())
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && digits.len() == 2
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn collect_rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
