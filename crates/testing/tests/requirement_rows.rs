//! `docs/requirements.md` and the code keep to each other: every row that code cites is written down, every row that is
//! ours is met somewhere and held by a test, and both are said in the document.
//!
//! What a row asks is written by hand. Where it is met and what holds it is read from the code:
//! `UPDATE_ROWS=1 cargo test -p portcullis-testing --test requirement_rows` writes it down.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

/// Looks like a row's id and is none.
const NOT_IDS: &[&str] = &["UTF-16", "UTF-32"];
/// Rows after this heading are somebody else's duty, or later work; they need nothing to hold them.
const OTHERS: &str = "## Not ours, or not yet";
const NOBODY: &str = "—";

/// Where a row is cited.
#[derive(Debug, Default)]
struct Cited {
    /// Source files, below `crates/`.
    met: BTreeSet<String>,
    /// Test functions.
    held: BTreeSet<String>,
}

#[test]
fn the_document_says_where_each_row_is_met_and_what_holds_it() {
    let path = root().join("docs/requirements.md");
    let document = fs::read_to_string(&path).expect("docs/requirements.md");
    let current = with_columns(&document, &citations());
    if env::var_os("UPDATE_ROWS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let (written, current): (Vec<_>, Vec<_>) = (document.lines().collect(), current.lines().collect());
    let differs: Vec<_> =
        current.iter().zip(&written).filter(|(now, then)| now != then).map(|(now, _)| now).collect();
    assert!(
        env::var_os("UPDATE_ROWS").is_some() || differs.is_empty(),
        "set UPDATE_ROWS=1 to write: {differs:#?}"
    );
}

#[test]
fn every_cited_row_is_written_down_once() {
    let rows = rows();
    let ids: BTreeSet<_> = rows.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "an id stands in two rows");
    let unknown: Vec<_> = citations().into_keys().filter(|id| !ids.contains(id.as_str())).collect();
    assert!(unknown.is_empty(), "cited, and no row of docs/requirements.md: {unknown:#?}");
}

#[test]
fn every_row_of_ours_is_held_by_a_test() {
    let citations = citations();
    let held = |id: &String| citations.get(id).is_some_and(|cited| !cited.held.is_empty());
    let loose: Vec<_> =
        rows().into_iter().filter(|(id, ours)| *ours && !held(id)).map(|(id, _)| id).collect();
    assert!(loose.is_empty(), "no test cites these: {loose:?}");
}

#[test]
fn the_tests_that_security_design_names_exist() {
    let document = fs::read_to_string(root().join("docs/SECURITY-DESIGN.md")).unwrap();
    let tests: BTreeSet<String> = rust_files().iter().flat_map(|file| functions(&read(file))).collect();
    let last_cell = |line: &str| {
        Some(line.strip_prefix("| ")?.trim_end().strip_suffix(" |")?.rsplit_once(" | ")?.1.to_owned())
    };
    let is_name = |word: &&str| {
        word.len() > 12 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let mut named = 0;
    for cell in document.lines().filter_map(last_cell) {
        for name in cell.split('`').skip(1).step_by(2).filter(is_name) {
            assert!(tests.contains(name), "docs/SECURITY-DESIGN.md names {name}, which is no test");
            named += 1;
        }
        assert!(cell.contains('`') || cell == "the test", "an attack without a test: {cell}");
    }
    assert!(named > 40, "{named} tests were found in its tables");
}

#[test]
fn ids_are_found_where_they_stand_and_nowhere_else() {
    let text = "(RS-05, CH-13) PRM-04; G-05. JW-16..19 TL-13..TL-14 rs-06 SEP-2243 AES-128 xRS-07 ABCD-01 RS-1 RS-08a";
    let found: Vec<_> = ids(text).into_iter().map(|(_, id)| id).collect();
    assert_eq!(
        found,
        ["RS-05", "CH-13", "PRM-04", "G-05", "JW-16", "JW-17", "JW-18", "JW-19", "TL-13", "TL-14"]
    );
}

/// The document with its two right columns as the code has them.
fn with_columns(document: &str, citations: &BTreeMap<String, Cited>) -> String {
    let mut is_ours = true;
    let mut lines = Vec::new();
    for line in document.lines() {
        is_ours &= line != OTHERS;
        let cells: Vec<_> = line.split(" | ").collect();
        let id = cells[0].strip_prefix("| ").unwrap_or_default();
        lines.push(if is_ours && is_id(id) {
            let cited = citations.get(id);
            let met = list(cited.map(|cited| &cited.met));
            let held = list(cited.map(|cited| &cited.held));
            format!("{} | {met} | {held} |", cells[..3].join(" | "))
        } else {
            line.to_owned()
        });
    }
    lines.join("\n") + "\n"
}

fn list(names: Option<&BTreeSet<String>>) -> String {
    let names: Vec<_> = names.into_iter().flatten().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { NOBODY.to_owned() } else { names.join("<br>") }
}

/// The id of each row, and whether it is ours.
fn rows() -> Vec<(String, bool)> {
    let document = fs::read_to_string(root().join("docs/requirements.md")).expect("docs/requirements.md");
    let ours = document.find(OTHERS).expect("the document has a part for others' rows");
    let first_cell = |line: &str| Some(line.strip_prefix("| ")?.split_once(" |")?.0.trim().to_owned());
    let in_part = |part: &str, is_ours: bool| {
        let ids = part.lines().filter_map(first_cell).filter(|cell| is_id(cell));
        ids.map(move |id| (id, is_ours)).collect::<Vec<_>>()
    };
    [in_part(&document[..ours], true), in_part(&document[ours..], false)].concat()
}

/// Every id in the code, with the source files and the test functions that cite it.
fn citations() -> BTreeMap<String, Cited> {
    let mut citations = BTreeMap::<String, Cited>::new();
    for file in rust_files() {
        let (text, name) = (read(&file), file.strip_prefix(root().join("crates")).unwrap().to_owned());
        let name = name.to_string_lossy().replace('\\', "/");
        let is_tests = name.contains("/tests/");
        let tests_begin = if is_tests { 0 } else { text.find("#[cfg(test)]").unwrap_or(text.len()) };
        for (position, id) in ids(&text) {
            if NOT_IDS.contains(&id.as_str()) || name.starts_with("testing/") {
                continue;
            }
            let cited = citations.entry(id).or_default();
            if position < tests_begin {
                cited.met.insert(name.clone());
            } else if let Some(function) = function_at(&text, position) {
                cited.held.insert(function);
            }
        }
    }
    citations
}

/// The test that a citation stands above or in; none for one in a file's own description.
fn function_at(text: &str, position: usize) -> Option<String> {
    let line = text[..position].rfind('\n').map_or(0, |end| end + 1);
    let line = text[line..].trim_start();
    if line.starts_with("//!") {
        return None;
    }
    if line.starts_with("///") {
        functions(&text[position..]).into_iter().next()
    } else {
        functions(&text[..position]).pop()
    }
}

/// The names of the functions in this text, in order.
fn functions(text: &str) -> Vec<String> {
    let name = |line: &str| {
        Some(
            line.trim_start()
                .trim_start_matches("async ")
                .strip_prefix("fn ")?
                .split(['(', '<'])
                .next()?
                .to_owned(),
        )
    };
    text.lines().filter_map(name).collect()
}

/// Every id with its place. `JW-16..19` and `TL-13..TL-14` are ranges.
fn ids(text: &str) -> Vec<(usize, String)> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut position = 0;
    for word in text.split(|character| !is_word(character)) {
        let start = position;
        position += word.len() + text[position + word.len()..].chars().next().map_or(0, char::len_utf8);
        let last = found.last().cloned();
        let continues = |(at, id): &(usize, String)| text[at + id.len()..start] == *"..";
        match last.filter(continues) {
            Some((at, first)) if is_number(word) || is_id(word) => {
                let (letters, from) = first.split_once('-').unwrap();
                let to: u8 = word.rsplit('-').next().unwrap().parse().unwrap();
                let from: u8 = from.parse().unwrap();
                found.extend((from + 1..=to).map(|number| (at, format!("{letters}-{number:02}"))));
            }
            _ if is_id(word) => found.push((start, word.to_owned())),
            _ => {}
        }
    }
    found
}

fn is_number(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// One to three capital letters, a dash, two digits.
fn is_id(word: &str) -> bool {
    word.split_once('-').is_some_and(|(letters, digits)| {
        (1..=3).contains(&letters.len())
            && letters.bytes().all(|byte| byte.is_ascii_uppercase())
            && is_number(digits)
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

fn rust_files() -> Vec<PathBuf> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&root().join("crates"), &mut files);
    files
}
