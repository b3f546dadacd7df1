//! `portcullis dev` as a client of the official SDK meets it: 401, metadata, registration, PKCE, sign-in, token, tools;
//! in both eras.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../../examples/scalekit_and_server/around.rs"]
mod around;
mod running;
mod step_up;

use around::Around;
use rmcp::{
    model::{CallToolRequestParams, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt as _},
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use running::{Dev, sign_in};
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

#[tokio::test]
async fn an_sdk_client_discovers_signs_in_and_calls_in_both_eras() {
    let dev = Dev::start();
    let redirect = "http://127.0.0.1:4199/callback";
    for lifecycle in [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ] {
        let mut state = OAuthState::new(dev.url(), None).await.unwrap();
        let request = AuthorizationRequest::new(redirect).with_client_name("a test");
        state.start_authorization(request).await.unwrap();
        let callback = sign_in(&state.get_authorization_url().await.unwrap(), "alice").await;
        assert!(callback.as_str().starts_with(redirect));
        state.handle_callback_url(callback.as_str()).await.unwrap();
        let manager = state.into_authorization_manager().unwrap();
        let transport = StreamableHttpClientTransport::with_client(
            AuthClient::new(reqwest::Client::new(), manager),
            StreamableHttpClientTransportConfig::with_uri(dev.url()),
        );
        let client = ().serve_with_lifecycle(transport, lifecycle.clone()).await.unwrap();
        let mut tools: Vec<_> =
            client.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name.to_string()).collect();
        tools.sort();
        assert_eq!(tools, ["create_todo", "delete_todo", "greet_user", "list_todos"], "{lifecycle:?}");
        let arguments = serde_json::json!({ "name": "Ada" }).as_object().cloned().unwrap();
        let call = CallToolRequestParams::new("greet_user").with_arguments(arguments);
        let result = client.call_tool(call).await.unwrap();
        let text = serde_json::to_string(&result).unwrap();
        assert!(text.contains("Hello, Ada!"), "{text}");
        client.cancel().await.unwrap();
    }
    let errors = dev.end();
    assert!(errors.contains(r#""target":"greet_user""#), "{errors}");
}

/// A pasted line works, a printed token may say less, and no token, code or verifier is ever written (RS-17).
#[tokio::test]
async fn printed_tokens_work_and_are_never_logged() {
    let dev = Dev::start();
    let pasted = dev.guide.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let reader = dev.token(&["--user", "bob", "--scope", "todo:read"]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let call = |host: &str, token: &str, tool: &str| {
        let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{{"title":"canary-argument"}},"_meta":{meta}}}}}"#
        );
        client
            .post(format!("http://{host}:{}/mcp?access_token=canary-query", dev.port))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .body(body)
            .send()
    };
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        assert_eq!(call(host, &pasted, "create_todo").await.unwrap().status(), 200, "{host}");
    }
    let refused = call("localhost", &reader, "create_todo").await.unwrap();
    assert_eq!(refused.status(), 403);
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains("insufficient_scope") && challenge.contains("scope=\"todo:write\""),
        "{challenge}"
    );
    assert_eq!(call("localhost", "canary-token", "create_todo").await.unwrap().status(), 401);
    let errors = dev.end();
    for secret in [pasted.as_str(), reader.as_str(), "canary-argument", "canary-query", "canary-token"] {
        let tail = secret.rsplit('.').next().unwrap();
        let line = errors.lines().find(|line| line.contains(tail));
        assert_eq!(line, None, "a secret was written");
    }
    assert!(errors.contains(r#""reason":"insufficient_scope""#) && errors.contains(r#""sub":"bob""#));
}

/// Somebody's own server behind it: the pasted line lists its tools, and nobody without a token gets that far.
#[tokio::test(flavor = "multi_thread")]
async fn protects_a_server_of_ones_own() {
    let around = Around::start(None).await;
    let dev = Dev::with(&["--upstream", &around.upstream()]);
    let pasted = dev.guide.lines().find(|line| line.trim_start().starts_with("curl ")).unwrap();
    let answer = Command::new("sh").args(["-c", pasted]).output().unwrap();
    let answer = String::from_utf8_lossy(&answer.stdout);
    assert!(answer.contains("greet_user"), "{answer}");
    let nobody = reqwest::Client::new().post(dev.url()).body("{}").send().await.unwrap();
    assert_eq!(nobody.status(), 401);
}

/// Not even a configuration that names it as its issuer lets its tokens in.
#[tokio::test]
async fn serve_never_trusts_dev() {
    let dev = Dev::start();
    let token = dev.token(&[]);
    let folder = tempfile::tempdir().unwrap();
    let issuer = format!("http://localhost:{}", dev.port);
    let mut serve = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    serve.current_dir(folder.path()).args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        "http://127.0.0.1:1/mcp",
    ]);
    serve.args(["--resource", &dev.url(), "--issuer", &issuer]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut process = serve.env_remove("PORT").spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains(" on 127.0.0.1:") {
        assert_ne!(log.read_line(&mut said).unwrap(), 0, "it ended early: {said}");
    }
    let address = said.rsplit(" on ").next().unwrap().trim();
    let request =
        reqwest::Client::builder().no_proxy().build().unwrap().post(format!("http://{address}/mcp"));
    let request = request.header("host", format!("localhost:{}", dev.port)).bearer_auth(token);
    let answer = request.header("content-type", "application/json").body("{}").send().await;
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(answer.unwrap().status(), 401);
}

/// One key a port, in a file for its owner alone; a restart orphans nobody.
#[test]
fn a_token_outlives_a_restart() {
    let dev = Dev::start();
    let before = dev.token(&[]);
    let after = dev.token(&[]);
    let kid = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_eq!(kid(&before), kid(&after));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = dev.state.path().join("portcullis").join(format!("dev-{}.p8", dev.port));
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
