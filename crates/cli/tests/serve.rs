//! `portcullis serve` from nothing but the `.env` of Scalekit's guides, as a client of the official SDK meets it: it finds
//! Scalekit (its stand-in), registers, signs in there, and calls a tool of a server that knows nothing of OAuth.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../examples/scalekit_and_server/around.rs"]
mod around;

use around::Around;
use portcullis_testing::scalekit::RESOURCE;
use rmcp::{
    model::{CallToolRequestParams, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt as _},
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use std::{
    fs::{self, File},
    net::TcpListener,
    process::{Child, Command},
};

const CLIENT_SECRET: &str = "a-client-secret-that-is-not-even-needed";

struct Serving {
    process: Child,
    folder: tempfile::TempDir,
}

impl Serving {
    /// Starts it with these variables in a `.env`, and waits until it is ready.
    async fn start(port: u16, variables: &[(&str, String)], upstream: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port_variable = [("PORT", port.to_string()), ("SK_CLIENT_SECRET", CLIENT_SECRET.to_owned())];
        let lines: Vec<_> = variables
            .iter()
            .chain(&port_variable)
            .map(|(name, value)| format!("{name}='{value}'\n"))
            .collect();
        fs::write(folder.path().join(".env"), lines.concat()).unwrap();
        let said = File::create(folder.path().join("said")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["serve", "--upstream", upstream]).current_dir(folder.path());
        command.env_clear().env("PORTCULLIS_LOG", "trace").stdout(said.try_clone().unwrap()).stderr(said);
        let mut serving = Self { process: command.spawn().unwrap(), folder };
        while !reqwest::get(format!("http://localhost:{port}/ready")).await.is_ok_and(|it| it.status() == 200)
        {
            assert!(serving.process.try_wait().unwrap().is_none(), "it ended early: {}", serving.said());
            tokio::task::yield_now().await;
        }
        serving
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The whole flow in one era; everything secret that the client saw.
async fn greeted(url: &str, lifecycle: ClientLifecycleMode) -> Vec<String> {
    let redirect = "http://127.0.0.1:4199/callback";
    let mut state = OAuthState::new(url, None).await.unwrap();
    state.start_authorization(AuthorizationRequest::new(redirect).with_client_name("a test")).await.unwrap();
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let answer = browser.get(state.get_authorization_url().await.unwrap()).send().await.unwrap();
    let callback: url::Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    assert!(callback.as_str().starts_with(redirect), "{callback}");
    state.handle_callback_url(callback.as_str()).await.unwrap();
    let manager = state.into_authorization_manager().unwrap();
    let token = manager.get_access_token().await.unwrap();
    let transport = StreamableHttpClientTransport::with_client(
        AuthClient::new(reqwest::Client::new(), manager),
        StreamableHttpClientTransportConfig::with_uri(url),
    );
    let client = ().serve_with_lifecycle(transport, lifecycle).await.unwrap();
    let arguments = serde_json::json!({ "name": "Ada" }).as_object().cloned().unwrap();
    let call = CallToolRequestParams::new("greet_user").with_arguments(arguments);
    let text = serde_json::to_string(&client.call_tool(call).await.unwrap()).unwrap();
    assert!(text.contains("Hello, Ada!"), "{text}");
    client.cancel().await.unwrap();
    let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    vec![token.rsplit('.').next().unwrap().to_owned(), code]
}

async fn greeted_in_both_eras(url: &str, serving: &Serving) {
    let mut secrets = vec![CLIENT_SECRET.to_owned()];
    for lifecycle in [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ] {
        secrets.extend(greeted(url, lifecycle).await);
    }
    let said = serving.said();
    assert!(said.contains(r#""target":"greet_user""#) && said.contains("TRACE"), "{said}");
    for secret in secrets {
        assert_eq!(said.lines().find(|line| line.contains(&secret)), None, "a secret was written");
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Pattern A: the Server URL is a whole host; the metadata is the dashboard's.
#[tokio::test]
async fn starts_from_the_variables_of_fastapi_with_scalekits_sdk() {
    let port = free_port();
    let url = format!("http://localhost:{port}/");
    let around = Around::start(Some(url.clone())).await;
    let environment = around.scalekit.url();
    let metadata = serde_json::json!({
        "authorization_servers": [format!("{environment}/resources/{RESOURCE}")],
        "bearer_methods_supported": ["header"],
        "resource": url,
        "scopes_supported": ["todo:read", "todo:write"],
    });
    let variables = [
        ("SK_ENV_URL", environment.to_owned()),
        ("SK_CLIENT_ID", "skc_1".to_owned()),
        ("EXPECTED_AUDIENCE", url.clone()),
        ("PROTECTED_RESOURCE_METADATA", metadata.to_string()),
    ];
    let serving = Serving::start(port, &variables, &around.upstream()).await;
    greeted_in_both_eras(&url, &serving).await;
}

/// Pattern B: the endpoint is `mcp` under the base URL.
#[tokio::test]
async fn starts_from_the_variables_of_fastmcp_with_its_scalekit_provider() {
    let port = free_port();
    let base = format!("http://localhost:{port}/");
    let around = Around::start(Some(base.clone())).await;
    let variables = [
        ("SCALEKIT_ENVIRONMENT_URL", around.scalekit.url().to_owned()),
        ("SCALEKIT_CLIENT_ID", "skc_1".to_owned()),
        ("SCALEKIT_RESOURCE_ID", RESOURCE.to_owned()),
        ("MCP_URL", base.clone()),
    ];
    let serving = Serving::start(port, &variables, &around.upstream()).await;
    greeted_in_both_eras(&format!("{base}mcp"), &serving).await;
}
