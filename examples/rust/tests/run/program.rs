//! An example as a process of its own, and a client of it.

use reqwest::{Client, RequestBuilder, Response, header};
use serde_json::{Value, json};
use std::{
    env,
    fs::OpenOptions,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

/// What is registered at every issuer here. Where the process listens is another matter, as behind any proxy.
pub(crate) const RESOURCE: &str = "https://mcp.example.com/mcp";
const HOST: &str = "mcp.example.com";

/// A running example; gone when dropped.
pub(crate) struct Program {
    process: Child,
    url: String,
    client: Client,
    /// Whoever writes to a pipe that nobody holds ends.
    _said: BufReader<ChildStdout>,
}

/// What a client is told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) challenge: String,
    pub(crate) text: String,
}

impl Program {
    /// Starts it with these variables, and no others but where it listens.
    pub(crate) fn start(path: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(path);
        command.env_clear().env("PORT", "0").envs(variables.iter().copied());
        let mut process = command.stdout(Stdio::piped()).stderr(log_of(path)).spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("it says where").to_owned();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { process, url, client, _said: said }
    }

    /// What stands at this path, for whoever asks.
    pub(crate) async fn get(&self, path: &str) -> Told {
        told(self.client.get(format!("{}{path}", self.url)).header(header::HOST, HOST)).await
    }

    /// Calls a tool as a client of 2026-07-28 does.
    pub(crate) async fn call(&self, token: Option<&str>, tool: &str, arguments: Value) -> Told {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({ "_meta": meta, "name": tool, "arguments": arguments });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let request = self
            .post(token, &body)
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool);
        told(request).await
    }

    /// Calls a tool as an older client does, where the server keeps no sessions.
    pub(crate) async fn call_as_of_2025(&self, token: &str, tool: &str, arguments: Value) -> Told {
        let params = json!({ "name": tool, "arguments": arguments });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        told(self.post(Some(token), &body).header("mcp-protocol-version", "2025-11-25")).await
    }

    /// Whoever has no token, or none of this issuer's, is told where to get one.
    pub(crate) async fn sends_strangers_to(&self, issuer: &str, tool: &str) {
        for (token, error) in [(None, None), (Some("forged"), Some("invalid_token"))] {
            let told = self.call(token, tool, json!({})).await;
            assert_eq!(told.status, 401, "{told:?}");
            let metadata =
                r#"resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp""#;
            assert!(told.challenge.contains(metadata), "{told:?}");
            let said = told.challenge.split_once("error=\"").and_then(|(_, rest)| rest.split('"').next());
            assert_eq!(said, error, "{told:?}");
        }
        for path in ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"] {
            let told = self.get(path).await;
            let document: Value = serde_json::from_str(&told.text).unwrap();
            assert_eq!((told.status, &document["resource"]), (200, &json!(RESOURCE)), "{path}");
            assert_eq!(document["authorization_servers"], json!([issuer]), "{path}");
        }
    }

    fn post(&self, token: Option<&str>, body: &Value) -> RequestBuilder {
        let request = self
            .client
            .post(format!("{}/mcp", self.url))
            .header(header::HOST, HOST)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(body.to_string());
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

impl Told {
    /// It was let in, and the tool says this.
    pub(crate) fn says(&self, text: &str) {
        assert!(self.status == 200 && self.text.contains(text), "not {text:?}: {self:?}");
    }

    /// It lacks scopes, and is told which ones will do.
    pub(crate) fn steps_up_to(&self, scope: &str) {
        assert_eq!(self.status, 403, "{self:?}");
        assert!(self.challenge.contains(r#"error="insufficient_scope""#), "{self:?}");
        assert!(self.challenge.contains(&format!(r#"scope="{scope}""#)), "not {scope:?}: {self:?}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where what it says goes: to whoever looks for secrets in it afterwards (`.ci/run`), or nowhere.
fn log_of(path: &str) -> Stdio {
    let Some(folder) = env::var_os("PORTCULLIS_TRACE") else { return Stdio::null() };
    let name = Path::new(path).file_name().unwrap().to_str().unwrap();
    let log = Path::new(&folder).join(format!("log-{name}"));
    OpenOptions::new().create(true).append(true).open(log).unwrap().into()
}

async fn told(request: RequestBuilder) -> Told {
    let response: Response = request.send().await.unwrap();
    let challenge = response.headers().get(header::WWW_AUTHENTICATE);
    Told {
        status: response.status().as_u16(),
        challenge: challenge.map_or("", |value| value.to_str().unwrap()).to_owned(),
        text: response.text().await.unwrap(),
    }
}
