//! Secrets go in and are not seen again.

use super::*;
use crate::config::show;

/// 32 bytes.
const KEY: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";

#[test]
fn the_session_key_is_read_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), format!("{KEY}\n")).unwrap();
    let from_variable = sources(USUAL, &[("PORTCULLIS_SESSION_KEY", KEY)], Flags::default());
    let mut from_file = sources(&format!("session_key_file = \"key\"\n{USUAL}"), &[], Flags::default());
    from_file.file.as_mut().unwrap().0 = folder.path().join("portcullis.toml");
    for sources in [from_variable, from_file] {
        let config = load(&sources).unwrap();
        assert_eq!(config.session_key.as_ref().unwrap().secret(), b"secretsecretsecretsecretsecretse");
        for text in [format!("{config:?}"), show(&config)] {
            assert!(
                !text.contains("c2Vjcm") && !text.contains("secretsecret") && !text.contains("115, 101"),
                "{text}"
            );
        }
        assert!(show(&config).contains("session_key = \"configured (not shown)\""));
    }
}

#[test]
fn a_bad_session_key_is_not_repeated() {
    for key in ["hunter2", "aHVudGVyMg==", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"] {
        let found = problems(load(&sources(USUAL, &[("PORTCULLIS_SESSION_KEY", key)], Flags::default())));
        assert!(
            found.starts_with("environment variable PORTCULLIS_SESSION_KEY: is not a key of 32 bytes"),
            "{found}"
        );
        assert!(!found.contains(key), "{found}");
    }
}

/// A secret under a wrong key stays a secret.
#[test]
fn the_value_of_an_unknown_key_is_not_repeated() {
    let found = problems(from_file(&format!("session_key = \"{KEY}\"\n{USUAL}")));
    assert!(
        found.contains("session_key: is not a key that is known here; did you mean `session_key_file`?"),
        "{found}"
    );
    assert!(!found.contains(KEY), "{found}");
}

#[test]
fn shows_what_is_in_force() {
    let shown = show(&from_file(USUAL).unwrap());
    for line in [
        "listen = [\"127.0.0.1:3002\"]",
        "session_key = \"generated at start\"",
        "body_bytes = 4194304",
        "identifier = \"https://mcp.example.com/mcp\"",
        "default = \"refuse\"",
        "audience = [\"res_123\"]",
        "\"*_todo\" = [\"todo:write\"]",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
}
