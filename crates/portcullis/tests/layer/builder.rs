//! What is said wrongly is told, all of it at once; and what is not said refuses.

use crate::fixture::{CALL, Whole, described, post, text, token};
use portcullis::{
    Allowed, BuildError, DefaultRule, ProtectedResource, TrustedIssuer, auth0, from_variables, introspection,
    oauth::ResourceIdentifier,
    oidc,
    resource_server::{Condition, Policy, Reach, Rule},
    scalekit, scalekit_by_server_url,
};
use std::collections::BTreeMap;
use tower::{Layer as _, ServiceExt as _, service_fn};

const HERE: &str = "https://mcp.example.com/mcp";

fn problems(built: Result<ProtectedResource, BuildError>) -> Vec<String> {
    let error = built.map(|_| ()).unwrap_err();
    assert_eq!(error.to_string().lines().count(), error.problems().len() + 1, "{error}");
    assert_eq!(format!("{error:?}"), error.to_string(), "`main` prints an error so");
    error.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn everything_wrong_is_told_at_once() {
    let builder = ProtectedResource::builder("http://mcp.example.com/mcp")
        .issuer(oidc("login.example.com"))
        .issuer(scalekit("https://acme.scalekit.com/x", "res_1"))
        .issuer(scalekit("https://acme.scalekit.com", "resource"))
        .issuer(auth0("https://acme.auth0.com", "api"))
        .issuer(introspection("https://i.example", "id", "secret").relaxed_typ())
        .issuer(oidc("https://login.example.com").algorithms(["none"]))
        .issuer(oidc("https://j.example").leeway(61))
        .tool("a", ["todo read"])
        .require([""])
        .implies("a b", ["c"]);
    let found = problems(builder.build());
    for (place, told) in found.iter().zip([
        "the rule for \"a\" ' ' may not stand",
        "require a scope may not be empty",
        "what \"a b\" implies ' ' may not stand",
        "the resource identifier \"http://mcp.example.com/mcp\" is none: a resource identifier uses https",
        "issuer 1, issuer \"login.example.com\"",
        "issuer 2, scalekit: environment \"https://acme.scalekit.com/x\" is not an environment URL",
        "issuer 3, scalekit: resource \"resource\" is not a resource id",
        "issuer 4, auth0: domain \"https://acme.auth0.com\" is not a host",
        "issuer 5, relaxed_typ is for tokens that are signed",
        "issuer 6, algorithms names none",
        "issuer 7, leeway is over 60 s",
    ]) {
        assert!(place.starts_with(told), "{place}\n{told}");
    }
    assert_eq!(found.len(), 11, "{found:#?}");
}

/// What is said twice is not silently said once, and a password in a URL is not repeated.
#[test]
fn what_would_stand_in_for_another_is_told() {
    let twice = described().tool("delete_todo", ["todo:admin"]).tool("delete_todo", []).tool("*", []);
    let yes = async || Allowed::yes();
    let checks = described().tool("a", []).check(move |_, _| yes()).check(move |_, _| yes());
    let nobodys =
        ProtectedResource::builder(HERE).issuer(scalekit_by_server_url("https://acme.scalekit.com", ""));
    let password = ProtectedResource::builder(HERE).issuer(oidc("https://u:hunter2@i.example"));
    for (builder, told) in [
        (twice, "the rule for \"delete_todo\" is given twice"),
        (checks, "the check is given twice"),
        (nobodys.tool("a", []), "issuer 1, audience is empty"),
        (password.tool("a", []), "issuer 1, issuer"),
    ] {
        let found = problems(builder.build());
        assert!(found.len() == 1 && found[0].starts_with(told), "{found:?}");
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
}

/// TM-02, SB-13: a host or origin that no browser sends would admit nobody and say nothing about it.
#[test]
fn hosts_origins_and_pages_that_are_none_are_told() {
    for (builder, told) in [
        (
            described().allow_host("https://mcp.example.com"),
            "allow_host, host \"https://mcp.example.com\" is not",
        ),
        (described().allow_host("*.example.com"), "allow_host, host \"*.example.com\" is not a host"),
        (
            described().allow_origin("https://app.example/"),
            "allow_origin, origin \"https://app.example/\" is not",
        ),
        (described().allow_origin("*"), "allow_origin, origin \"*\" is not an origin; there is no wildcard"),
        (
            described().documentation("javascript:alert(1)"),
            "documentation \"javascript:alert(1)\" is not the URL",
        ),
        (described().documentation("docs"), "documentation \"docs\" is not the URL of a page"),
    ] {
        let found = problems(builder.tool("a", []).build());
        assert!(found.len() == 1 && found[0].starts_with(told), "{found:?}\n{told}");
    }
}

/// Whatever is said last of hosts, what was said after it still holds.
#[test]
fn hosts_are_checked_in_whatever_order_they_are_said() {
    let open = || Reach::of(&ResourceIdentifier::parse(HERE).unwrap()).allow_origin("https://app.example");
    let foreign = http::Request::post("/mcp").header("host", "evil.example").body(()).unwrap();
    for (builder, is_reached) in [
        (described().allow_host("mcp.example.com"), false),
        (described().reach(open()).allow_host("mcp.example.com"), false),
        (described().allow_host("mcp.example.com").reach(open()), true),
    ] {
        let resource = builder.tool("a", []).build().unwrap();
        assert_eq!(resource.line().reach.check(&foreign).is_ok(), is_reached);
    }
}

/// Which issuer is asked follows from the token alone, never from trial and error.
#[test]
fn issuers_that_could_be_taken_for_each_other_do_not_build() {
    let asked = |issuer| introspection(issuer, "id", "secret");
    for (one, other, told) in [
        (oidc("https://i.example"), oidc("https://i.example"), "has an identifier of another issuer"),
        (
            oidc("https://i.example").named("x"),
            oidc("https://j.example").named("x"),
            "has the name of another",
        ),
        (asked("https://i.example"), asked("https://j.example"), "is asked about the tokens of another"),
        (
            scalekit("https://acme.scalekit.com", "res_1"),
            oidc("https://acme.scalekit.com"),
            "has an identifier",
        ),
    ] {
        let builder = ProtectedResource::builder(HERE).issuer(one).issuer(other).tool("a", ["b"]);
        let found = problems(builder.build());
        assert!(found.len() == 1 && found[0].contains(told), "{found:?}");
    }
    let none: [TrustedIssuer; 0] = [];
    let found = problems(ProtectedResource::builder(HERE).issuers(none).tool("a", ["b"]).build());
    assert!(found[0].starts_with("the issuers are none"), "{found:?}");
}

/// Absence refuses: without rules somebody has to say what that means; with them, what they do not name is refused.
#[tokio::test]
async fn what_no_rule_names_is_refused_unless_somebody_says_so() {
    assert!(problems(described().build())[0].starts_with("the policy says nothing"));
    let open = described().otherwise(DefaultRule::Authenticated);
    let listed = described().tool("whoami", []);
    let other = described().tool("other", []);
    let and_open = described().tool("other", []).otherwise(DefaultRule::Authenticated);
    let whole = described().tool("whoami", []).policy(Policy::new(DefaultRule::Refuse));
    for (builder, status) in [(open, 200), (listed, 200), (other, 403), (and_open, 200), (whole, 403)] {
        assert_eq!(called(&builder.build().unwrap()).await, status);
    }
}

/// Everything a configuration file can say of an operation can be said in code.
#[tokio::test]
async fn a_rule_may_have_a_condition() {
    for (condition, status) in [("claims.sub == 'user-1'", 200), ("claims.sub == 'user-2'", 403)] {
        let rule = Rule::default().when(Condition::compile(condition).unwrap());
        let resource = described().tool("whoami", rule).build().unwrap();
        assert_eq!(called(&resource).await, status, "{condition}");
    }
}

async fn called(resource: &ProtectedResource) -> u16 {
    let service = resource.layer().layer(service_fn(async |_: http::Request<Whole>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Whole::default()))
    }));
    service.oneshot(post::<Whole>(&token("user-1"), CALL)).await.unwrap().status().as_u16()
}

/// PRM-01, PRM-07, PRM-09: a document that would mislead clients is not published.
#[tokio::test]
async fn a_given_document_is_published_where_it_is_right() {
    let document = |text: &str| serde_json::from_str(text).unwrap();
    let right = r#"{"resource":"https://mcp.example.com/mcp","authorization_servers":["https://issuer.example"],"scopes_supported":["offline_access"],"x":1}"#;
    let resource = described().tool("a", []).metadata(document(right)).build().unwrap();
    let request = http::Request::get("https://mcp.example.com/.well-known/oauth-protected-resource").body(());
    let published = resource.public_answer(&request.unwrap()).unwrap();
    let expected = r#"{"authorization_servers":["https://issuer.example"],"resource":"https://mcp.example.com/mcp","x":1}"#;
    assert_eq!(text(published).await, expected);
    for (wrong, told) in [
        (right.replace("com/mcp", "com/mcp/"), "metadata, resource"),
        (right.replace("//issuer", "//other"), "metadata, authorization_servers[0]"),
        (
            right.replace("\"x\":1", "\"bearer_methods_supported\":[\"query\"]"),
            "metadata, bearer_methods_supported",
        ),
        (right.replace("offline_access", "a b"), "metadata, scopes_supported[0]"),
    ] {
        let found = problems(described().tool("a", []).metadata(document(&wrong)).build());
        assert!(found.len() == 1 && found[0].starts_with(told), "{found:?}");
    }
}

/// The variables of each guide are enough.
#[test]
fn the_environment_is_enough() {
    let start = |variables: &[(&str, &str)]| {
        let variables: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        from_variables(|name| variables.get(name).cloned())?.build()
    };
    let metadata = r#"{"resource":"http://localhost:3002/","authorization_servers":["https://acme.scalekit.com/resources/res_1"],"scopes_supported":[]}"#;
    let a = [("SK_ENV_URL", "https://acme.scalekit.com"), ("PROTECTED_RESOURCE_METADATA", metadata)];
    let b = [
        ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com/"),
        ("SCALEKIT_RESOURCE_ID", "res_1"),
        ("MCP_URL", "http://localhost:3002/"),
    ];
    let c = [("AUTH0_DOMAIN", "acme.eu.auth0.com"), ("AUTH0_AUDIENCE", "api"), ("PORTCULLIS_RESOURCE", HERE)];
    let d = [("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com"), ("PORTCULLIS_RESOURCE", HERE)];
    for (variables, identifier, servers) in [
        (
            &a[..],
            "http://localhost:3002/",
            vec!["https://acme.scalekit.com", "https://acme.scalekit.com/resources/res_1"],
        ),
        (
            &b,
            "http://localhost:3002/mcp",
            vec!["https://acme.scalekit.com", "https://acme.scalekit.com/resources/res_1"],
        ),
        (&c, HERE, vec!["https://acme.eu.auth0.com/"]),
        (&d, HERE, vec!["https://acme.scalekit.com"]),
    ] {
        let resource = start(variables).unwrap();
        let line = resource.line();
        let trusted: Vec<&str> =
            line.verifier.issuers().iter().flat_map(|issuer| &issuer.issuers).map(|it| it.as_str()).collect();
        assert_eq!((line.resource.as_str(), trusted), (identifier, servers));
    }
    for (variables, told) in [
        (&[][..], "the environment names no issuer"),
        (&a[..1], "environment variable PROTECTED_RESOURCE_METADATA is not set"),
        (&b[..2], "environment variable PORTCULLIS_RESOURCE is not set"),
        (&c[1..2], "environment variable AUTH0_DOMAIN is not set"),
        (
            &[a[0], b[0]],
            "environment variable SK_ENV_URL belongs to another guide than SCALEKIT_ENVIRONMENT_URL",
        ),
        (
            &[("SCALEKIT_ENVIRONMENT_URL", "acme"), ("PORTCULLIS_RESOURCE", HERE)],
            "issuer 1, scalekit: environment \"acme\"",
        ),
    ] {
        let found = problems(start(variables));
        assert!(found[0].starts_with(told), "{found:?}");
    }
}

/// A program that leaves our way to keys out has to have one of its own.
#[cfg(not(feature = "client"))]
#[test]
fn without_a_client_it_does_not_build_unless_a_fetcher_is_given() {
    let builder = || ProtectedResource::builder(HERE).issuer(oidc("https://i.example")).tool("a", ["b"]);
    assert_eq!(
        problems(builder().build()),
        ["the way to keys and metadata is missing; give one with .fetch(…), or turn on the feature `client`"]
    );
    assert!(described().tool("a", ["b"]).build().is_ok());
}
