//! Against Scalekit's stand-in, as its users have it: a gateway started from the variables of their `.env`.

use crate::{
    around::Around,
    person::{self, Person, visit},
};
use portcullis_testing::scalekit::RESOURCE;
use std::{
    fs::{self, File},
    net::TcpListener,
    process::{Child, Command},
};

/// A gateway in front of the server that Scalekit's guides begin with.
pub(crate) struct Protected {
    process: Child,
    _folder: tempfile::TempDir,
    _around: Around,
    pub(crate) url: String,
}

impl Protected {
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let base = format!("http://localhost:{port}/");
        let around = Around::start(Some(base.clone())).await;
        let folder = tempfile::tempdir().unwrap();
        let variables = [
            ("PORT", port.to_string()),
            ("SCALEKIT_ENVIRONMENT_URL", around.scalekit.url().to_owned()),
            ("SCALEKIT_CLIENT_ID", "skc_1".to_owned()),
            ("SCALEKIT_CLIENT_SECRET", "a-client-secret-that-is-not-even-needed".to_owned()),
            ("SCALEKIT_RESOURCE_ID", RESOURCE.to_owned()),
            ("MCP_URL", base.clone()),
        ];
        let lines = variables.map(|(name, value)| format!("{name}='{value}'\n"));
        fs::write(folder.path().join(".env"), lines.concat()).unwrap();
        let said = File::create(folder.path().join("said")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["serve", "--upstream", &around.upstream()]).current_dir(folder.path());
        command.env_clear().stdout(said.try_clone().unwrap()).stderr(said);
        let url = format!("{base}mcp");
        let mut protected = Self { process: command.spawn().unwrap(), _folder: folder, _around: around, url };
        while !reqwest::get(format!("{base}ready")).await.is_ok_and(|it| it.status() == 200) {
            assert!(protected.process.try_wait().unwrap().is_none(), "it ended early");
            tokio::task::yield_now().await;
        }
        protected
    }
}

impl Drop for Protected {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_at_scalekit_and_calls() {
    let protected = Protected::start().await;
    let person = Person::new();
    let mut login = person.start(&["login", &protected.url, "--no-browser"]);
    let sent = visit(login.url().await).await;
    let callback = sent.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(visit(&callback).await.status(), 200);
    let said = login.end().await.good();
    said.keeps(&person::parameter(&callback.parse().unwrap(), "code"));
    said.keeps(person.login()["tokens"]["access_token"].as_str().unwrap());
    let called = person.run(&["call", &protected.url, "greet_user", "name=Ada"]).await.good();
    assert_eq!(called.out, "Hello, Ada!\n");
}
