//! The external check as it is written, and what it becomes.

use super::*;
use crate::config::show;
use portcullis_resource_server::CallerFact;

fn with_check(check: &str) -> String {
    USUAL.replace("[resource.tools]", &format!("[resource.check]\n{check}\n[resource.tools]"))
}

#[test]
fn a_check_is_asked_as_it_is_written() {
    let config = from_file(&with_check("url = \"http://127.0.0.1:9000/authorize\"")).unwrap();
    let check = config.resources[0].check.as_ref().unwrap();
    assert_eq!(check.limits, Default::default());
    assert_eq!(
        (check.sends.facts.len(), check.sends.arguments, check.authorization.is_none()),
        (5, false, true)
    );

    let everything = r#"
        url = "https://check.example/authorize?v=1"
        timeout_ms = 250
        max_in_flight = 8
        cache_seconds_max = 0
        sends = ["subject", "is_machine"]
        claims = ["email"]
        arguments = true
        bearer_env = "CHECK_TOKEN"
    "#;
    let environment = [("CHECK_TOKEN", "s3cret-of-the-check")];
    let config = load(&sources(&with_check(everything), &environment, Flags::default())).unwrap();
    let check = config.resources[0].check.as_ref().unwrap();
    assert_eq!(check.sends.facts, [CallerFact::Subject, CallerFact::IsMachine]);
    assert_eq!((check.sends.claims[0].as_str(), check.sends.arguments), ("email", true));
    assert_eq!((check.limits.time.as_millis(), check.limits.in_flight), (250, 8));
    assert!(check.limits.cache.is_zero());
    assert_eq!(check.authorization.as_ref().unwrap(), "Bearer s3cret-of-the-check");
    let shown = format!("{}{config:?}", show(&config));
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(shown.contains("bearer = \"configured (not shown)\"") && shown.contains("timeout_ms = 250"));
    let settings = config.settings().remove(0);
    assert_eq!(settings.check.unwrap().limits.in_flight, 8);
}

/// The secret may stand in a file, relative to the configuration.
#[test]
fn the_bearer_token_comes_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "from-a-file\n").unwrap();
    let file = with_check("url = \"http://127.0.0.1:9000/\"\nbearer_file = \"token\"");
    let path = folder.path().join("portcullis.toml");
    let config = load(&Sources { file: Some((path, file)), ..Sources::default() }).unwrap();
    let check = config.resources[0].check.as_ref().unwrap();
    assert_eq!(check.authorization.as_ref().unwrap(), "Bearer from-a-file");
}

/// A check that is written badly does not become no check.
#[test]
fn what_is_wrong_with_a_check_is_told_at_its_place() {
    let url = "url = \"http://127.0.0.1:9000/\"\n";
    for (check, message) in [
        ("", "check.url: is missing; write an https URL"),
        ("url = \"http://10.0.0.1:9000/\"", "is asked over https, or over http on loopback"),
        ("url = \"http://check.example/\"", "is asked over https"),
        ("url = \"ftp://127.0.0.1/\"", "is asked over https"),
        ("url = \"https://u:p@check.example/\"", "without user information"),
        ("url = \"https://check.example/#x\"", "without user information and fragment"),
        (&format!("{url}timeout_ms = 0"), "check.timeout_ms = \"0\": is out of bounds"),
        (&format!("{url}max_in_flight = 0"), "is out of bounds"),
        (&format!("{url}cache_seconds_max = 86400"), "is out of bounds"),
        (&format!("{url}cache_seconds = 1"), "did you mean `cache_seconds_max`?"),
        (&format!("{url}sends = [\"email\"]"), "is not one of \"issuer\""),
        (&format!("{url}claims = [\"\"]"), "is the name of no claim"),
        (&format!("{url}bearer_env = \"NOT_SET\""), "bearer_env: is not the name of a variable that is set"),
        (&format!("{url}bearer_file = \"nowhere\""), "cannot be read"),
        (&format!("{url}bearer_file = \"a\"\nbearer_env = \"b\""), "bearer_env: stands beside `bearer_file`"),
    ] {
        let found = problems(from_file(&with_check(check)));
        assert!(found.contains(message), "{check}: {found}");
    }
    for secret in ["two words", "line\nbreak", "ä"] {
        let file = with_check(&format!("{url}bearer_env = \"SECRET\""));
        let found = problems(load(&sources(&file, &[("SECRET", secret)], Flags::default())));
        assert!(found.contains("holds no bearer token") && !found.contains(secret), "{found}");
    }
}
