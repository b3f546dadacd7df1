//! A running `portcullis dev`, and a person at its sign-in page.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};
use url::{Url, form_urlencoded};

/// A running server with a state folder of its own; ends with the test.
pub(crate) struct Dev {
    process: Child,
    pub(crate) port: u16,
    pub(crate) state: tempfile::TempDir,
    pub(crate) guide: String,
}

impl Dev {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// With these parameters more.
    pub(crate) fn with(more: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let state = tempfile::tempdir().unwrap();
        // A file takes any amount; a pipe that nobody reads would stop the server.
        let errors = File::create(state.path().join("errors")).unwrap();
        let mut process =
            command(&state, port).args(more).stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut guide = String::new();
        while !guide.contains("Ctrl-C") {
            assert_ne!(out.read_line(&mut guide).unwrap(), 0, "it ended early: {guide}");
        }
        Self { process, port, state, guide }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}/mcp", self.port)
    }

    pub(crate) fn token(&self, more: &[&str]) -> String {
        let output = command(&self.state, self.port).arg("--print-token").args(more).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Ends it, and gives back what it wrote on standard error.
    pub(crate) fn end(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        fs::read_to_string(self.state.path().join("errors")).unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(state: &tempfile::TempDir, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(["dev", "--port", &port.to_string()]);
    command.env("XDG_STATE_HOME", state.path()).env("PORTCULLIS_LOG", "trace");
    command
}

/// What a person does in a browser: reads the page, picks a user, allows; the address they are sent to.
pub(crate) async fn sign_in(url: &str, user: &str) -> Url {
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let page = browser.get(url).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let html = page.text().await.unwrap();
    assert!(html.contains("Development only"));
    let hidden = |name: &str| {
        let after = html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("request", hidden("request").as_str()),
            ("csrf", &hidden("csrf")),
            ("user", user),
            ("decision", "allow"),
        ])
        .finish();
    let action = Url::parse(url).unwrap().join("/oauth/authorize").unwrap();
    let post = |cookie: &str| {
        let request =
            browser.post(action.clone()).header("content-type", "application/x-www-form-urlencoded");
        request.header("cookie", cookie.to_owned()).body(form.clone()).send()
    };
    assert_eq!(post("portcullis_dev_csrf=other").await.unwrap().status(), 403, "another browser");
    let answer = post(&cookie).await.unwrap();
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().parse().unwrap()
}
