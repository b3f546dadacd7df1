//! What the documentation tells people to write compiles: it is compared with programs that are built beside these tests.

use std::{fs, path::Path};

/// As many lines as it may cost an rmcp server to be protected.
const MOST_LINES: usize = 10;

#[test]
fn the_diff_of_the_readme_protects_a_server() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(here.join("../../README.md")).unwrap();
    let (_, block) = readme.split_once("```diff\n").expect("the README has a diff");
    let (diff, _) = block.split_once("```").unwrap();

    let changed = diff.lines().filter(|line| line.starts_with(['+', '-'])).count();
    assert!((1..=MOST_LINES).contains(&changed), "{changed} lines");
    let before = fs::read_to_string(here.join("readme/before.rs")).unwrap();
    let after = fs::read_to_string(here.join("readme/after.rs")).unwrap();
    assert_eq!(applied(diff, before), after);
}

#[test]
fn the_server_of_the_guide_is_one_that_compiles() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(here.join("../../docs/guides/rust-server.md")).unwrap();
    let (_, block) = guide.split_once("```rust\n").expect("the guide has a server");
    let (server, _) = block.split_once("```").unwrap();
    assert_eq!(server, fs::read_to_string(here.join("readme/guide.rs")).unwrap());
}

/// What `patch` would make of it: each part between `@@` stands in the text once.
fn applied(diff: &str, mut text: String) -> String {
    for part in diff.split("@@\n").filter(|part| !part.trim().is_empty()) {
        let side = |other: char| -> String {
            let lines = part.lines().filter(|line| !line.starts_with(other));
            lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
        };
        let (was, is) = (side('+'), side('-'));
        assert_eq!(text.matches(&was).count(), 1, "of this there is not one:\n{was}");
        text = text.replace(&was, &is);
    }
    text
}
