//! `portcullis login`, with a person's browser played by the test: against `portcullis dev`, against the Scalekit stand-in behind
//! `portcullis serve`, and against servers that mean no good.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../../examples/scalekit_and_server/around.rs"]
mod around;
mod attacks;
mod clients;
mod kept;
mod person;
mod provider;
#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "../dev/running.rs"]
mod running;
mod scalekit;

use person::{Person, visit};
use running::{Dev, sign_in};

/// CL-01, CL-02, CL-05, CL-06, CL-09
#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_to_dev_and_the_login_is_kept() {
    let dev = Dev::start();
    let person = Person::new();
    let mut login = person.start(&["login", &dev.url(), "--no-browser", "--scope", "todo:read"]);
    let asked = login.url().await;
    for (name, expected) in [
        ("code_challenge_method", "S256"),
        ("scope", "todo:read"),
        ("resource", &dev.url()),
        ("response_type", "code"),
    ] {
        assert_eq!(person::parameter(&asked, name), expected);
    }
    let callback = sign_in(asked.as_str(), "bob").await;
    let page = visit(&callback).await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["cache-control"], "no-store");
    let page = page.text().await.unwrap();
    assert!(page.contains("You may close this window"), "{page}");
    let said = login.end().await.good();
    for expected in ["Signed in to", "bob", "todo:read", "minutes", "http://localhost"] {
        assert!(said.out.contains(expected), "{expected}: {}", said.out);
    }
    assert!(said.err.contains("TRACE"), "all there is to say was said");
    let kept = person.login();
    for secret in ["access_token", "refresh_token"] {
        said.keeps(kept["tokens"][secret].as_str().unwrap());
    }
    said.keeps(&person::parameter(&callback, "code"));
    assert!(!page.contains(&person::parameter(&callback, "code")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&person.login_file()), 0o600);
        assert_eq!(mode(person.login_file().parent().unwrap()), 0o700);
    }
}

/// The token alone, from the login that is there; another sign-in where it lacks a scope.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_printed_only_when_asked_for() {
    let dev = Dev::start();
    let person = Person::new();
    let arguments = ["login", &dev.url(), "--no-browser", "--print-token", "--scope", "todo:read"];
    let mut login = person.start(&arguments);
    visit(sign_in(login.url().await.as_str(), "alice").await).await;
    let printed = login.end().await.good().out;
    let kept = person.login();
    assert_eq!(printed.trim_end(), kept["tokens"]["access_token"].as_str().unwrap());
    assert_eq!(person.run(&arguments).await.good().out, printed, "nobody has to sign in again");
    let mut more =
        person.start(&["login", &dev.url(), "--no-browser", "--print-token", "--scope", "todo:write"]);
    visit(sign_in(more.url().await.as_str(), "alice").await).await;
    assert_ne!(more.end().await.good().out, printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_forgotten() {
    let dev = Dev::start();
    let person = Person::new();
    let mut login = person.start(&["login", &dev.url(), "--no-browser"]);
    visit(sign_in(login.url().await.as_str(), "alice").await).await;
    login.end().await.good();
    let file = person.login_file();
    assert!(person.run(&["login", "--forget", &dev.url()]).await.good().err.contains("forgotten"));
    assert!(!file.exists());
    assert!(person.run(&["login", "--forget", &dev.url()]).await.good().err.contains("there is no login"));
}

/// The person says no, and is told who did.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_at_the_sign_in_page_is_told() {
    let provider = provider::Provider::start().await;
    let person = Person::new();
    let mut login = person.start(&["login", &provider.url(), "--no-browser"]);
    let asked = login.url().await;
    let refused = [
        ("error", "access_denied"),
        ("error_description", "not today\u{1b}[2J"),
        ("iss", &provider.issuer()),
    ];
    visit(person::answer(&asked, &refused)).await;
    let said = login.end().await;
    assert_eq!(said.code, 1);
    assert!(said.err.contains("access_denied: not today\\u{1b}[2J"), "{}", said.err);
    assert!(provider.facts().forms.is_empty());
}

#[tokio::test]
async fn what_cannot_be_used_is_told_with_its_remedy() {
    let person = Person::new();
    let long = format!("https://mcp.example/{}", "x".repeat(400));
    for (arguments, expected) in [
        (&["http://mcp.example/mcp"][..], "use an https URL"),
        (&["mcp.example"], "not the http or https URL"),
        (&["https://mcp.example/mcp", "--scope", "a\"b"], "--scope"),
        (
            &["https://mcp.example/mcp", "--client-metadata-url", "http://app.example/c.json"],
            "https URL of a document",
        ),
        (&["https://mcp.example/mcp", "--client-id", "a", "--client-secret-file", "/nowhere"], "/nowhere"),
        (&[long.as_str()], "too long"),
        (&["http://127.0.0.1:1/mcp"], "http://127.0.0.1:1/mcp cannot be reached"),
        (&["https://mcp.example/mcp", "--client-secret", "s"], "unexpected argument"),
    ] {
        let said = person.run(&[&["login", "--no-browser"], arguments].concat()).await;
        assert!(said.code == 2 && said.err.contains(expected), "{arguments:?}: {said:?}");
    }
}
