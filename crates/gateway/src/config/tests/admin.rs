//! `[admin]`: who may administer from where, and nothing by accident.

use super::*;
use crate::{AdminPlace, config::show};

const TOKEN: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";
const WITH_TOKEN: &[(&str, &str)] = &[("PORTCULLIS_ADMIN_TOKEN", TOKEN)];

/// The usual file with these lines under `[admin]`.
fn with(lines: &str, environment: &[(&str, &str)]) -> Result<Config, Problems> {
    load(&sources(&format!("{USUAL}\n[admin]\n{lines}\n"), environment, Flags::default()))
}

#[test]
fn without_a_word_nothing_is_administered() {
    assert!(from_file(USUAL).unwrap().admin.is_none());
    assert!(load(&sources(USUAL, WITH_TOKEN, Flags::default())).unwrap().admin.is_none());
}

#[test]
fn it_is_administered_where_it_is_written_and_with_what_defaults() {
    let config = with("listen = \"127.0.0.1:3003\"", WITH_TOKEN).unwrap();
    let admin = config.admin.as_ref().unwrap();
    assert_eq!(admin.listen, AdminPlace::Loopback("127.0.0.1:3003".parse().unwrap()));
    assert_eq!((admin.token_lifetime.as_secs(), &admin.revocations_file), (24 * 3600, &None));
    assert_eq!(said(&config).len(), 1);
    assert!(said(&config)[0].ends_with("a restart forgets them"), "{:?}", said(&config));

    let lines = "listen = \"[::1]:0\"\nrevocations_file = \"/var/lib/revocations.json\"\ntoken_lifetime_seconds = 600";
    let config = with(lines, WITH_TOKEN).unwrap();
    assert!(said(&config).is_empty(), "{:?}", said(&config));
    let shown = show(&config);
    for line in [
        "listen = \"[::1]:0\"",
        "revocations_file = \"/var/lib/revocations.json\"",
        "token_lifetime_seconds = 600",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
}

#[test]
fn every_problem_of_the_administration_names_its_remedy() {
    for (name, lines, environment, expected) in [
        ("no place", "", WITH_TOKEN, "admin.listen: is missing"),
        (
            "an address of the network",
            "listen = \"0.0.0.0:3003\"",
            WITH_TOKEN,
            "would offer the administration to the network",
        ),
        (
            "another",
            "listen = \"192.168.1.7:3003\"",
            WITH_TOKEN,
            "would offer the administration to the network",
        ),
        (
            "a mapped one",
            "listen = \"[::ffff:127.0.0.1]:3003\"",
            WITH_TOKEN,
            "would offer the administration to the network",
        ),
        ("a name", "listen = \"localhost:3003\"", WITH_TOKEN, "is not an address to listen on"),
        ("a socket without a name", "listen = \"unix:\"", WITH_TOKEN, "is no socket"),
        (
            "the gateway's own address",
            "listen = \"127.0.0.1:3002\"",
            WITH_TOKEN,
            "is where the gateway itself listens",
        ),
        ("no token", "listen = \"127.0.0.1:3003\"", &[], "admin.token_file: is missing"),
        (
            "an empty token",
            "listen = \"127.0.0.1:3003\"",
            &[("PORTCULLIS_ADMIN_TOKEN", " ")],
            "admin.token_file: is missing",
        ),
        (
            "a file that is not there",
            "listen = \"127.0.0.1:3003\"\ntoken_file = \"nowhere\"",
            &[],
            "cannot be read",
        ),
        (
            "no life",
            "listen = \"127.0.0.1:3003\"\ntoken_lifetime_seconds = 0",
            WITH_TOKEN,
            "is out of bounds",
        ),
        (
            "an unknown key",
            "listen = \"127.0.0.1:3003\"\ntoken = \"x\"",
            WITH_TOKEN,
            "is not a key that is known here",
        ),
    ] {
        let found = problems(with(lines, environment));
        assert!(found.contains(expected), "{name}: {found}");
        assert_eq!(found.lines().count(), 1, "{name}: {found}");
    }
}

/// RS-17
#[test]
fn the_token_is_read_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    let lines = format!("{USUAL}\n[admin]\nlisten = \"unix:admin.sock\"\ntoken_file = \"token\"\n");
    let mut sources = sources(&lines, &[], Flags::default());
    sources.file.as_mut().unwrap().0 = folder.path().join("portcullis.toml");
    let config = load(&sources).unwrap();
    let socket = AdminPlace::Socket(folder.path().join("admin.sock"));
    assert_eq!(config.admin.as_ref().unwrap().listen, socket, "relative to the file");
    for text in [format!("{config:?}"), show(&config)] {
        assert!(!text.contains("c2Vjcm"), "{text}");
    }
    assert!(show(&config).contains("token = \"configured (not shown)\""));
}

#[test]
fn a_bad_token_is_not_repeated() {
    let listen = "listen = \"127.0.0.1:3003\"";
    for (bad, expected) in [
        ("hunter2hunter2hunter2hunter2hun", "is shorter than 32 characters"),
        ("ääääääääääääääääääääääääääääää", "is shorter than 32 characters"),
        ("ääääääääääääääääääääääääääääääää", "has characters that a bearer token cannot have"),
        ("correct horse battery staple and more", "has characters that a bearer token cannot have"),
        ("=================================", "has characters that a bearer token cannot have"),
    ] {
        let found = problems(with(listen, &[("PORTCULLIS_ADMIN_TOKEN", bad)]));
        let place = format!("environment variable PORTCULLIS_ADMIN_TOKEN: {expected}");
        assert!(found.contains(&place) && found.contains("openssl rand -base64 32"), "{found}");
        assert!(!found.contains(&bad[..8]), "{found}");
    }
}
