//! Scopes that are missing: somebody signs in again for those and the ones that were there, if anybody is there to do it.

use crate::{
    at, at_old,
    person::{answer, parameter, visit},
    provider::Provider,
    running::{Dev, sign_in},
};

/// CL-07: the union, and the call goes on.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_for_more_and_the_call_is_made() {
    let dev = Dev::start();
    let person = at(&dev, "todo:read").await;
    let mut call = person.start(&["call", &dev.url(), "create_todo", "title=tea", "--no-browser"]);
    let asked = call.url().await;
    assert_eq!(parameter(&asked, "scope"), "todo:read todo:write");
    visit(sign_in(asked.as_str(), "alice").await).await;
    let said = call.end().await.good();
    assert!(said.out.starts_with("Added") && said.err.contains("todo:write"), "{said:?}");
    person.run(&["call", &dev.url(), "list_todos"]).await.good();
    person.run(&["call", &dev.url(), "create_todo", "title=milk"]).await.good();
}

/// Without a terminal nobody is sent anywhere, and the command to type is there, safe to copy.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_it_says_what_to_type() {
    let dev = Dev::start();
    let person = at(&dev, "todo:read").await;
    let said = person.run(&["call", &dev.url(), "create_todo", "title=tea"]).await;
    let expected = format!("portcullis login {} --scope 'todo:read todo:write'", dev.url());
    assert!(said.code == 1 && said.err.contains(&expected), "{said:?}");
    let token = dev.token(&["--scope", "todo:read"]);
    let said = person.run(&["call", &dev.url(), "create_todo", "title=tea", "--token", &token]).await;
    assert!(said.code == 1 && said.err.contains("--scope todo:write --print-token"), "{said:?}");
    let provider = Provider::start().await;
    let person = at_old(&provider).await;
    provider.facts().needs = Some("$(id)'`");
    let said = person.run(&["call", &provider.url(), "work"]).await;
    assert!(said.code == 1 && said.err.contains(r"--scope '$(id)'\''` todo:read'"), "{said:?}");
}

/// CL-07: "a few times". What is not granted is not asked for again, and a server that is never content is left.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_round_in_circles() {
    let provider = Provider::start().await;
    let person = at_old(&provider).await;
    provider.facts().needs = Some("todo:admin");
    provider.facts().grants = Some("todo:read");
    let arguments = ["call", &provider.url(), "work", "--no-browser"];
    let sign_in = [("code", "good-code-0123456789"), ("iss", &provider.issuer())];
    let mut call = person.start(&arguments);
    visit(answer(&call.url().await, &sign_in)).await;
    let said = call.end().await;
    assert!(said.code == 1 && said.err.contains("todo:admin, which was not granted"), "{said:?}");
    // It is granted each time, and each time there is something else.
    let mut call = person.start(&arguments);
    for (granted, next) in [
        ("todo:read todo:admin", "todo:one"),
        ("todo:read todo:admin todo:one", "todo:two"),
        ("todo:read todo:admin todo:one todo:two", "todo:three"),
    ] {
        let asked = call.url().await;
        provider.facts().grants = Some(granted);
        provider.facts().needs = Some(next);
        visit(answer(&asked, &sign_in)).await;
    }
    let said = call.end().await;
    assert!(said.code == 1 && said.err.contains("after 3 sign-ins"), "{said:?}");
}
