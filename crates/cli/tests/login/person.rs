//! Somebody at a terminal, with a home of their own, and a browser beside it.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStderr, Command, Stdio},
    time::Duration,
};
use tokio::{task::spawn_blocking, time::timeout};
use url::Url;

/// Turns a hang into a failure.
const LONG: Duration = Duration::from_secs(120);

/// Has a home of their own.
pub(crate) struct Person {
    pub(crate) home: tempfile::TempDir,
}

/// What a command said, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A command that is not done.
pub(crate) struct Running {
    child: Child,
    errors: Option<BufReader<ChildStderr>>,
    said: String,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(arguments).env("PORTCULLIS_HOME", self.home.path()).env("PORTCULLIS_LOG", "trace");
        command.env_remove("PORTCULLIS_TOKEN").env_remove("PORTCULLIS_CLIENT_SECRET");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::of(self.command(arguments))
    }

    /// To its end, with nobody to sign in.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Said {
        self.start(arguments).end().await
    }

    /// The file that is kept, and nothing else but its lock.
    pub(crate) fn login_file(&self) -> std::path::PathBuf {
        let files = std::fs::read_dir(self.home.path().join("logins")).unwrap();
        let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_none_or(|extension| extension != "lock"));
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    pub(crate) fn login(&self) -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(self.login_file()).unwrap()).unwrap()
    }

    /// Changes what is kept, as time would.
    pub(crate) fn change_login(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut login = self.login();
        change(&mut login);
        // Into the same file, whose mode stays.
        std::fs::write(self.login_file(), login.to_string()).unwrap();
    }
}

impl Running {
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let errors = child.stderr.take().map(BufReader::new);
        Self { child, errors, said: String::new() }
    }

    /// Reads standard error until a line ends with this.
    pub(crate) async fn says(&mut self, wanted: &'static str) {
        self.until(move |line| line.trim_end().ends_with(wanted)).await;
    }

    /// Reads standard error until there is such a line; that line.
    async fn until(&mut self, is_wanted: impl Fn(&str) -> bool + Send + 'static) -> String {
        let mut errors = self.errors.take().unwrap();
        let reading = spawn_blocking(move || {
            let mut said = String::new();
            loop {
                let mut line = String::new();
                let length = errors.read_line(&mut line).unwrap();
                said += &line;
                if length == 0 || is_wanted(&line) {
                    return (errors, said, line);
                }
            }
        });
        let (errors, said, line) = timeout(LONG, reading).await.expect("it says so").unwrap();
        self.errors = Some(errors);
        self.said += &said;
        assert!(!line.is_empty(), "it never said so: {}", self.said);
        line
    }

    /// Where somebody has to sign in.
    pub(crate) async fn url(&mut self) -> Url {
        self.until(|line| line.starts_with("  http")).await.trim().parse().unwrap()
    }

    pub(crate) async fn end(mut self) -> Said {
        let (mut errors, mut out) = (self.errors.take().unwrap(), self.child.stdout.take().unwrap());
        let reading = spawn_blocking(move || {
            let (mut err, mut text) = (String::new(), String::new());
            out.read_to_string(&mut text).unwrap();
            errors.read_to_string(&mut err).unwrap();
            (text, err)
        });
        let (out, err) = timeout(LONG, reading).await.expect("it ends").unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        Said { code, out, err: std::mem::take(&mut self.said) + &err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    /// Of a command that did what it was asked.
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// Nothing that was said has this in it.
    pub(crate) fn keeps(&self, secret: &str) {
        portcullis_testing::secret(secret);
        assert!(!self.out.contains(secret) && !self.err.contains(secret), "a secret was said");
    }
}

/// A parameter of a URL.
pub(crate) fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("{name} in {url}")).1.into_owned()
}

/// A browser that goes where it is told, once.
pub(crate) async fn visit(url: impl AsRef<str>) -> reqwest::Response {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    browser.build().unwrap().get(url.as_ref()).send().await.unwrap()
}

/// The callback that a sign-in waits on, with these parameters beside the state.
pub(crate) fn answer(asked: &Url, parameters: &[(&str, &str)]) -> Url {
    let mut callback: Url = parameter(asked, "redirect_uri").parse().unwrap();
    callback.query_pairs_mut().extend_pairs(parameters).append_pair("state", &parameter(asked, "state"));
    callback
}
