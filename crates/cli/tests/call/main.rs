//! `portcullis call`, against `portcullis dev` and against a server of the older era: lists, values, results, and what is done
//! when the token will not do.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../login/person.rs"]
mod person;
#[path = "../login/provider.rs"]
mod provider;
#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "../dev/running.rs"]
mod running;
mod step_up;

use person::{Person, answer, visit};
use provider::Provider;
use running::{Dev, sign_in};
use serde_json::{Value, json};

/// Somebody who has signed in to `dev`.
async fn at(dev: &Dev, scope: &str) -> Person {
    let person = Person::new();
    let mut login = person.start(&["login", &dev.url(), "--no-browser", "--scope", scope]);
    visit(sign_in(login.url().await.as_str(), "alice").await).await;
    login.end().await.good();
    person
}

/// Somebody who has signed in to a server of the older era.
async fn at_old(provider: &Provider) -> Person {
    let person = Person::new();
    let mut login = person.start(&["login", &provider.url(), "--no-browser"]);
    let parameters = [("code", "good-code-0123456789"), ("iss", &provider.issuer())];
    visit(answer(&login.url().await, &parameters)).await;
    login.end().await.good();
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_listed_and_called_in_the_newest_era() {
    let dev = Dev::start();
    let person = at(&dev, "todo:read todo:write").await;
    let url = dev.url();
    let listed = person.run(&["call", &url]).await.good().out;
    for expected in
        ["create_todo\n", "    title  string, required", "    id  integer, required", "greet_user\n"]
    {
        assert!(listed.contains(expected), "{expected}: {listed}");
    }
    let listed: Value =
        serde_json::from_str(&person.run(&["call", &url, "--json"]).await.good().out).unwrap();
    assert_eq!(listed["tools"].as_array().unwrap().len(), 4);
    for (arguments, expected) in [
        (&["greet_user", "name=Ada"][..], "Hello, Ada!"),
        (&["create_todo", "title=3"], "Added"),
        (&["delete_todo", "id=1"], ""),
    ] {
        let said = person.run(&[&["call", &url], arguments].concat()).await.good();
        assert!(said.out.contains(expected), "{arguments:?}: {}", said.out);
        said.keeps(person.login()["tokens"]["access_token"].as_str().unwrap());
    }
    let said = person.run(&["call", &url, "greet_user", "name=Ada", "--json"]).await.good();
    let result: Value = serde_json::from_str(&said.out).unwrap();
    assert!(result["content"][0]["text"].as_str().unwrap().starts_with("Hello, Ada!"), "{result}");
    let errors = dev.end();
    assert!(errors.contains("server/discover") && !errors.contains("\"initialize\""), "the newest era");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_told_and_not_sent() {
    let dev = Dev::start();
    let person = at(&dev, "todo:read todo:write").await;
    for (arguments, code, expected) in [
        (&["delete_todo", "id=one"][..], 2, "id has to be a whole number"),
        (&["delete_todo"], 2, "cannot do without id"),
        (&["greet_user", "nam=Ada", "name=Ada"], 2, "did you mean name?"),
        (&["greet_user", "name"], 2, "KEY=VALUE"),
        (&["greet_usr", "name=Ada"], 1, "did you mean greet_user?"),
    ] {
        let said = person.run(&[&["call", &dev.url()], arguments].concat()).await;
        assert!(said.code == code && said.err.contains(expected), "{arguments:?}: {said:?}");
        assert_eq!(said.out, "");
    }
    assert!(!dev.end().contains("\"target\":\"delete_todo\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_login_it_says_how_to_get_one() {
    let dev = Dev::start();
    let person = Person::new();
    let said = person.run(&["call", &dev.url(), "list_todos"]).await;
    assert!(said.code == 1 && said.err.contains(&format!("portcullis login {}", dev.url())), "{said:?}");
    let token = dev.token(&[]);
    let said = person.run(&["call", &dev.url(), "list_todos", "--token", &token]).await.good();
    said.keeps(&token);
    let mut command = person.command(&["call", &dev.url(), "list_todos"]);
    command.env("PORTCULLIS_TOKEN", &token);
    // Where there is nothing to keep a login in, as in a job that was given a token.
    for name in ["PORTCULLIS_HOME", "XDG_STATE_HOME", "HOME"] {
        command.env_remove(name);
    }
    person::Running::of(command).end().await.good();
    let said = person.run(&["call", &dev.url(), "list_todos", "--token", "another-token-0123456789"]).await;
    assert!(said.code == 1 && said.err.contains("does not take this token"), "{said:?}");
    said.keeps("another-token-0123456789");
}

/// A server of 2025-06-18 without `server/discover`.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_older_era_is_called_too() {
    let provider = Provider::start().await;
    let person = at_old(&provider).await;
    let said = person.run(&["call", &provider.url(), "work", "times=3", "what=3"]).await.good();
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap(), json!({ "times": 3, "what": "3" }));
    let said = person.run(&["call", &provider.url(), "work", "more:=[1]"]).await.good();
    assert_eq!(said.out, "{\"more\":[1]}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_fails_ends_with_1_and_is_heard() {
    let provider = Provider::start().await;
    let person = at_old(&provider).await;
    provider.facts().tool = Some(json!({
        "isError": true,
        "content": [{ "type": "text", "text": "no \u{1b}[2J tea" }, { "type": "image", "mimeType": "image/png", "data": "AAAA" }],
    }));
    let said = person.run(&["call", &provider.url(), "work"]).await;
    assert_eq!(said.code, 1);
    assert_eq!(said.out, "no \\u{1b}[2J tea\n[image: image/png, 3 bytes; --json has them]\n");
    assert!(said.err.contains("failed"));
    let said = person.run(&["call", &provider.url(), "work", "--json"]).await;
    assert_eq!(
        (said.code, serde_json::from_str::<Value>(&said.out).unwrap()["isError"].clone()),
        (1, json!(true))
    );
    provider.facts().tool = Some(json!({ "content": [], "structuredContent": { "tea": 2 } }));
    let said = person.run(&["call", &provider.url(), "work"]).await.good();
    assert_eq!(said.out, "{\n  \"tea\": 2\n}\n");
}

/// A token that the server takes no more is renewed once; one it was shown is not repeated from its complaint.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_called_back_is_renewed_once() {
    let provider = Provider::start().await;
    let person = at_old(&provider).await;
    provider.facts().good.clear();
    person.run(&["call", &provider.url(), "work"]).await.good();
    assert_eq!(person.login()["tokens"]["access_token"], "access-token-0000000000000002");
    provider.facts().is_talkative = true;
    let said = person.run(&["call", &provider.url(), "work"]).await;
    assert!(said.code == 1 && said.err.contains("I was shown (secret)\\u{1b}[2J"), "{said:?}");
    said.keeps("access-token-0000000000000002");
}

#[tokio::test]
async fn nobody_there_is_told_with_2() {
    let said = Person::new().run(&["call", "http://127.0.0.1:1/mcp", "x"]).await;
    assert!(said.code == 2 && said.err.contains("cannot be reached"), "{said:?}");
}
