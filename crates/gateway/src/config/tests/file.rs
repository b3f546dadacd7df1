//! What a good file becomes.

use super::*;
use crate::config::{Audiences, DefaultRule, Keys, Limits, Proof, TypRule};

/// JW-11, G-12, G-20: what a usual file puts in force.
#[test]
fn the_usual_file_is_enough() {
    let config = from_file(USUAL).unwrap();
    let resource = &config.resources[0];
    assert_eq!(config.listen, ["127.0.0.1:3002".parse().unwrap()]);
    assert_eq!(config.limits, Limits::default());
    assert_eq!(resource.identifier.as_str(), "https://mcp.example.com/mcp");
    assert_eq!(resource.upstream.as_str(), "http://127.0.0.1:8000/mcp");
    assert_eq!(resource.default, DefaultRule::Refuse);
    let tools: Vec<_> =
        resource.rules.rules.iter().map(|rule| format!("{}: {}", rule.pattern, rule.scope)).collect();
    assert_eq!(tools, ["*_todo: todo:write", "list_todos: todo:read"]);
    assert_eq!(said(&config), [""; 0]);
    assert_eq!(config.warnings.len(), 1, "a key that is made up is one process's");
}

/// TM-03, RS-18: the network is not let in by leaving something out.
#[test]
fn without_a_word_it_listens_on_loopback() {
    let config = from_file(&USUAL.replace("listen = \"127.0.0.1:3002\"", "")).unwrap();
    assert_eq!(config.listen, ["127.0.0.1:3002".parse().unwrap()]);
}

/// Scalekit during its migration: both issuers, the id as the audience, its own keys.
#[test]
fn the_scalekit_preset_knows_both_issuers() {
    let issuer = &from_file(USUAL).unwrap().resources[0].issuers[0];
    let own = "https://acme.scalekit.com/resources/res_123";
    let issuers: Vec<_> = issuer.issuers.iter().map(|one| one.as_str()).collect();
    assert_eq!(issuers, ["https://acme.scalekit.com", own]);
    assert_eq!(issuer.authorization_server.as_str(), own);
    assert_eq!(issuer.audiences, Audiences::Exact(vec!["res_123".into()]));
    let Proof::Signature { keys, algorithms, typ } = &issuer.proof else { panic!("it is not asked") };
    assert_eq!(*keys, Keys::JwksUri("https://acme.scalekit.com/keys".parse().unwrap()));
    assert_eq!(*algorithms, ["RS256"]);
    assert_eq!((*typ, issuer.scopes), (TypRule::Relaxed, true));
    assert_eq!(issuer.tenant_claim.as_deref(), Some("oid"));
}

/// Without the id, the Server URL is the audience exactly as written: trailing slash and all.
#[test]
fn the_scalekit_preset_without_an_id_takes_the_server_url() {
    for (name, scalekit, audience) in [
        (
            "given",
            r#"environment = "https://a.scalekit.com/", server_url = "http://localhost:3002/""#,
            "http://localhost:3002/",
        ),
        ("the identifier", r#"environment = "https://a.scalekit.com""#, "https://mcp.example.com/mcp"),
    ] {
        let file =
            USUAL.replace(r#"environment = "https://acme.scalekit.com", resource = "res_123""#, scalekit);
        let issuer = &from_file(&file).unwrap().resources[0].issuers[0];
        assert_eq!(issuer.audiences, Audiences::Exact(vec![audience.into()]), "{name}");
        assert_eq!(issuer.issuers.len(), 1, "{name}");
        assert_eq!(issuer.authorization_server.as_str(), "https://a.scalekit.com", "{name}");
    }
}

#[test]
fn everything_can_be_written() {
    let file = r#"
        listen = ["127.0.0.1:3002", "[::1]:3002"]
        audit = "off"
        log = "debug"
        log_format = "json"
        [limits]
        body_bytes = 0x10_0000
        drain_timeout_seconds = 0
        [[resource]]
        identifier = "https://mcp.example.com/a?tenant=1"
        upstream = "https://upstream.example/mcp"
        name = "Todo"
        documentation = "https://docs.example"
        default = "authenticated"
        required_scopes = ["mcp"]
        scopes_supported = ["mcp", "offline_access"]
        allowed_hosts = ["MCP.internal:8080"]
        allowed_origins = ["https://app.example.com"]
        forward = { subject_header = "X-User", tenant_header = "x-tenant" }
        [[resource.issuer]]
        name = "corp"
        issuer = "https://login.example.com/"
        jwks_uri = "https://login.example.com/jwks"
        audience = ["a", "b"]
        algorithms = ["ES256", "EdDSA"]
        typ = "relaxed"
        scopes = true
        tenant_claim = "tid"
        leeway = 60
        [[resource.issuer]]
        issuer = "http://localhost:9000"
        [resource.metadata]
        resource = "https://mcp.example.com/a?tenant=1"
        authorization_servers = ["https://login.example.com/"]
        scopes_supported = []
        x = { y = [1, 2.5, true] }
    "#;
    let config = from_file(file).unwrap();
    let resource = &config.resources[0];
    assert_eq!(config.limits.body_bytes, 1024 * 1024);
    assert!(config.drain_timeout.is_zero());
    assert_eq!(resource.allowed_hosts, ["mcp.internal:8080"]);
    assert_eq!(resource.forward.headers().collect::<Vec<_>>(), ["x-user", "x-tenant"]);
    assert_eq!(resource.scopes_supported.as_ref().unwrap().to_string(), "mcp");
    assert_eq!(resource.issuers[0].audiences, Audiences::Exact(vec!["a".into(), "b".into()]));
    assert_eq!((resource.issuers[0].name.as_str(), resource.issuers[0].leeway), ("corp", 60));
    assert_eq!(resource.issuers[1].audiences, Audiences::Identifier);
    let Proof::Signature { keys, algorithms, typ } = &resource.issuers[1].proof else { panic!("it signs") };
    assert_eq!((keys, *typ, algorithms.len()), (&Keys::Discover, TypRule::Strict, 9));
    // PRM-07: what is empty is left out, what is unknown stays.
    let metadata = resource.metadata_override.as_ref().unwrap();
    assert_eq!(metadata.get("scopes_supported"), None);
    assert_eq!(metadata["x"]["y"][1], 2.5);
}

/// PRM-03, CH-12, RS-19: said aloud, and started all the same.
#[test]
fn says_aloud_what_is_allowed_but_odd() {
    let unsafe_upstream = USUAL.replace("http://127.0.0.1:8000", "http://10.0.0.5:8000");
    for (name, file, warning) in [
        (
            "a query",
            USUAL.replace(".com/mcp", ".com/mcp?a=b"),
            "portcullis.toml:5: resource[0].identifier: an identifier should have no query",
        ),
        (
            "offline_access",
            USUAL.replace("[\"todo:read\"]", "[\"todo:read\", \"offline_access\"]"),
            "resource[0].tools.list_todos[1]: offline_access is left out",
        ),
        (
            "plain http",
            unsafe_upstream,
            "portcullis.toml:6: resource[0].upstream: plain http to another machine",
        ),
        (
            "rules are not all",
            USUAL.replace("[[resource]]", "[[resource]]\ndefault = \"authenticated\""),
            "resource[0].default: what no rule names",
        ),
        (
            "nothing allowed",
            USUAL
                .split("[resource.tools]")
                .next()
                .unwrap()
                .replace("[[resource]]", "[[resource]]\ndefault = \"refuse\""),
            "nothing can be called",
        ),
        (
            "callers who share",
            USUAL.replace("[[resource]]", "[[resource]]\ndangerous_shared_connections = true"),
            "resource[0].dangerous_shared_connections: an upstream that says more than it was asked",
        ),
        (
            "another port",
            USUAL.replace("https://mcp.example.com/mcp", "http://localhost:3003/mcp"),
            "is not listened on here",
        ),
    ] {
        let config = from_file(&file).map_err(|problems| problems.to_string()).unwrap();
        let warnings = said(&config);
        assert_eq!(warnings.len(), 1, "{name}: {warnings:?}");
        assert!(warnings[0].contains(warning), "{name}: {warnings:?}");
    }
}
