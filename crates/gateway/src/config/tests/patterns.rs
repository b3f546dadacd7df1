//! The environment variables people already have.

use super::*;
use crate::config::{Audiences, DefaultRule};

const METADATA: &str = r#"{
  "authorization_servers": ["https://acme.scalekit.com/resources/res_1"],
  "bearer_methods_supported": ["header"],
  "resource": "http://localhost:3002/",
  "resource_documentation": "http://localhost:3002/docs",
  "scopes_supported": []
}"#;

/// The metadata pattern, with its secrets, which nobody needs.
const A: [(&str, &str); 6] = [
    ("PORT", "3002"),
    ("SK_ENV_URL", "https://acme.scalekit.com/"),
    ("SK_CLIENT_ID", "skc_1"),
    ("SK_CLIENT_SECRET", "test_hunter2"),
    ("EXPECTED_AUDIENCE", "http://localhost:3002/"),
    ("PROTECTED_RESOURCE_METADATA", METADATA),
];

/// The provider pattern.
const B: [(&str, &str); 4] = [
    ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com"),
    ("SCALEKIT_CLIENT_ID", "skc_1"),
    ("SCALEKIT_RESOURCE_ID", "res_1"),
    ("MCP_URL", "http://localhost:3002/"),
];

/// The client pattern.
const D: [(&str, &str); 3] = [
    ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com"),
    ("SCALEKIT_CLIENT_ID", "skc_1"),
    ("SCALEKIT_CLIENT_SECRET", "test_hunter2"),
];

/// Auth0's guide.
const C: [(&str, &str); 4] = [
    ("AUTH0_DOMAIN", "acme.eu.auth0.com"),
    ("AUTH0_AUDIENCE", "https://todo.example/api"),
    ("AUTH0_CLIENT_ID", "client-1"),
    ("AUTH0_CLIENT_SECRET", "test_hunter2"),
];

const UPSTREAM: (&str, &str) = ("PORTCULLIS_UPSTREAM", "http://127.0.0.1:8000/mcp");

/// The pattern with an upstream and some changes; an empty value is one that is not set.
fn start(pattern: &[(&str, &str)], changes: &[(&str, &str)]) -> Result<Config, Problems> {
    from_environment(&[pattern, &[UPSTREAM], changes].concat())
}

#[test]
fn each_pattern_starts() {
    let res = || Audiences::Exact(vec!["res_1".into()]);
    let exact = |text: &str| Audiences::Exact(vec![text.into()]);
    let own = "https://acme.scalekit.com/resources/res_1";
    let environment = "https://acme.scalekit.com";
    let env_only = METADATA.replace("/resources/res_1", "");
    for (name, started, identifier, audiences, server) in [
        ("metadata", start(&A, &[]), "http://localhost:3002/", res(), own),
        (
            "metadata without an audience",
            start(&A, &[("EXPECTED_AUDIENCE", "")]),
            "http://localhost:3002/",
            res(),
            own,
        ),
        (
            "metadata without an id",
            start(&A, &[("PROTECTED_RESOURCE_METADATA", &env_only)]),
            "http://localhost:3002/",
            exact("http://localhost:3002/"),
            environment,
        ),
        (
            "no metadata, but a resource",
            start(
                &A,
                &[("PROTECTED_RESOURCE_METADATA", ""), ("PORTCULLIS_RESOURCE", "http://localhost:3002/mcp")],
            ),
            "http://localhost:3002/mcp",
            exact("http://localhost:3002/"),
            environment,
        ),
        ("provider", start(&B, &[]), "http://localhost:3002/mcp", res(), own),
        (
            "provider, no slash",
            start(&B, &[("MCP_URL", "http://localhost:3002")]),
            "http://localhost:3002/mcp",
            res(),
            own,
        ),
        (
            "provider, a slash in the environment",
            start(&B, &[("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com/")]),
            "http://localhost:3002/mcp",
            res(),
            own,
        ),
        (
            "provider, a resource",
            start(&B, &[("MCP_URL", ""), ("PORTCULLIS_RESOURCE", "https://h/x")]),
            "https://h/x",
            res(),
            own,
        ),
        (
            "client",
            start(&D, &[("PORTCULLIS_RESOURCE", "https://h/mcp")]),
            "https://h/mcp",
            exact("https://h/mcp"),
            environment,
        ),
        (
            "Auth0",
            start(&C, &[("PORTCULLIS_RESOURCE", "https://h/mcp")]),
            "https://h/mcp",
            exact("https://todo.example/api"),
            "https://acme.eu.auth0.com/",
        ),
    ] {
        let config = started.map_err(|problems| format!("{name}: {problems}")).unwrap();
        let resource = &config.resources[0];
        assert_eq!(resource.identifier.as_str(), identifier, "{name}");
        assert_eq!(resource.issuers[0].audiences, audiences, "{name}");
        assert_eq!(resource.issuers[0].authorization_server.as_str(), server, "{name}");
        assert_eq!(resource.upstream.as_str(), UPSTREAM.1, "{name}");
        assert_eq!(resource.default, DefaultRule::Authenticated, "{name}");
        assert!(config.warnings.iter().any(|it| it.starts_with("default = \"authenticated\"")), "{name}");
        assert!(config.warnings.iter().any(|it| it.contains("not needed to verify tokens")), "{name}");
    }
}

/// PRM-07: the dashboard's document is published as given, but for its empty list.
#[test]
fn given_metadata_is_published_without_its_empty_lists() {
    let config = start(&A, &[]).unwrap();
    let mut expected: serde_json::Value = serde_json::from_str(METADATA).unwrap();
    expected.as_object_mut().unwrap().remove("scopes_supported");
    assert_eq!(config.resources[0].metadata_override, Some(expected));
}

#[test]
fn the_port_is_the_listeners() {
    let config = start(&A, &[("PORT", "4000")]).unwrap();
    assert_eq!(config.listen, ["127.0.0.1:4000".parse().unwrap()]);
    assert!(config.warnings.iter().any(|it| it.contains("is not listened on here")), "{:?}", config.warnings);
}

#[test]
fn each_missing_or_odd_variable_is_named() {
    let no_resource = METADATA.replace("\"resource\":", "\"x\":");
    let other = METADATA.replace("acme", "other");
    let env_only = METADATA.replace("/resources/res_1", "");
    let json = "PROTECTED_RESOURCE_METADATA";
    let cases: Vec<(&str, Result<Config, Problems>, &str)> = vec![
        (
            "A: no environment",
            start(&A, &[("SK_ENV_URL", "")]),
            "environment variable SK_ENV_URL: is not set",
        ),
        (
            "A: an odd environment",
            start(&A, &[("SK_ENV_URL", "acme")]),
            "environment variable SK_ENV_URL = \"acme\": is not an environment URL",
        ),
        (
            "A: no metadata",
            start(&A, &[(json, "")]),
            "environment variable PROTECTED_RESOURCE_METADATA: is not set",
        ),
        (
            "A: no JSON",
            start(&A, &[(json, "{resource:")]),
            "environment variable PROTECTED_RESOURCE_METADATA: is not a JSON object",
        ),
        (
            "A: a list",
            start(&A, &[(json, "[]")]),
            "environment variable PROTECTED_RESOURCE_METADATA: is not a JSON object",
        ),
        (
            "A: no resource (PRM-02)",
            start(&A, &[(json, &no_resource)]),
            "environment variable PROTECTED_RESOURCE_METADATA: has no `resource`",
        ),
        (
            "A: a resource that is none (PRM-03)",
            start(&A, &[(json, &METADATA.replace("localhost", "example.com"))]),
            "environment variable PROTECTED_RESOURCE_METADATA = \"http://example.com:3002/\": a resource identifier uses https",
        ),
        (
            "A: a resource that cannot match (PRM-09)",
            start(&A, &[("PORTCULLIS_RESOURCE", "https://h/mcp")]),
            "is not the identifier of this resource",
        ),
        (
            "A: no server (PRM-01)",
            start(&A, &[(json, r#"{"resource":"http://localhost:3002/","authorization_servers":[]}"#)]),
            "names no authorization server (PRM-01)",
        ),
        (
            "A: another environment's server",
            start(&A, &[(json, &other)]),
            "is not an issuer whose tokens are accepted here",
        ),
        (
            "A: no audience (RS-09)",
            start(&A, &[("EXPECTED_AUDIENCE", ""), (json, &env_only)]),
            "environment variable EXPECTED_AUDIENCE: is not set",
        ),
        ("A: no port", start(&A, &[("PORT", "http")]), "environment variable PORT = \"http\": is not a port"),
        ("A: no upstream", from_environment(&A), "--upstream: is missing; write the URL of the MCP server"),
        (
            "B: no environment",
            start(&B, &[("SCALEKIT_ENVIRONMENT_URL", "")]),
            "environment variable SCALEKIT_ENVIRONMENT_URL: is not set",
        ),
        (
            "B: no id",
            start(&B, &[("SCALEKIT_RESOURCE_ID", "")]),
            "environment variable SCALEKIT_RESOURCE_ID: is not set",
        ),
        (
            "B: an odd id",
            start(&B, &[("SCALEKIT_RESOURCE_ID", "1")]),
            "environment variable SCALEKIT_RESOURCE_ID = \"1\": is not a resource id",
        ),
        ("B: no URL", start(&B, &[("MCP_URL", "")]), "--resource: is missing; set MCP_URL"),
        (
            "B: an odd URL",
            start(&B, &[("MCP_URL", "localhost")]),
            "environment variable MCP_URL = \"localhost/mcp\": a resource identifier is",
        ),
        ("B: no upstream", from_environment(&B), "--upstream: is missing"),
        ("D: no resource", start(&D, &[]), "--resource: is missing; give --resource"),
        (
            "D: no upstream",
            from_environment(&[&D[..], &[("PORTCULLIS_RESOURCE", "https://h/mcp")]].concat()),
            "--upstream: is missing",
        ),
        (
            "C: a URL for a host",
            start(
                &C,
                &[("AUTH0_DOMAIN", "https://acme.eu.auth0.com"), ("PORTCULLIS_RESOURCE", "https://h/mcp")],
            ),
            "environment variable AUTH0_DOMAIN = \"https://acme.eu.auth0.com\": is not a host",
        ),
        ("C: no resource", start(&C, &[]), "--resource: is missing"),
        (
            "A and B",
            start(&[&A[..], &B[..]].concat(), &[]),
            "environment variable SK_ENV_URL: belongs to another guide than SCALEKIT_ENVIRONMENT_URL",
        ),
        (
            "a flag in the environment",
            start(&B, &[("PORTCULLIS_BEHIND_TLS_PROXY", "maybe")]),
            "is neither true nor false",
        ),
        ("nothing", from_environment(&[]), "resource: is missing"),
        ("MCP_URL alone", from_environment(&[("MCP_URL", "http://localhost:3002/")]), "resource: is missing"),
        ("an upstream alone", from_environment(&[UPSTREAM]), "--issuer: is missing"),
    ];
    for (name, started, message) in cases {
        let found = problems(started);
        assert!(found.contains(message), "{name}: {found}");
        assert!(!found.contains("hunter2"), "{name}");
        let expected = if name == "an upstream alone" { 2 } else { 1 };
        assert_eq!(found.lines().count(), expected, "{name}: {found}");
    }
}
