//! `portcullis explain` as it is typed: data on standard output, complaints on standard error, and how it ends.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use axum::Router;
use portcullis_oauth::Clock as _;
use portcullis_resource_server::SystemClock;
use portcullis_testing::{LoopbackServer, TestKey, Token, serve};
use std::{
    fs,
    io::Write as _,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

fn explain(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    texts(command.arg("explain").args(arguments).output().unwrap())
}

fn texts(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A folder with a configuration, and the keys of its issuer.
struct Place {
    folder: TempDir,
    keys: LoopbackServer,
}

impl Place {
    async fn new() -> Self {
        let jwks = TestKey::rsa().jwks("key-1").to_string();
        let keys = serve(Router::new().fallback(move || async move { jwks })).await;
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            r#"
            [[resource]]
            identifier = "https://mcp.example.com/mcp"
            upstream = "http://127.0.0.1:1/mcp"
            [[resource.issuer]]
            issuer = "https://issuer.example"
            jwks_uri = "{}/keys"
            [resource.tools]
            list_todos = ["todo:read"]
            "*_todo" = ["todo:write"]
            lend = {{ scopes = ["todo:read"], when = "arguments.amount < 10" }}
            mine = {{ scopes = [], subjects = ["user-2"] }}
            "#,
            keys.url()
        );
        fs::write(folder.path().join("portcullis.toml"), text).unwrap();
        Self { folder, keys }
    }

    /// The token comes by standard input, as one does who wants nobody to see it.
    async fn explain(&self, token: &str) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["explain", "-"]).current_dir(self.folder.path()).env("PORTCULLIS_LOG", "trace");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let token = token.to_owned();
        // Beside the keys it fetches.
        let output = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        });
        texts(output.await.unwrap())
    }
}

fn token() -> Token {
    Token::at(SystemClock::new().now())
}

/// Of a good token every check is ticked, and what it may do is told rule by rule. It is in nothing that is said.
#[tokio::test]
async fn a_good_token_is_ticked_and_its_rules_are_told() {
    let place = Place::new().await;
    let token = token().sign(&TestKey::rsa());
    let (status, out, errors) = place.explain(&token).await;
    assert_eq!((status, errors.as_str()), (Some(0), ""), "{out}");
    for line in [
        "✓ issuer",
        "✓ audience",
        "✓ signature",
        "It is accepted, with the scopes todo:read.",
        "✓ tool list_todos",
        "✗ tool *_todo: lacks todo:write",
        "? tool lend: its condition decides each time",
        "✗ tool mine: not for this caller",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let parts: Vec<_> = token.split('.').collect();
    assert!(parts.iter().all(|part| !out.contains(part)), "{out}");
    assert_eq!(place.keys.connections(), 1, "its keys were fetched, and nobody was asked anything else");
}

#[tokio::test]
async fn every_mistake_in_a_token_is_named_with_what_was_probably_meant() {
    let place = Place::new().await;
    let token = token().claim("aud", "https://mcp.example.com/mcp/").header("typ", "JWT");
    let (status, out, errors) = place.explain(&format!("Bearer {}\n", token.sign(&TestKey::rsa()))).await;
    assert_eq!((status, errors.as_str()), (Some(1), ""));
    for line in [
        "✗ kind",
        "the typ \"JWT\" is not an access token's",
        "\"relaxed\"",
        "✗ audience",
        "differs by a trailing slash",
        "more: portcullis explain token_audience",
        "✓ signature",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    assert!(!out.contains("tool"), "what it says it may do is not believed: {out}");
}

/// A stranger's claims do not reach the terminal as they are.
#[tokio::test]
async fn a_token_that_is_none_is_told_without_repeating_it() {
    let place = Place::new().await;
    for text in ["", "\u{1b}[2J.secret.text", "ghp_0123456789abcdef0123456789abcdef0123"] {
        let (status, out, _) = place.explain(text).await;
        assert_eq!(status, Some(1), "{text:?}");
        assert!(out.contains("✗ form"), "{text:?}: {out}");
        assert!(text.is_empty() || !out.contains(text), "{out}");
    }
    let hostile = token().claim("sub", "\u{1b}[2J\u{202e}").sign(&TestKey::rsa());
    let (_, out, _) = place.explain(&hostile).await;
    assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out:?}");
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

/// An issuer that does not answer is no reason to say that the token is bad.
#[tokio::test]
async fn what_cannot_be_found_out_is_neither_yes_nor_no() {
    let mut place = Place::new().await;
    let token = token().sign(&TestKey::rsa());
    place.keys = serve(Router::new()).await;
    let (status, out, errors) = place.explain(&token).await;
    assert_eq!(status, Some(2), "{out}");
    assert!(out.contains("– key") && errors.contains("could not be found out"), "{out}{errors}");
}

/// Opaque tokens are short, and like no code; nor is a word repeated that is like none.
#[test]
fn a_short_token_is_not_taken_for_a_code_and_not_repeated() {
    for text in ["0123456789abcdef0123456789abcdef", "ghp_x1", "AbCdEfGhIjKlMnOpQrSt"] {
        let (status, out, errors) = explain(&[text]);
        assert_eq!(status, Some(2), "{out}");
        assert!(!out.contains(text) && !errors.contains(text), "{out}{errors}");
    }
}

/// What a script goes by stands in the help.
#[test]
fn the_help_names_the_exit_codes() {
    for command in ["check", "explain", "login", "call"] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_portcullis")).args([command, "--help"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.contains("Exit codes: 0 "), "{command}: {help}");
    }
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
