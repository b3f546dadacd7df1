//! Which source wins.

use super::*;
use crate::config::{Audiences, DefaultRule, environment_with_file};

fn flags(change: impl FnOnce(&mut Flags)) -> Flags {
    let mut flags = Flags::default();
    change(&mut flags);
    flags
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let variable = [("PORTCULLIS_UPSTREAM", "http://127.0.0.1:2/")];
    let flag = || flags(|it| it.upstream = Some("http://127.0.0.1:1/".into()));
    for (name, environment, flags, upstream) in [
        ("the file", &[][..], Flags::default(), "http://127.0.0.1:8000/mcp"),
        ("the environment", &variable[..], Flags::default(), "http://127.0.0.1:2/"),
        ("the flag", &variable[..], flag(), "http://127.0.0.1:1/"),
    ] {
        let config = load(&sources(USUAL, environment, flags)).unwrap();
        assert_eq!(config.resources[0].upstream.as_str(), upstream, "{name}");
        assert_eq!(config.resources[0].default, DefaultRule::Refuse, "{name}");
    }
}

#[test]
fn where_to_listen_is_said_by_the_nearest_source() {
    let port = ("PORT", "4002");
    let variable = ("PORTCULLIS_LISTEN", "127.0.0.1:4001, [::1]:4001");
    let flag = || flags(|it| it.listen = vec!["127.0.0.1:4000".into()]);
    for (name, environment, flags, expected) in [
        ("the file", &[][..], Flags::default(), &["127.0.0.1:3002"][..]),
        ("the port of the file's address", &[port], Flags::default(), &["127.0.0.1:4002"]),
        ("the variable", &[port, variable], Flags::default(), &["127.0.0.1:4001", "[::1]:4001"]),
        ("the flag", &[port, variable], flag(), &["127.0.0.1:4000"]),
    ] {
        let config = load(&sources(USUAL, environment, flags)).unwrap();
        let listen: Vec<_> = config.listen.iter().map(ToString::to_string).collect();
        assert_eq!(listen, expected, "{name}");
    }
}

#[test]
fn flags_alone_are_enough() {
    let flags = flags(|it| {
        it.resource = Some("https://mcp.example.com/mcp".into());
        it.upstream = Some("http://127.0.0.1:8000/mcp".into());
        it.issuer = Some("https://login.example.com".into());
        it.audience = Some("api://todo".into());
        it.jwks_uri = Some("https://login.example.com/jwks".into());
        it.required_scopes = Some("mcp, todo:read".into());
        it.listen = vec!["0.0.0.0:8080".into()];
        it.behind_tls_proxy = Some(true);
    });
    let config = load(&sources("", &[], flags)).unwrap();
    let resource = &config.resources[0];
    assert!(config.behind_tls_proxy);
    assert_eq!(resource.issuers[0].audiences, Audiences::Exact(vec!["api://todo".into()]));
    assert_eq!(resource.required_scopes.to_string(), "mcp todo:read");
    assert_eq!(resource.default, DefaultRule::Authenticated);
    assert_eq!(said(&config).len(), 1, "{:?}", config.warnings);
}

/// An issuer that is named wins over the variables of a pattern, which is said.
#[test]
fn variables_of_a_pattern_describe_a_resource_only_where_nothing_else_does() {
    let config =
        load(&sources(USUAL, &[("SK_ENV_URL", "https://other.scalekit.com")], Flags::default())).unwrap();
    assert_eq!(config.resources[0].issuers[0].issuers[0].as_str(), "https://acme.scalekit.com");
    assert_eq!(said(&config), ["SK_ENV_URL: not used, because the issuer is configured otherwise"]);
}

#[test]
fn refuses_to_guess_which_one_is_meant() {
    let second = "[[resource]]\nidentifier = \"https://mcp.example.com/b\"\nupstream = \"http://127.0.0.1:8001/\"\n\
                  default = \"refuse\"\n[[resource.issuer]]\nissuer = \"https://i.example\"\n";
    let two_resources = format!("{USUAL}\n{second}");
    let two_issuers = second.replace(
        "https://i.example\"",
        "https://i.example\"\n[[resource.issuer]]\nissuer = \"https://j.example\"",
    );
    let two_addresses = USUAL.replace("\"127.0.0.1:3002\"", "[\"127.0.0.1:1\", \"127.0.0.1:2\"]");
    let upstream = flags(|it| it.upstream = Some("http://127.0.0.1:1/".into()));
    let audience = flags(|it| it.audience = Some("a".into()));
    for (name, file, environment, flags, message) in [
        ("resource", two_resources, &[][..], upstream, "--upstream: does not say which of the resources"),
        ("issuer", two_issuers, &[], audience, "--audience: does not say which of the issuers"),
        (
            "address",
            two_addresses,
            &[("PORT", "1")],
            Flags::default(),
            "PORT: does not say which of the addresses",
        ),
    ] {
        let found = problems(load(&sources(&file, environment, flags)));
        assert!(found.contains(message), "{name}: {found}");
        assert_eq!(found.lines().count(), 1, "{name}: {found}");
    }
}

#[test]
fn the_process_wins_over_the_env_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    std::fs::write(
        &path,
        "# a comment\nPORT=1\nSK_ENV_URL=\"https://a\"\nexport A='b c'\nJSON={\"a\": \"b c\"}\n",
    )
    .unwrap();
    let process = [("PORT".to_owned(), "2".to_owned())].into();
    let variables = environment_with_file(process, &path, true).unwrap();
    let read: Vec<_> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(read, ["A=b c", "JSON={\"a\": \"b c\"}", "PORT=2", "SK_ENV_URL=https://a"]);
}

#[test]
fn an_env_file_may_be_missing_unless_it_was_named() {
    let path = std::path::Path::new("/no/such/.env");
    assert!(environment_with_file(BTreeMap::new(), path, false).unwrap().is_empty());
    let found = environment_with_file(BTreeMap::new(), path, true).unwrap_err().to_string();
    assert!(found.starts_with("/no/such/.env:1: cannot be read"), "{found}");
}

#[test]
fn a_bad_line_of_an_env_file_is_named_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    std::fs::write(&path, "PORT=1\nSECRET = hunter2 hunter2\n").unwrap();
    let found = environment_with_file(BTreeMap::new(), &path, true).unwrap_err().to_string();
    assert!(found.contains(".env:2: is not NAME=value") && !found.contains("hunter2"), "{found}");
}
