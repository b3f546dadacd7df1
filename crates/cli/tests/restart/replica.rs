//! One `portcullis serve`, as an operator starts and stops it.

use std::{
    fs::{self, File},
    net::TcpListener,
    process::{Child, Command, ExitStatus},
};

/// What all replicas share.
pub(crate) struct Settings {
    pub(crate) identifier: String,
    pub(crate) upstream: String,
    pub(crate) jwks: String,
    pub(crate) drain_delay: u64,
}

/// A process at a port of its own, which it keeps across restarts.
pub(crate) struct Replica {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Replica {
    pub(crate) fn start(settings: &Settings) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let Settings { identifier, upstream, jwks, drain_delay } = settings;
        let file = format!(
            r#"
            listen = ["127.0.0.1:{port}"]
            limits = {{ drain_delay_seconds = {drain_delay} }}
            [[resource]]
            identifier = "{identifier}"
            upstream = "{upstream}"
            default = "authenticated"
            [[resource.issuer]]
            issuer = "https://issuer.example"
            jwks_uri = "{jwks}"
            "#
        );
        fs::write(folder.path().join("portcullis.toml"), file).unwrap();
        Self { process: spawn(&folder), port, folder }
    }

    pub(crate) fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `TERM`, as orchestrators say it, or `INT`, as Ctrl-C does.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            tokio::task::yield_now().await;
        }
    }

    /// The next process, at the same place.
    pub(crate) fn start_again(&mut self) {
        self.process = spawn(&self.folder);
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap()
    }
}

fn spawn(folder: &tempfile::TempDir) -> Child {
    let said = File::options().append(true).create(true).open(folder.path().join("said")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.arg("serve").current_dir(folder.path()).env_clear();
    command.env("PORTCULLIS_SESSION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    command.stdout(said.try_clone().unwrap()).stderr(said).spawn().unwrap()
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
