//! Through which client somebody signs in: one that was given, a metadata document, one that is registered.

use crate::{
    person::{Person, Said, answer, parameter, visit},
    provider::Provider,
};
use serde_json::json;
use url::Url;

const SECRET: &str = "a-client-secret-of-some-length";
const DOCUMENT: &str = "https://app.example/client.json";

/// Signs in; what was asked, and what was said.
async fn sign_in(provider: &Provider, person: &Person, more: &[&str], secret: Option<&str>) -> (Url, Said) {
    let mut command = person.command(&[&["login", &provider.url(), "--no-browser"], more].concat());
    command.envs(secret.map(|secret| ("PORTCULLIS_CLIENT_SECRET", secret)));
    let mut login = crate::person::Running::of(command);
    let asked = login.url().await;
    visit(answer(&asked, &[("code", "good-code-0123456789"), ("iss", &provider.issuer())])).await;
    (asked, login.end().await.good())
}

/// The secret comes from the environment or a file, is shown to the token endpoint, and to nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_given_keeps_its_secret() {
    let provider = Provider::start().await;
    let person = Person::new();
    let file = person.home.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let from_file = ["--client-id", "mine", "--client-secret-file", file.to_str().unwrap()];
    for (more, secret) in [(&["--client-id", "mine"][..], Some(SECRET)), (&from_file, None)] {
        provider.facts().credentials.clear();
        let (asked, said) = sign_in(&provider, &person, more, secret).await;
        assert_eq!(parameter(&asked, "client_id"), "mine");
        assert!(!asked.as_str().contains(SECRET));
        said.keeps(SECRET);
        assert!(said.out.contains("mine (registered by hand)"), "{}", said.out);
        assert!(provider.facts().credentials[0].as_deref().unwrap().starts_with("Basic "));
    }
    // And for a refresh it is there without being said again.
    person.change_login(|login| login["tokens"]["received_at"] = json!(1));
    person.run(&["call", &provider.url(), "work"]).await.good().keeps(SECRET);
    assert!(provider.facts().credentials[1].as_deref().unwrap().starts_with("Basic "));
}

/// A secret that registration gave is kept for the refresh, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_registered_clients_secret_is_kept() {
    let provider = Provider::start().await;
    let person = Person::new();
    provider.facts().client_secret = Some(SECRET);
    let (_, said) = sign_in(&provider, &person, &[], None).await;
    said.keeps(SECRET);
    person.change_login(|login| login["tokens"]["received_at"] = json!(1));
    person.run(&["call", &provider.url(), "work"]).await.good().keeps(SECRET);
    let facts = provider.facts();
    assert!(
        facts
            .credentials
            .iter()
            .all(|credentials| credentials.as_deref().is_some_and(|it| it.starts_with("Basic ")))
    );
    assert_eq!(facts.credentials.len(), 2);
}

/// Where the server takes one; where it does not, somebody is registered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_metadata_document_is_used_where_it_is_taken() {
    let provider = Provider::start().await;
    let person = Person::new();
    let more = ["--client-metadata-url", DOCUMENT];
    let (asked, _) = sign_in(&provider, &person, &more, None).await;
    assert_eq!(parameter(&asked, "client_id"), "registered-client");
    provider.facts().metadata = vec![("client_id_metadata_document_supported", json!(true))];
    let (asked, said) = sign_in(&provider, &person, &more, None).await;
    assert_eq!(parameter(&asked, "client_id"), DOCUMENT);
    assert!(said.out.contains("its metadata document"), "{}", said.out);
}

/// For authorization servers that compare ports, too (RFC 8252 §7.3 says they must not).
#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_heard_where_it_was_said() {
    let provider = Provider::start().await;
    let person = Person::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = person.run(&["login", &provider.url(), "--no-browser", "--callback-port", &port]).await;
    assert!(said.code == 2 && said.err.contains("--callback-port"), "{said:?}");
    drop(taken);
    let (asked, _) = sign_in(&provider, &person, &["--callback-port", &port], None).await;
    assert_eq!(parameter(&asked, "redirect_uri"), format!("http://127.0.0.1:{port}/callback"));
}
