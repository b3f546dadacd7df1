//! What a server, a web page or another user of the machine may try on somebody who signs in.

use crate::{
    person::{Person, Said, answer, parameter, visit},
    provider::Provider,
};
use serde_json::json;
use url::Url;

const CODE: &str = "good-code-0123456789";

/// CL-09: an answer to another question changes nothing, and the right one is taken after it, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_callback_with_another_state_is_turned_away_and_the_first_right_one_is_the_last() {
    let provider = Provider::start().await;
    let person = Person::new();
    let mut login = person.start(&["login", &provider.url(), "--no-browser"]);
    let asked = login.url().await;
    let redirect: Url = parameter(&asked, "redirect_uri").parse().unwrap();
    let issuer = provider.issuer();
    let forged = |state: &str| {
        let mut forged = redirect.clone();
        forged.query_pairs_mut().extend_pairs([("code", "evil<script>"), ("state", state), ("iss", &issuer)]);
        forged
    };
    let mut elsewhere = answer(&asked, &[("code", CODE), ("iss", &issuer)]);
    elsewhere.set_path("/other");
    for (forged, status) in [
        (forged("guessed"), 400),
        (forged(""), 400),
        (redirect.clone(), 400),
        (answer(&asked, &[]), 400),
        (answer(&asked, &[("code", CODE), ("code", "two")]), 400),
        (elsewhere, 404),
    ] {
        let page = visit(&forged).await;
        assert_eq!(page.status(), status, "{forged}");
        let page = page.text().await.unwrap();
        assert!(!page.contains("evil") && !page.contains("guessed"), "{page}");
    }
    let right = answer(&asked, &[("code", CODE), ("iss", &issuer)]);
    assert_eq!(visit(&right).await.status(), 200);
    let said = login.end().await.good();
    said.keeps(CODE);
    let codes: Vec<_> = provider.facts().forms.iter().map(|form| form["code"].clone()).collect();
    assert_eq!(codes, [CODE]);
    let again = reqwest::Client::builder().no_proxy().build().unwrap().get(right).send().await;
    assert!(again.is_err_and(|error| error.is_connect()), "nobody listens any more");
}

/// Both at once: one place, whoever comes first.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_callbacks_at_once_one_is_taken() {
    let provider = Provider::start().await;
    let person = Person::new();
    let mut login = person.start(&["login", &provider.url(), "--no-browser"]);
    let asked = login.url().await;
    let right = answer(&asked, &[("code", CODE), ("iss", &provider.issuer())]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let pages = futures_util::future::join_all((0..8).map(|_| client.get(right.clone()).send())).await;
    let good = pages.into_iter().filter(|page| page.as_ref().is_ok_and(|page| page.status() == 200)).count();
    assert_eq!(good, 1);
    login.end().await.good();
    assert_eq!(provider.facts().forms.len(), 1);
}

/// CL-05: the code of another authorization server is sent to nobody, and its error is repeated to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_issuer_ends_the_sign_in() {
    let provider = Provider::start().await;
    for parameters in [
        &[("code", CODE), ("iss", "https://evil.example")][..],
        &[("error", "do-this-now"), ("iss", "https://evil.example")],
        &[("code", CODE)],
    ] {
        let person = Person::new();
        let mut login = person.start(&["login", &provider.url(), "--no-browser"]);
        visit(answer(&login.url().await, parameters)).await;
        let said = login.end().await;
        assert!(said.code == 1 && said.err.contains("RFC 9207"), "{said:?}");
        assert!(!said.err.contains("do-this-now"), "{said:?}");
        said.keeps(CODE);
    }
    assert!(provider.facts().forms.is_empty(), "no code was sent");
}

/// CVE-2025-6514: what a server names is not handed to a browser unless it is a page. A browser is really started here.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_pages_are_opened_and_as_one_argument() {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let folder = tempfile::tempdir().unwrap();
    let (opener, opened) = (folder.path().join("xdg-open"), folder.path().join("opened"));
    fs::write(
        &opener,
        format!("#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" >'{}.new'\nmv '{0}.new' '{0}'\n", opened.display()),
    )
    .unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let provider = Provider::start().await;
    let start = |person: &Person| {
        let mut command = person.command(&["login", &provider.url()]);
        command.env("PATH", &path);
        crate::person::Running::of(command)
    };
    for endpoint in
        ["javascript:alert(1)", "file:///etc/passwd", "a:$(touch x)?x", "http://evil.example/authorize", "-a"]
    {
        provider.facts().metadata = vec![("authorization_endpoint", json!(endpoint))];
        let person = Person::new();
        let said = start(&person).end().await;
        assert!(said.code == 1 && said.err.contains("authorization_endpoint"), "{endpoint}: {said:?}");
        assert!(!opened.exists(), "{endpoint}");
    }
    let issuer = provider.issuer();
    provider.facts().metadata =
        vec![("authorization_endpoint", json!(format!("{issuer}/authorize?a=$(id)&b=';'`id`")))];
    let person = Person::new();
    let mut login = start(&person);
    let asked = login.url().await;
    visit(answer(&asked, &[("code", CODE), ("iss", &issuer)])).await;
    login.end().await.good();
    while !opened.exists() {
        tokio::task::yield_now().await;
    }
    assert_eq!(fs::read_to_string(opened).unwrap(), format!("1\n{asked}\n"));
}

/// CL-03, CL-04: what is found is judged before anything is sent.
#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_leads_astray_ends_the_sign_in() {
    let provider = Provider::start().await;
    for (member, value, expected) in [
        ("token_endpoint", json!("http://evil.example/token"), "token_endpoint"),
        ("registration_endpoint", json!("http://evil.example/register"), "registration_endpoint"),
        ("issuer", json!("https://evil.example"), "evil.example"),
        ("code_challenge_methods_supported", json!(["plain"]), "PKCE"),
        ("code_challenge_methods_supported", json!(null), "PKCE"),
        ("registration_endpoint", json!(null), "--client-id"),
    ] {
        provider.facts().metadata = vec![(member, value)];
        let person = Person::new();
        let said = person.run(&["login", &provider.url(), "--no-browser"]).await;
        assert!(said.code == 1 && said.err.contains(expected), "{member}: {said:?}");
    }
}

/// What is wrong with a server is told with where it was seen, and with who says more.
#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_cannot_be_had_is_told_with_its_place() {
    let provider = Provider::start().await;
    for (status, expected) in [
        (500, "/.well-known/oauth-authorization-server: unexpected HTTP status 500"),
        (404, "none published usable metadata"),
    ] {
        provider.facts().status = Some(status);
        let person = Person::new();
        let said = person.run(&["login", &provider.url(), "--no-browser"]).await;
        let check = format!("portcullis check {}", provider.url());
        assert!(said.code == 1 && said.err.contains(expected) && said.err.contains(&check), "{said:?}");
    }
}

/// A file that others could read or write is not used, and says what to do.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_others_could_have_read_is_not_used() {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let provider = Provider::start().await;
    let person = signed_in(&provider).await;
    let file = person.login_file();
    let call = async || person.run(&["call", &provider.url(), "work", "what=x"]).await;
    call().await.good();
    let set =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o666] {
        set(&file, mode);
        let said = call().await;
        assert!(
            said.code == 2 && said.err.contains("chmod 600") && said.err.contains(&format!("{mode:o}")),
            "{said:?}"
        );
    }
    set(&file, 0o600);
    set(file.parent().unwrap(), 0o777);
    let said = call().await;
    assert!(said.code == 2 && said.err.contains("chmod 700"), "{said:?}");
    set(file.parent().unwrap(), 0o700);
    let elsewhere = person.home.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    assert_eq!(call().await.code, 2, "a link is no login");
    fs::remove_file(&file).unwrap();
    fs::rename(&elsewhere, &file).unwrap();
    call().await.good();
    person.change_login(|login| login["server"] = json!("https://evil.example/mcp"));
    assert_eq!(call().await.code, 2, "another server's login");
}

/// Somebody who has signed in.
pub(crate) async fn signed_in(provider: &Provider) -> Person {
    let person = Person::new();
    let mut login = person.start(&["login", &provider.url(), "--no-browser"]);
    visit(answer(&login.url().await, &[("code", CODE), ("iss", &provider.issuer())])).await;
    let said: Said = login.end().await.good();
    let kept = person.login();
    for secret in ["access_token", "refresh_token"] {
        said.keeps(kept["tokens"][secret].as_str().unwrap());
    }
    person
}
