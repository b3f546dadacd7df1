//! The administration of `portcullis serve`, as an operator starts, uses and stops it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::PathBuf,
    process::{Child, Command},
};

const TOKEN: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";

struct Serving {
    process: Child,
    folder: tempfile::TempDir,
}

impl Serving {
    fn start(folder: tempfile::TempDir, admin: &str) -> Self {
        let file = format!(
            r#"
            listen = "127.0.0.1:0"
            limits = {{ drain_delay_seconds = 0 }}
            [[resource]]
            identifier = "https://mcp.example.com/mcp"
            upstream = "http://127.0.0.1:1/mcp"
            default = "authenticated"
            [[resource.issuer]]
            issuer = "https://issuer.example"
            jwks_uri = "http://127.0.0.1:1/keys"
            [admin]
            listen = "unix:admin.sock"
            {admin}
            "#
        );
        fs::write(folder.path().join("portcullis.toml"), file).unwrap();
        let said = File::options().append(true).create(true).open(folder.path().join("said")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.arg("serve").current_dir(folder.path()).env_clear().env("PORTCULLIS_ADMIN_TOKEN", TOKEN);
        command.env("PORTCULLIS_LOG", "trace").stdout(said.try_clone().unwrap()).stderr(said);
        Self { process: command.spawn().unwrap(), folder }
    }

    /// Waits until it says so, which it does after it has begun to listen.
    fn ready(folder: tempfile::TempDir, admin: &str) -> Self {
        let mut serving = Self::start(folder, admin);
        while !serving.said().contains("protecting https://mcp.example.com/mcp") {
            assert!(serving.process.try_wait().unwrap().is_none(), "it ended early: {}", serving.said());
            std::thread::yield_now();
        }
        serving
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap()
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    fn asks(&self, request: &str, body: &str) -> String {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it as orchestrators do, and hands over what it leaves.
    fn stop(mut self) -> (tempfile::TempDir, String) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
        assert!(!self.socket().exists(), "its socket is gone with it");
        let said = self.said();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        fs::remove_file(folder.path().join("said")).unwrap();
        (folder, said)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// RS-17: revocations outlive the process that took them, and the token is in nobody's log.
#[test]
fn what_is_revoked_outlives_the_process_and_the_token_is_nowhere() {
    let file = "revocations_file = \"revocations.json\"";
    let serving = Serving::ready(tempfile::tempdir().unwrap(), file);
    assert!(serving.said().contains("revocations.json, 0 in effect"), "{}", serving.said());
    assert_eq!(fs::metadata(serving.socket()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(serving.asks("GET /metrics", "").starts_with("HTTP/1.1 200 OK"));
    let order = r#"{"issuer":"https://issuer.example","subject":"user-1"}"#;
    let answer = serving.asks("POST /revocations", order);
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    let (folder, said) = serving.stop();
    assert!(said.contains("user-1"), "whoever looks later finds who was meant");
    assert_eq!(said.lines().find(|line| line.contains(TOKEN)), None);

    let again = Serving::ready(folder, file);
    assert!(again.said().contains("revocations.json, 1 in effect"), "{}", again.said());
    assert!(again.asks("GET /revocations", "").contains("\"subject\":\"user-1\""));
    // Whoever was killed leaves its socket behind, and the next one takes its place.
    let mut again = again;
    again.process.kill().unwrap();
    again.process.wait().unwrap();
    assert!(again.socket().exists());
    let folder = std::mem::replace(&mut again.folder, tempfile::tempdir().unwrap());
    fs::remove_file(folder.path().join("said")).unwrap();
    drop(Serving::ready(folder, file));
}

#[test]
fn a_list_that_ends_with_the_process_says_so() {
    let serving = Serving::ready(tempfile::tempdir().unwrap(), "");
    let said = serving.said();
    assert!(
        said.contains("a restart forgets them") && said.contains("kept until this process ends"),
        "{said}"
    );
}

#[test]
fn a_list_that_is_cut_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("revocations.json");
    fs::write(&file, "{\"version\":1,\"next\":2,\"revocations\":[\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut serving = Serving::start(folder, "revocations_file = \"revocations.json\"");
    assert_eq!(serving.process.wait().unwrap().code(), Some(1));
    let said = serving.said();
    assert!(said.contains("revocations.json:2:") && said.contains("restore it from a copy"), "{said}");
    assert!(!serving.socket().exists());
}
