//! What `portcullis serve` writes where: decisions as data, the log beside them, complaints before anything starts.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::Value;
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
};

const IDENTIFIER: &str = "http://127.0.0.1:3002/mcp";

/// A folder with a configuration that begins with `head`.
fn folder(head: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        r#"
        {head}
        listen = "127.0.0.1:0"
        [[resource]]
        identifier = "{IDENTIFIER}"
        upstream = "http://127.0.0.1:1/mcp"
        default = "authenticated"
        [[resource.issuer]]
        issuer = "http://127.0.0.1:1"
        "#
    );
    fs::write(folder.path().join("portcullis.toml"), text).unwrap();
    folder
}

fn serve(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.arg("serve").current_dir(folder.path()).env_remove("PORTCULLIS_LOG").env_remove("PORT");
    command
}

/// One refused request to a running server, and what it wrote to standard output and standard error by then.
async fn one_refusal(head: &str) -> (String, String) {
    let folder = folder(head);
    let out = folder.path().join("out");
    let mut process =
        Ended(serve(&folder).stdout(File::create(&out).unwrap()).stderr(Stdio::piped()).spawn().unwrap());
    let mut errors = BufReader::new(process.0.stderr.take().unwrap());
    let mut log = String::new();
    let address = loop {
        assert_ne!(errors.read_line(&mut log).unwrap(), 0, "it ended early: {log}");
        if let Some((_, after)) = log.split_once(&format!("protecting {IDENTIFIER} on ")) {
            break after.split(['"', '\n']).next().unwrap().to_owned();
        }
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("http://{address}/mcp")).header("host", "127.0.0.1:3002");
    assert_eq!(request.body("{}").send().await.unwrap().status(), 401);
    drop(process);
    std::io::Read::read_to_string(&mut errors, &mut log).unwrap();
    (fs::read_to_string(out).unwrap(), log)
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn event(line: &str) -> Value {
    let event: Value = serde_json::from_str(line).unwrap();
    assert_eq!(event["reason"], "token_missing", "{event}");
    event
}

#[tokio::test]
async fn decisions_are_data_and_the_log_is_for_people() {
    let (out, log) = one_refusal("").await;
    assert_eq!(event(&out)["resource"], IDENTIFIER);
    assert!(!log.contains("token_missing"), "{log}");
    assert!(log.contains("PORTCULLIS_SESSION_KEY"), "a key of one process is said: {log}");
}

#[tokio::test]
async fn decisions_go_where_the_file_says() {
    let (out, log) = one_refusal(r#"audit = "stderr""#).await;
    assert_eq!(out, "");
    event(log.lines().find(|line| line.starts_with('{')).unwrap());
    let (out, log) = one_refusal(r#"audit = "off""#).await;
    assert_eq!((out.as_str(), log.contains("token_missing")), ("", false));
}

#[tokio::test]
async fn the_log_can_be_json_and_more() {
    let (_, log) = one_refusal("log_format = \"json\"\nlog = \"trace\"").await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["message"].as_str().unwrap_or_default().contains("protecting")));
    let of = |prefix: &str| lines.iter().any(|line| line["target"].as_str().unwrap().starts_with(prefix));
    assert!(of("portcullis") && of("hyper"), "dependencies speak too: {log}");
}

#[test]
fn a_configuration_that_cannot_be_used_ends_with_2_and_names_every_problem() {
    let folder = folder("behind_tls_proxy = 7\nlimit = {}");
    let Output { status, stdout, stderr } = serve(&folder).env("PORTCULLIS_LOG", "chatty").output().unwrap();
    let complaint = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), stdout.len()), (Some(2), 0), "{complaint}");
    for part in ["behind_tls_proxy", "did you mean", "PORTCULLIS_LOG", "chatty"] {
        assert!(complaint.contains(part), "{part}: {complaint}");
    }
}

/// Rules that do not say what their tests say they do are not in force.
#[test]
fn a_test_of_the_rules_that_fails_ends_with_2_before_anything_starts() {
    let folder = folder("");
    let path = folder.path().join("portcullis.toml");
    let before = fs::read_to_string(&path).unwrap();
    let with = |expect: &str| {
        let test = format!("[[resource.test]]\ntool = \"list_todos\"\nexpect = \"{expect}\"\n");
        fs::write(&path, format!("{before}\n{test}")).unwrap();
    };
    let validate = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["config", "validate"]).current_dir(folder.path()).output().unwrap()
    };
    with("allow");
    let Output { status, stdout, .. } = validate();
    assert_eq!(status.code(), Some(0));
    assert_eq!(String::from_utf8(stdout).unwrap(), "the configuration is good; 1 test of its rules passed\n");
    with("unlisted");
    for output in [validate(), serve(&folder).output().unwrap()] {
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{complaint}");
        assert!(complaint.contains("test[0].expect = \"unlisted\": the rules say \"allow\""), "{complaint}");
    }
}
