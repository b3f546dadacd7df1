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

/// Whatever it is a secret of, its file is read by one reader: bounded, not empty, and better not everybody's.
#[test]
fn every_file_of_a_secret_is_read_by_the_same_rules() {
    let in_resource = |line: &str| USUAL.replace("[resource.tools]", &format!("{line}\n[resource.tools]"));
    let check = "[resource.check]\nurl = \"http://127.0.0.1:9000/\"\nbearer_file = \"secret\"";
    let asked = "[[resource.issuer]]\nissuer = \"https://as.example\"\n\
                 introspection = { client_id = \"gate\", client_secret_file = \"secret\" }";
    for (path, text) in [
        ("session_key_file", format!("session_key_file = \"secret\"\n{USUAL}")),
        (
            "admin.token_file",
            format!("{USUAL}\n[admin]\nlisten = \"127.0.0.1:3003\"\ntoken_file = \"secret\""),
        ),
        ("check.bearer_file", in_resource(check)),
        ("introspection.client_secret_file", in_resource(asked)),
        ("credential.file", in_resource("[resource.forward]\ncredential = { file = \"secret\" }")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut from_file = sources(&text, &[], Flags::default());
        from_file.file.as_mut().unwrap().0 = folder.path().join("portcullis.toml");
        let file = folder.path().join("secret");
        let long = format!("{KEY}{}", " ".repeat(64 * 1024));
        for (held, wrong) in [("\n", "is empty"), (&long, "cannot be read: it is longer than 65536 bytes")] {
            std::fs::write(&file, held).unwrap();
            let found = problems(load(&from_file));
            assert!(found.contains(&format!("{path} = \"secret\": {wrong}")), "{found}");
            assert_eq!(found.lines().count(), 1, "{found}");
        }
        std::fs::write(&file, format!(" {KEY}\r\n")).unwrap();
        assert!(load(&from_file).is_ok(), "{path}: blanks around it are not part of it");
        #[cfg(unix)]
        for (mode, is_said) in [(0o600, false), (0o640, true), (0o604, true)] {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let said = load(&from_file).unwrap().warnings.join("\n");
            assert_eq!(
                said.contains("secret can be read by other users"),
                is_said,
                "{path} {mode:o}: {said}"
            );
        }
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
