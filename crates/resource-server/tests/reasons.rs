//! Every code that can be given has its row, every row its code, and the document says what the rows say.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use portcullis_resource_server::{reason, reasons};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

/// Where a function that gives codes may stand, below `crates/`.
const ROOMS: &[&str] = &["resource-server/src", "mcp/src"];
/// Half a line of eighty, beside code and status.
const LONGEST_BRIEF: usize = 49;

#[test]
fn every_code_has_its_row() {
    let missing: Vec<String> = codes()
        .into_iter()
        .filter(|(code, _)| reason(code).is_none())
        .map(|(code, file)| {
            format!(
                "{code}, given in {}, has no row. Add to resource-server/src/reasons/{{token,request,access}}.rs:\n    \
                 ReasonRow {{ code: {code:?}, status: …, who: Who::…, brief: \"…\", meaning: \"…\", remedy: \"…\" }},\n\
                 and write docs/reasons.md: UPDATE_REASONS=1 cargo test -p portcullis-resource-server --test reasons",
                file.strip_prefix(crates()).unwrap().display()
            )
        })
        .collect();
    assert!(missing.is_empty(), "\n{}", missing.join("\n\n"));
}

#[test]
fn every_row_is_of_a_code_that_is_given() {
    let codes = codes();
    assert!(codes.len() > 40, "{} codes were found", codes.len());
    let idle: Vec<_> = reasons().map(|row| row.code).filter(|code| !codes.contains_key(*code)).collect();
    assert!(idle.is_empty(), "nothing gives these: {idle:?}");
}

#[test]
fn rows_are_of_one_form() {
    let mut seen = Vec::new();
    for row in reasons() {
        let code = row.code;
        assert!(!seen.contains(&code), "{code} stands twice");
        seen.push(code);
        assert!(is_code(code), "{code} is not in snake case");
        assert!((400..600).contains(&row.status), "{code}: {}", row.status);
        assert!(
            row.brief.chars().count() <= LONGEST_BRIEF,
            "{code}: its brief is longer than {LONGEST_BRIEF}"
        );
        assert!(!row.brief.ends_with('.'), "{code}: a brief is no sentence");
        for text in [row.meaning, row.remedy] {
            assert!(text.ends_with('.') && !text.contains("  "), "{code}: {text}");
        }
    }
}

/// `docs/reasons.md` is written by this test: `UPDATE_REASONS=1 cargo test -p portcullis-resource-server --test reasons`.
#[test]
fn the_document_is_the_current_one() {
    let path = crates().join("../docs/reasons.md");
    let mut current = String::from(
        "# Reason codes\n\n\
         Each refusal has one, in the audit event as `reason`. `portcullis explain REASON` prints its row. The text is written\n\
         from `crates/resource-server/src/reasons/`; a code, once given, keeps its meaning.\n\n\
         | code | status | what it means | who acts | what to do |\n|---|---|---|---|---|\n",
    );
    for row in reasons() {
        let (who, cell) = (row.who.as_str(), |text: &str| text.replace('|', "\\|"));
        current += &format!(
            "| `{}` | {} | {} | {who} | {} |\n",
            row.code,
            row.status,
            cell(row.meaning),
            cell(row.remedy)
        );
    }
    if env::var_os("UPDATE_REASONS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == current,
        "docs/reasons.md is not current: UPDATE_REASONS=1 cargo test -p portcullis-resource-server --test reasons"
    );
}

/// Every code that a function `code` or `reason` gives as a `&'static str`, and where.
fn codes() -> BTreeMap<String, PathBuf> {
    let mut codes = BTreeMap::new();
    for file in ROOMS.iter().flat_map(|room| rust_files(&crates().join(room))) {
        let text = fs::read_to_string(&file).unwrap();
        for body in ["fn code(", "fn reason("].iter().flat_map(|name| bodies(&text, name)) {
            let literals = body.split('"').skip(1).step_by(2).filter(|literal| is_code(literal));
            codes.extend(literals.map(|code| (code.to_owned(), file.clone())));
        }
    }
    codes
}

/// The bodies of the functions that begin so and give a fixed text.
fn bodies<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let found = text.match_indices(name).filter_map(|(at, _)| {
        let line = text[at..].lines().next()?;
        let indent = at - text[..at].rfind('\n')? - 1 - text[..at].rsplit('\n').next()?.trim_start().len();
        let end = text[at..].find(&format!("\n{}}}", " ".repeat(indent)))?;
        line.contains("-> &'static str").then(|| &text[at..at + end])
    });
    found.collect()
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files
}
