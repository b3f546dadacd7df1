//! `portcullis explain` as it is typed: data on standard output, complaints on standard error, and how it ends.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::process::Command;

fn explain(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let output = command.arg("explain").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_code_is_explained_and_all_are_listed() {
    let (status, out, errors) = explain(&["rate_limited_tool"]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    assert!(out.starts_with("rate_limited_tool: ") && out.contains("Retry-After"), "{out}");
    let (status, out, errors) = explain(&[]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    let columns: Vec<_> = out.lines().filter_map(|line| line.find("  4").or(line.find("  5"))).collect();
    assert!(columns.len() > 40 && columns.iter().all(|column| *column == columns[0]), "{out}");
}

#[test]
fn an_unknown_code_ends_with_2_and_says_which_was_meant() {
    let (status, out, errors) = explain(&["insufficent_scope"]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert_eq!(
        errors,
        "portcullis: \"insufficent_scope\" is no reason code; did you mean insufficient_scope?\n"
    );
}
