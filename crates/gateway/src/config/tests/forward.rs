//! What the upstream is told: what may be chosen, what of it clashes, and that nothing secret is said again.

use super::*;
use crate::config::show;
use portcullis_resource_server::{ClientTokens, IdentityKey};
use std::{fs, path::Path};

/// The key pair of RFC 7515 appendix A.3.1.
const KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
const PRIVATE_PART: &str = "jpsQnnGQ";
/// Its thumbprint.
const KID: &str = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";
const SECRET: &str = "hunter2-of-the-upstream";

/// The usual file, telling this, in a folder where secrets are.
fn telling(forward: &str, upstream: &str, folder: &Path) -> Result<Config, Problems> {
    let file = USUAL.replace("http://127.0.0.1:8000/mcp", upstream);
    let file = file.replace("[resource.tools]", &format!("[resource.forward]\n{forward}\n[resource.tools]"));
    let mut sources = sources(&file, &[("UPSTREAM_TOKEN", SECRET), ("BROKEN", "a\nb")], Flags::default());
    sources.file.as_mut().unwrap().0 = folder.join("portcullis.toml");
    load(&sources)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let public = KEY.replace(r#","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI""#, "");
    for (name, text) in [
        ("key.json", KEY),
        ("public.json", &public),
        ("words", "hunter2"),
        ("secret", SECRET),
        ("empty", "\n"),
    ] {
        private(&folder.path().join(name), text);
    }
    folder
}

fn private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

const LOCAL: &str = "http://127.0.0.1:8000/mcp";

#[test]
fn every_choice_is_typed_and_its_defaults_are_those_that_are_written_down() {
    let folder = folder();
    let settings = |forward: &str| {
        let config = telling(forward, "https://todo.example", folder.path()).unwrap();
        config.settings().remove(0).forward
    };
    let nothing = settings("");
    assert!(nothing.identity.is_none() && nothing.credential.is_none() && nothing.allowed_headers.is_empty());
    assert_eq!(nothing.client_tokens, ClientTokens::StayBehind);

    let identity = settings("identity_token = {}").identity.unwrap();
    let rules = &identity.rules;
    assert_eq!(identity.header, "x-portcullis-identity");
    assert_eq!((rules.issuer.as_str(), rules.lifetime), ("https://mcp.example.com/mcp", 60));
    assert_eq!(rules.audience, "https://todo.example", "as it is written, without a slash of ours");
    assert!(!rules.as_bearer && !rules.single_use && rules.claims.is_empty());

    let identity = settings(
        "identity_token = { header = \"Authorization\", issuer = \"us\", audience = \"todo\", lifetime_seconds = 300, \
         claims = [\"email\"], single_use = true, key_file = \"key.json\", previous_key_files = [\"public.json\"] }",
    );
    let identity = identity.identity.unwrap();
    let rules = &identity.rules;
    assert!(rules.as_bearer && rules.single_use);
    assert_eq!((rules.issuer.as_str(), rules.audience.as_str(), rules.lifetime), ("us", "todo", 300));
    assert_eq!((identity.key.kid(), identity.also_published[0].kid()), (KID, KID));

    let with = settings("dangerous_client_token = true\nallowed_headers = [\"X-Tenant-Hint\"]");
    assert_eq!(with.client_tokens, ClientTokens::DangerouslyGoOn);
    assert_eq!(with.allowed_headers, ["x-tenant-hint"]);
}

/// RS-11, RS-12, RS-19, RS-24, RS-25
#[test]
fn refuses_what_would_tell_the_upstream_something_else_than_was_meant() {
    let folder = folder();
    let token = "identity_token = { header = \"authorization\" }";
    let credential = "credential = { env = \"UPSTREAM_TOKEN\" }";
    let client = "dangerous_client_token = true";
    let network = "http://10.0.0.1/mcp";
    let plain = "in plain http over the network";
    let cases: Vec<(&str, String, &str, &str)> = vec![
        // Who writes `authorization`.
        ("token and credential", format!("{token}\n{credential}"), LOCAL, "would write the header `authorization`, which resource[0].forward.identity_token.header writes already"),
        ("token and client's", format!("{token}\n{client}"), LOCAL, "dangerous_client_token = \"true\": would write the header `authorization`"),
        ("credential and client's", format!("{credential}\n{client}"), LOCAL, "credential.header writes already"),
        ("a fact", "subject_header = \"authorization\"".into(), LOCAL, "is a header with a meaning of its own"),
        // One name for two.
        ("a fact's name", "subject_header = \"x-user\"\nidentity_token = { header = \"X_User\" }".into(), LOCAL, "is used for another fact already"),
        ("the token's name", "identity_token = { header = \"x-a\" }\ncredential = { header = \"x_a\", env = \"UPSTREAM_TOKEN\" }".into(), LOCAL, "is used for another fact already"),
        ("a header of MCP", "identity_token = { header = \"mcp-name\" }".into(), LOCAL, "is a header with a meaning of its own"),
        ("what clients send", "identity_token = { header = \"X_Request_Id\" }".into(), LOCAL, "is a header with a meaning of its own"),
        ("cookies", "credential = { header = \"cookie\", env = \"UPSTREAM_TOKEN\" }".into(), LOCAL, "is a header with a meaning of its own"),
        // What clients may say.
        ("the token itself", "allowed_headers = [\"Authorization\"]".into(), LOCAL, "is the client's token, which goes to no upstream but by `dangerous_client_token` (RS-12)"),
        ("who calls", "subject_header = \"x-user\"\nallowed_headers = [\"X_User\"]".into(), LOCAL, "would be believed whoever wrote it (RS-24)"),
        ("our token", "identity_token = {}\nallowed_headers = [\"x_portcullis_identity\"]".into(), LOCAL, "would be believed whoever wrote it"),
        ("our token, unused", "allowed_headers = [\"x-portcullis-identity\"]".into(), LOCAL, "would be believed whoever wrote it"),
        ("our credential", "credential = { header = \"x-api-key\", env = \"UPSTREAM_TOKEN\" }\nallowed_headers = [\"X-API_KEY\"]".into(), LOCAL, "would be believed whoever wrote it"),
        ("cookies of clients", "allowed_headers = [\"cookie\"]".into(), LOCAL, "is a header with a meaning of its own"),
        ("hop by hop", "allowed_headers = [\"Keep_Alive\"]".into(), LOCAL, "is a header with a meaning of its own"),
        ("where it came from", "allowed_headers = [\"x-forwarded-user\"]".into(), LOCAL, "is a header with a meaning of its own"),
        ("no name", "allowed_headers = [\"a b\"]".into(), LOCAL, "is not the name of a header"),
        // In the clear.
        ("a token in the clear", "identity_token = {}".into(), network, plain),
        ("a credential in the clear", credential.into(), network, plain),
        ("the client's token in the clear", client.into(), network, plain),
        // The token.
        ("too long", "identity_token = { lifetime_seconds = 301 }".into(), LOCAL, "from 10 to 300"),
        ("a claim of ours", "identity_token = { claims = [\"sub\"] }".into(), LOCAL, "is what an identity token says anyhow"),
        ("a claim twice", "identity_token = { claims = [\"a\", \"a\"] }".into(), LOCAL, "is listed twice"),
        ("too many claims", format!("identity_token = {{ claims = {:?} }}", (0..17).map(|n| format!("c{n}")).collect::<Vec<_>>()), LOCAL, "names more than 16 claims"),
        ("no audience", "identity_token = { audience = \" \" }".into(), LOCAL, "is no name that a token could carry"),
        ("no such key", "identity_token = { key_file = \"absent\" }".into(), LOCAL, "cannot be read"),
        ("no key", "identity_token = { key_file = \"words\" }".into(), LOCAL, "is neither a private key in PEM nor a JWK"),
        ("a public key", "identity_token = { key_file = \"public.json\" }".into(), LOCAL, "is not a whole private key"),
        ("no old key", "identity_token = { previous_key_files = [\"words\"] }".into(), LOCAL, "is neither a private key in PEM nor a JWK"),
        // The credential.
        ("no variable", "credential = { env = \"ABSENT\" }".into(), LOCAL, "credential.env: is not the name of a variable that is set"),
        ("the secret for its variable", format!("credential = {{ env = \"{SECRET}\" }}"), LOCAL, "credential.env: is not the name of a variable that is set"),
        ("no line", "credential = { env = \"BROKEN\" }".into(), LOCAL, "holds nothing that a header could carry"),
        ("nothing in the file", "credential = { file = \"empty\" }".into(), LOCAL, "credential.file = \"empty\": is empty"),
        ("no file", "credential = { file = \"absent\" }".into(), LOCAL, "cannot be read"),
        ("no source", "credential = {}".into(), LOCAL, "credential.env: is missing"),
        ("two sources", "credential = { env = \"UPSTREAM_TOKEN\", file = \"secret\" }".into(), LOCAL, "stands beside `env`"),
        ("no scheme", "credential = { scheme = \"a b\", env = \"UPSTREAM_TOKEN\" }".into(), LOCAL, "is not a scheme"),
        ("the secret itself", format!("credential = {{ value = \"{SECRET}\" }}"), LOCAL, "is not a key that is known here"),
    ];
    for (name, forward, upstream, message) in cases {
        let found = problems(telling(&forward, upstream, folder.path()));
        assert!(found.contains(message), "{name}: {found}");
        assert!(!found.contains(SECRET) && !found.contains("hunter2"), "{name}: {found}");
        let expected = if name == "the secret itself" { 2 } else { 1 };
        assert_eq!(found.lines().count(), expected, "{name}: {found}");
    }
}

#[test]
fn the_credential_and_the_key_are_read_and_never_shown() {
    let folder = folder();
    for (credential, source) in [
        ("{ env = \"UPSTREAM_TOKEN\" }", "env = \"UPSTREAM_TOKEN\""),
        ("{ header = \"x-api-key\", file = \"secret\" }", "file = \"secret\""),
    ] {
        let forward = format!(
            "credential = {credential}\nidentity_token = {{ key_file = \"key.json\", claims = [\"email\"] }}"
        );
        let config = telling(&forward, LOCAL, folder.path()).unwrap();
        let (debug, shown) = (format!("{config:?} {:?}", config.settings()), show(&config));
        for text in [&debug, &shown] {
            assert!(!text.contains(SECRET) && !text.contains(PRIVATE_PART), "{text}");
            assert!(text.contains(KID), "{text}");
        }
        for line in
            [source, "value = \"configured (not shown)\"", "lifetime_seconds = 60", "claims = [\"email\"]"]
        {
            assert!(shown.contains(line), "{line} in {shown}");
        }
        assert!(said(&config).is_empty(), "{:?}", config.warnings);
    }
}

#[test]
fn says_aloud_what_of_it_is_dangerous_or_for_one_process() {
    let folder = folder();
    let warned = |forward: &str, upstream: &str| {
        let config = telling(forward, upstream, folder.path()).unwrap();
        said(&config).join("\n")
    };
    assert!(warned("dangerous_client_token = true", LOCAL).contains("each client's own token"));
    assert_eq!(warned("dangerous_client_token = false", LOCAL), "");
    assert!(warned("identity_token = {}", LOCAL).contains("no key_file"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = fs::Permissions::from_mode(0o644);
        fs::set_permissions(folder.path().join("key.json"), open.clone()).unwrap();
        fs::set_permissions(folder.path().join("secret"), open).unwrap();
        for forward in ["identity_token = { key_file = \"key.json\" }", "credential = { file = \"secret\" }"]
        {
            assert!(warned(forward, LOCAL).contains("can be read by other users"), "{forward}");
        }
    }
}

#[test]
fn each_start_without_a_key_file_has_a_key_of_its_own() {
    let folder = folder();
    let kid = || {
        let config = telling("identity_token = {}", LOCAL, folder.path()).unwrap();
        config.settings().remove(0).forward.identity.map(|it| it.key.kid().to_owned())
    };
    assert_ne!(kid(), kid());
    assert!(IdentityKey::parse(KEY).is_ok_and(|key| key.kid() == KID));
}
