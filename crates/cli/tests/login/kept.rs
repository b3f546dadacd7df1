//! A login as it grows old: refreshed with rotation, by one process at a time, and said to have ended when it has.

use crate::{attacks::signed_in, person::Person, provider::Provider};
use serde_json::json;

/// As if it had been made long ago.
fn grow_old(person: &Person) {
    person.change_login(|login| login["tokens"]["received_at"] = json!(1_000_000));
}

fn refresh_tokens(provider: &Provider) -> Vec<String> {
    let facts = provider.facts();
    facts.forms.iter().filter_map(|form| form.get("refresh_token").cloned()).collect()
}

/// RFC 6749 §6, RFC 8707: the rotated token is kept, and used the next time.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_keeps_the_rotated_token() {
    let provider = Provider::start().await;
    let person = signed_in(&provider).await;
    for round in 1..=2 {
        grow_old(&person);
        let printed = person.run(&["login", &provider.url(), "--print-token", "--no-browser"]).await.good();
        assert_eq!(printed.out, format!("access-token-{:016}\n", round + 1));
        printed.keeps(&format!("refresh-token-{round:016}"));
    }
    let used = refresh_tokens(&provider);
    assert_eq!(used, ["refresh-token-0000000000000001", "refresh-token-0000000000000002"]);
    assert_eq!(provider.facts().forms[1]["resource"], provider.url());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(person.login_file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// The second one waits, and takes what the first one got: a refresh token presented twice would end the login for both.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_refreshes_and_both_have_the_token() {
    let provider = Provider::start().await;
    let person = signed_in(&provider).await;
    grow_old(&person);
    // No refresh is answered until the second process waits.
    provider.world().hold.send_replace(true);
    let print = || person.start(&["login", &provider.url(), "--print-token", "--no-browser"]);
    let first = print();
    provider.world().refresh_came.notified().await;
    let mut second = print();
    second.says("waiting for it").await;
    provider.world().hold.send_replace(false);
    let (first, second) = (first.end().await.good(), second.end().await.good());
    assert_eq!(first.out, "access-token-0000000000000002\n");
    assert_eq!(second.out, first.out);
    assert_eq!(refresh_tokens(&provider), ["refresh-token-0000000000000001"]);
}

/// It ends as a login ends, says what to type, and repeats no token that the server repeats.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_has_ended_says_so() {
    let provider = Provider::start().await;
    let person = signed_in(&provider).await;
    provider.facts().is_talkative = true;
    person.change_login(|login| login["tokens"]["refresh_token"] = json!("refresh-token-of-old-0123456789"));
    grow_old(&person);
    let said = person.run(&["call", &provider.url(), "work"]).await;
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("has ended") && said.err.contains("portcullis login http://127.0.0.1"),
        "{said:?}"
    );
    said.keeps("refresh-token-of-old-0123456789");
    person.change_login(|login| login["tokens"]["refresh_token"] = json!(null));
    let said = person.run(&["call", &provider.url(), "work"]).await;
    assert!(said.code == 1 && said.err.contains("no refresh token"), "{said:?}");
}

/// CL-08: whoever takes over the server's metadata is not given its users' refresh tokens.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_goes_to_its_issuer_only() {
    let provider = Provider::start().await;
    let person = signed_in(&provider).await;
    person.change_login(|login| login["issuer"] = json!("https://auth.example"));
    grow_old(&person);
    let said = person.run(&["call", &provider.url(), "work"]).await;
    assert!(said.code == 1 && said.err.contains("another authorization server"), "{said:?}");
    assert!(refresh_tokens(&provider).is_empty());
}

/// A process that was killed in the middle, or a disk that was full: the file is whole, or it is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_login_is_said_to_be_none() {
    let provider = Provider::start().await;
    let person = signed_in(&provider).await;
    let file = person.login_file();
    let whole = std::fs::read_to_string(&file).unwrap();
    let endless = " ".repeat(1 << 20) + &whole;
    for text in ["", "{}", &whole[..whole.len() / 2], "[[[[[[", "\u{0}", &endless] {
        std::fs::write(&file, text).unwrap();
        let said = person.run(&["call", &provider.url(), "work"]).await;
        assert!(said.code == 2 && said.err.contains("--forget"), "{said:?}");
    }
}
