//! Issuers that are asked: what is put in force, what does not start, and which secrets are seen again (none).

use super::*;
use crate::config::{Proof, show};
use portcullis_resource_server::{
    AssertionAudience, ClientProof, DEFAULT_CACHE, EndpointLocation, IntrospectionSettings,
};
use portcullis_testing::TestKey;
use std::path::Path;

const SECRET: &str = "hunter2-of-the-gateway";
const VARIABLES: [(&str, &str); 1] = [("GATE_SECRET", SECRET)];
const GOOD: &str = r#"client_id = "gate", client_secret_env = "GATE_SECRET""#;

/// The usual file, with issuers that are asked.
fn file(issuers: &[(&str, &str)]) -> String {
    let preset = r#"scalekit = { environment = "https://acme.scalekit.com", resource = "res_123" }"#;
    let written =
        |(issuer, rest): &(&str, &str)| format!("[[resource.issuer]]\nissuer = \"{issuer}\"\n{rest}\n");
    let issuers: String = issuers.iter().map(written).collect();
    USUAL.replace(preset, "").replace("[[resource.issuer]]\n", &issuers)
}

fn asked(keys: &str) -> String {
    file(&[("https://as.example", &format!("introspection = {{ {keys} }}"))])
}

fn load_in(folder: &Path, text: &str) -> Result<Config, Problems> {
    let mut sources = sources(text, &VARIABLES, Flags::default());
    sources.file.as_mut().unwrap().0 = folder.join("portcullis.toml");
    load(&sources)
}

fn settings(config: &Config) -> &IntrospectionSettings {
    match &config.resources[0].issuers[0].proof {
        Proof::Introspection(settings) => settings,
        Proof::Signature { .. } => panic!("this issuer is asked"),
    }
}

/// IN-02, IN-05, RS-10: the least that can be written, and what it means.
#[test]
fn a_client_and_its_secret_are_enough() {
    let config = load(&sources(&asked(GOOD), &VARIABLES, Flags::default())).unwrap();
    let settings = settings(&config);
    assert!(
        matches!(&settings.endpoint, EndpointLocation::Discover(issuer) if issuer.as_str() == "https://as.example")
    );
    assert!(matches!(settings.client.proof, ClientProof::SecretBasic(_)));
    assert_eq!((settings.cache, &settings.token_prefix), (DEFAULT_CACHE, &None));
    assert!(!settings.dangerous_accept_missing_audience);
    assert_eq!(said(&config), [""; 0]);
}

/// IN-02, RS-17: from a variable, from a file, or a key; and whatever it is, it is not shown.
#[test]
fn secrets_are_read_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = TestKey::rsa();
    let pem = key.pem();
    std::fs::write(folder.path().join("secret"), format!("{SECRET}\n")).unwrap();
    std::fs::write(folder.path().join("key.pem"), &pem).unwrap();
    for (written, shown) in [
        (GOOD.to_owned(), "auth = \"client_secret_basic\""),
        ("client_id = \"gate\", client_secret_file = \"secret\", auth = \"client_secret_post\"".to_owned(), "auth = \"client_secret_post\""),
        ("client_id = \"gate\", private_key_file = \"key.pem\"".to_owned(), "algorithm = \"RS256\""),
        ("client_id = \"gate\", private_key_file = \"key.pem\", key_id = \"k\", algorithm = \"PS256\", assertion_audience = \"endpoint\", cache_seconds = 0, token_prefix = \"x_\", endpoint = \"https://as.example/i\"".to_owned(), "endpoint = \"https://as.example/i\""),
    ] {
        let config = load_in(folder.path(), &asked(&written)).unwrap();
        let text = show(&config);
        assert!(text.contains(shown), "{shown} in {text}");
        for text in [text, format!("{config:?}"), format!("{:?}", config.settings())] {
            let line = pem.lines().nth(1).unwrap();
            assert!(!text.contains("hunter2") && !text.contains(&line[..40]), "{text}");
        }
    }
    let config =
        load_in(folder.path(), &asked("client_id = \"gate\", private_key_file = \"key.pem\"")).unwrap();
    let ClientProof::PrivateKeyJwt { audience, .. } = &settings(&config).client.proof else { panic!() };
    assert_eq!(*audience, AssertionAudience::Issuer("https://as.example".into()));
}

/// RS-10: a looser choice has a dangerous name, and is said aloud.
#[test]
fn a_missing_audience_is_said_aloud() {
    let text = asked(&format!("{GOOD}, dangerous_accept_missing_audience = true"));
    let config = load(&sources(&text, &VARIABLES, Flags::default())).unwrap();
    assert_eq!(said(&config).len(), 1);
    assert!(said(&config)[0].contains("dangerous_accept_missing_audience: a token without an audience"));
    assert!(show(&config).contains("dangerous_accept_missing_audience = true"));
}

/// IN-02, IN-07, RS-16, RS-18: one problem each, with its place and what to do.
#[test]
fn what_cannot_be_asked_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let key = TestKey::p256();
    std::fs::write(folder.path().join("key.pem"), key.pem()).unwrap();
    std::fs::write(folder.path().join("public.pem"), key.pem().replace("PRIVATE", "PUBLIC")).unwrap();
    std::fs::write(folder.path().join("empty"), "\n").unwrap();
    let with_key = r#"client_id = "gate", private_key_file = "key.pem""#;
    let two = |first: &str, second: &str| {
        let (first, second) =
            (format!("introspection = {{ {GOOD}{first} }}"), format!("introspection = {{ {GOOD}{second} }}"));
        file(&[("https://one.example", &first), ("https://two.example", &second)])
    };
    for (name, text, message, remedy) in [
        (
            "no client",
            asked("client_secret_env = \"GATE_SECRET\""),
            "resource[0].issuer[0].introspection.client_id: is missing",
            "registered",
        ),
        (
            "no secret",
            asked("client_id = \"gate\""),
            "introspection: names no secret and no key",
            "client_secret_env",
        ),
        (
            "two secrets",
            asked(&format!("{GOOD}, client_secret_file = \"empty\"")),
            "introspection.client_secret_file: stands beside `client_secret_env`",
            "one of",
        ),
        (
            "no such variable",
            asked("client_id = \"gate\", client_secret_env = \"hunter2\""),
            "client_secret_env: is not the name of a variable that is set",
            "set it to the secret",
        ),
        (
            "no such file",
            asked("client_id = \"gate\", client_secret_file = \"nowhere\""),
            "client_secret_file = \"nowhere\": cannot be read",
            "may read",
        ),
        (
            "an empty file",
            asked("client_id = \"gate\", client_secret_file = \"empty\""),
            "client_secret_file = \"empty\": is empty",
            "write the secret",
        ),
        (
            "the secret in the file itself",
            asked("client_id = \"gate\", client_secret = \"hunter2\""),
            "client_secret: is not a key that is known here",
            "did you mean `client_secret_",
        ),
        (
            "a public key",
            asked("client_id = \"gate\", private_key_file = \"public.pem\""),
            "private_key_file = \"public.pem\": is a public key",
            "openssl genpkey",
        ),
        (
            "another key's algorithm",
            asked(&format!("{with_key}, algorithm = \"RS256\"")),
            "algorithm = \"RS256\": does not fit this key",
            "leave it out",
        ),
        (
            "a symmetric algorithm",
            asked(&format!("{with_key}, algorithm = \"HS256\"")),
            "algorithm = \"HS256\": is not one of",
            "one of them",
        ),
        (
            "a secret for a key",
            asked(&format!("{GOOD}, auth = \"private_key_jwt\"")),
            "auth = \"private_key_jwt\": needs a key",
            "private_key_file",
        ),
        (
            "a key for a secret",
            asked(&format!("{with_key}, auth = \"client_secret_post\"")),
            "auth: needs a secret",
            "client_secret_env",
        ),
        (
            "another way",
            asked(&format!("{GOOD}, auth = \"none\"")),
            "auth = \"none\": is not one of",
            "client_secret_basic",
        ),
        (
            "a key's name without a key",
            asked(&format!("{GOOD}, key_id = \"k\"")),
            "key_id: is for private_key_jwt alone",
            "leave it out",
        ),
        (
            "in the clear",
            asked(&format!("{GOOD}, endpoint = \"http://as.example/introspect\"")),
            "endpoint = \"http://as.example/introspect\": tokens are sent there over https",
            "https",
        ),
        (
            "for ever",
            asked(&format!("{GOOD}, cache_seconds = 601")),
            "cache_seconds = \"601\": is out of bounds",
            "from 0 to 600",
        ),
        (
            "no prefix",
            asked(&format!("{GOOD}, token_prefix = \"\"")),
            "token_prefix = \"\": is not how a token begins",
            "leave the key out",
        ),
        (
            "keys as well",
            file(&[(
                "https://as.example",
                &format!("jwks_uri = \"https://as.example/keys\"\nintrospection = {{ {GOOD} }}"),
            )]),
            "issuer[0].jwks_uri: is about signatures",
            "leave it out",
        ),
        (
            "two that are asked",
            two("", ""),
            "resource[0].issuer[1].introspection.token_prefix = \"\": does not tell its opaque tokens from those of resource[0].issuer[0]",
            "a prefix",
        ),
        (
            "one prefix",
            two(", token_prefix = \"a_\"", ""),
            "issuer[1].introspection.token_prefix = \"\": does not tell",
            "a prefix",
        ),
        (
            "a prefix of a prefix",
            two(", token_prefix = \"a_\"", ", token_prefix = \"a_b_\""),
            "issuer[1].introspection.token_prefix = \"a_b_\": does not tell",
            "a prefix",
        ),
    ] {
        let found = problems(load_in(folder.path(), &text));
        assert!(found.contains(message) && found.contains(remedy), "{name}: {found}");
        assert!(!found.contains("hunter2"), "{name}: {found}");
        // A secret under a key that is unknown is missing too.
        let expected = if name == "the secret in the file itself" { 2 } else { 1 };
        assert_eq!(found.lines().count(), expected, "{name}: {found}");
    }
    let told_apart = two(", token_prefix = \"a_\"", ", token_prefix = \"b_\"");
    assert!(load_in(folder.path(), &told_apart).is_ok());
}
