//! `portcullis policy suggest`: rules from what a server lists, also from a server that would rather write them itself.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../examples/scalekit_and_server/around.rs"]
mod around;

use around::Around;
use axum::{
    Router,
    extract::{Json, Request},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use portcullis_testing::{LoopbackServer, serve};
use serde_json::{Value, json};
use std::{
    fs,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

const BINARY: &str = env!("CARGO_BIN_EXE_portcullis");

async fn portcullis(arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_remove("PORTCULLIS_TOKEN").env("PORTCULLIS_LOG", "trace");
    // Beside the servers it talks to.
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn suggested(arguments: &[&str]) -> String {
    let output = portcullis(&[&["policy", "suggest"], arguments].concat()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).unwrap()
}

async fn complaint(arguments: &[&str]) -> String {
    let output = portcullis(&[&["policy", "suggest"], arguments].concat()).await;
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"", "nothing half is written");
    String::from_utf8(output.stderr).unwrap()
}

/// What `config validate` and `config show` make of the suggestion.
async fn in_force(suggestion: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portcullis.toml");
    let before = "[[resource]]\nidentifier = \"https://mcp.example.com/mcp\"\nupstream = \"http://127.0.0.1:1/mcp\"\n\
                  [[resource.issuer]]\nissuer = \"https://issuer.example\"\n";
    fs::write(&path, format!("{before}{suggestion}")).unwrap();
    let run = async |what: &str| {
        let output = portcullis(&["config", what, "--config", path.to_str().unwrap()]).await;
        assert!(output.status.success(), "{}\n{suggestion}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    (run("validate").await, run("show").await)
}

/// A server of the older era, whose lists are these pages.
async fn legacy(
    lists: impl Fn(&str, Option<&str>) -> Option<Value> + Clone + Send + Sync + 'static,
) -> LoopbackServer {
    let app = Router::new().fallback(move |request: Request| {
        let lists = lists.clone();
        async move {
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            let message: Value = serde_json::from_slice(&body).unwrap_or_default();
            let (method, id) = (message["method"].as_str().unwrap_or_default(), &message["id"]);
            let result = match method {
                "" => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
                "initialize" => Some(json!({
                    "protocolVersion": "2025-06-18",
                    "capabilities": { "tools": {}, "prompts": {}, "resources": {} },
                    "serverInfo": { "name": "To\"do\n[x]", "version": "1" },
                })),
                _ if id.is_null() => return StatusCode::ACCEPTED.into_response(),
                _ => lists(method, message["params"]["cursor"].as_str()),
            };
            Json(match result {
                Some(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
                None => json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "no" } }),
            })
            .into_response()
        }
    });
    serve(app).await
}

fn tool(name: &str, description: &str, annotations: Value) -> Value {
    json!({
        "name": name, "description": description, "annotations": annotations,
        "inputSchema": { "type": "object" },
    })
}

#[tokio::test]
async fn a_server_of_either_era_gets_rules_that_hold() {
    let around = Around::start(None).await;
    let modern = suggested(&[&around.upstream(), "--name", "greeter"]).await;
    assert!(
        modern.contains("\n# Greets somebody by name.\ngreet_user = [\"greeter:write\"] # does not say"),
        "{modern}"
    );
    let (verdict, _) = in_force(&modern).await;
    assert_eq!(verdict, "the configuration is good; 3 tests of its rules passed\n");

    let server = legacy(|method, cursor| match (method, cursor) {
        ("tools/list", None) => Some(json!({
            "tools": [tool("list_todos", "Lists.", json!({ "readOnlyHint": true }))], "nextCursor": "2",
        })),
        ("tools/list", Some("2")) => Some(json!({ "tools": [
            tool("add_todo", "Adds.", json!({ "readOnlyHint": false, "destructiveHint": false })),
            tool("delete_todo", "Deletes.", json!({ "destructiveHint": true })),
            tool("both", "Says both.", json!({ "readOnlyHint": true, "destructiveHint": true })),
        ] })),
        ("prompts/list", _) => Some(json!({ "prompts": [{ "name": "summary", "description": "Sums up." }] })),
        ("resources/list", _) => Some(json!({ "resources": [{ "uri": "todo://lists/1", "name": "one" }] })),
        ("resources/templates/list", _) => {
            Some(json!({ "resourceTemplates": [{ "uriTemplate": "todo://lists/{id}", "name": "any" }] }))
        }
        _ => None,
    })
    .await;
    let text = suggested(&[&format!("{}/mcp", server.url())]).await;
    for line in [
        "[resource.tools]\n# Lists.\nlist_todos = [\"to-do--x:read\"]\n",
        "# Adds.\nadd_todo = [\"to-do--x:write\"]\n",
        "# Deletes.\ndelete_todo = [\"to-do--x:write\"] # DESTRUCTIVE, in its own words\n",
        "both = [\"to-do--x:write\"] # DESTRUCTIVE",
        "[resource.prompts]\n# Sums up.\nsummary = [\"to-do--x:read\"]\n",
        "[resource.resources]\n\"todo://lists/1\" = [\"to-do--x:read\"]\n\"todo://lists/{id}\" = [\"to-do--x:read\"]\n",
        "[[resource.test]]\ntool = \"delete_todo\"\nscopes = [\"to-do--x:read\"]\nexpect = \"insufficient_scope\"\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let (verdict, _) = in_force(&text).await;
    assert_eq!(verdict, "the configuration is good; 7 tests of its rules passed\n");
}

/// The server's words are words: they end no line, open no table, move no cursor, and widen no rule.
#[tokio::test]
async fn a_server_cannot_write_its_own_rules() {
    let escape = "Fine.\u{1b}]0;x\u{7}\u{202e}";
    let server = legacy(move |method, _| match method {
        "tools/list" => Some(json!({ "tools": [
            tool("a\"] = []\nb = [", "x\r\n\"*\" = []\n", json!({ "readOnlyHint": true })),
            tool("*", "All of them.", json!({ "readOnlyHint": true })),
            tool("get_*", "Some.\u{2028}\"*\" = []", json!({ "readOnlyHint": true })),
            tool("twice", escape, json!({ "readOnlyHint": true })),
            tool("twice", "again", json!({ "destructiveHint": true })),
            tool("", "nothing", json!({})),
            tool("no_tool_has_this_name", "clever", json!({})),
            tool("l\u{456}st", "looks like list", json!({})),
        ] })),
        "resources/list" => Some(json!({ "resources": [
            { "uri": "todo://{+all}", "name": "x" }, { "uri": "todo://*", "name": "x" },
            { "uri": "todo://a\"b", "name": "x" },
        ] })),
        "resources/templates/list" => Some(json!({ "resourceTemplates": [
            { "uriTemplate": "{+anything}", "name": "x" }, { "uriTemplate": "todo://*{id}", "name": "x" },
            { "uriTemplate": "file:///{+path}", "name": "x" }, { "uriTemplate": "x://{a}*", "name": "x" },
            { "uriTemplate": "todo://{id}", "name": "x" }, { "uriTemplate": "todo://files/{+path}", "name": "x" },
        ] })),
        _ => None,
    })
    .await;
    let text = suggested(&[&format!("{}/mcp", server.url()), "--name", "t"]).await;
    assert!(text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{text:?}");
    let (verdict, shown) = in_force(&text).await;
    assert!(verdict.contains("tests of its rules passed"), "{verdict}");
    let rules = |of: &str| {
        let after = shown.split(&format!("[resource.{of}]\n")).nth(1).unwrap();
        let lines = after.lines().take_while(|line| !line.is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let tools = rules("tools");
    assert_eq!(tools.len(), 4, "{shown}");
    for rule in ["no_tool_has_this_name = [\"t:write\"]", "twice = [\"t:write\"]", "\"lіst\" = [\"t:write\"]"]
    {
        assert!(tools.iter().any(|line| line == rule), "{rule}: {shown}");
    }
    assert!(text.contains("\n# x\n\"a\\\"] = []\\u000Ab = [\" = [\"t:read\"]\n"), "{text}");
    let read = |uri: &str| format!("{uri} = [\"t:read\"]");
    let expected = ["'todo://a\"b'", "\"todo://files/{+path}\"", "\"todo://{id}\""];
    assert_eq!(rules("resources"), expected.map(read));
}

#[tokio::test]
async fn a_list_without_end_is_cut_and_says_so() {
    let server = legacy(|method, _| {
        (method == "tools/list").then(|| {
            json!({
                "tools": (0..100).map(|n| tool(&format!("t{n}"), "x", json!({}))).collect::<Vec<_>>(),
                "nextCursor": "again",
            })
        })
    })
    .await;
    let text = suggested(&[&format!("{}/mcp", server.url())]).await;
    assert!(text.contains("NOT COMPLETE") && text.lines().count() < 500, "{text}");
}

/// What proves who asks goes to the server that was named, over a line that nobody reads.
#[tokio::test]
async fn a_token_goes_to_its_server_and_nowhere_else() {
    let elsewhere: Arc<Mutex<usize>> = Arc::default();
    let (seen, count) = (Arc::new(Mutex::new(Vec::new())), elsewhere.clone());
    let other = serve(Router::new().fallback(move || {
        *count.lock().unwrap() += 1;
        async { StatusCode::OK }
    }))
    .await;
    let (record, location) = (seen.clone(), other.url().to_owned());
    let server = serve(Router::new().fallback(move |request: Request| {
        let headers = request.headers();
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        record.lock().unwrap().push((text("authorization"), text("x-key")));
        let answer: Response =
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location.clone())]).into_response();
        async { answer }
    }))
    .await;
    let url = server.url();
    let arguments = [url.as_str(), "--token", "s3cret-token", "--header", "X-Key: s3cret-key"];
    let said = complaint(&arguments).await;
    assert!(!said.contains("s3cret"), "{said}");
    assert_eq!(seen.lock().unwrap()[0], (Some("Bearer s3cret-token".into()), Some("s3cret-key".into())));
    assert_eq!(*elsewhere.lock().unwrap(), 0);
    for (arguments, expected) in [
        (vec!["http://mcp.example/mcp", "--token", "s3cret"], "in the clear"),
        (vec!["http://mcp.example/mcp", "--header", "X-Key: s3cret"], "in the clear"),
        (vec!["https://u:s3cret@mcp.example/mcp"], "user information"),
        (vec!["ftp://mcp.example/mcp"], "is not the http or https URL"),
        (vec!["http://127.0.0.1:1/mcp", "--header", "s3cret"], "not of the form"),
        (vec!["http://127.0.0.1:1/mcp", "--header", "X: s3cret\n"], ""),
        (vec!["http://127.0.0.1:1/mcp", "--header", "X Y: s3cret"], "does not begin with the name"),
        (vec!["http://127.0.0.1:1/mcp", "--header", "X: a\u{1}s3cret"], "cannot be sent"),
    ] {
        let said = complaint(&arguments).await;
        assert!(said.contains(expected) && !said.contains("s3cret"), "{arguments:?}: {said}");
    }
}
