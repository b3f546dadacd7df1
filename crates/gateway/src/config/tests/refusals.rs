//! What does not start, and what is said about it.

use super::*;

/// Replaces `from` in the usual file.
fn with(from: &str, to: &str) -> String {
    assert!(USUAL.contains(from), "{from}");
    USUAL.replace(from, to)
}

/// A second resource beside the usual one.
fn beside(resource: &str) -> String {
    format!("{USUAL}\n[[resource]]\nupstream = \"http://127.0.0.1:8001/\"\ndefault = \"refuse\"\n{resource}")
}

const SCALEKIT: &str = r#"scalekit = { environment = "https://acme.scalekit.com", resource = "res_123" }"#;
const IDENTIFIER: &str = "https://mcp.example.com/mcp";
const UPSTREAM: &str = "http://127.0.0.1:8000/mcp";
const TOOLS: &str = "[resource.tools]";

/// One problem each, with its place, and with what to do.
#[test]
fn every_problem_names_its_place_and_its_remedy() {
    let issuer = |text: &str| with(SCALEKIT, &format!("issuer = \"https://i.example\"\n{text}"));
    let cases: Vec<(&str, String, &str, &str)> = vec![
        // What is absent.
        ("no identifier", with("identifier =", "name ="), "portcullis.toml:4: resource[0].identifier: is missing", "the URL clients dial"),
        ("no upstream", with("upstream ", "name"), "portcullis.toml:4: resource[0].upstream: is missing", "--upstream"),
        ("no issuer", with("[[resource.issuer]]\n", "").replace(SCALEKIT, ""), "resource[0].issuer: is missing", "[[resource.issuer]]"),
        ("an issuer without its URL", with(SCALEKIT, "leeway = 1"), "portcullis.toml:8: resource[0].issuer[0].issuer: is missing", "`iss`"),
        ("no environment", with("environment = \"https://acme.scalekit.com\", ", ""), "resource[0].issuer[0].scalekit.environment: is missing", "dashboard"),
        ("no audience (RS-09)", issuer("audience = []"), "resource[0].issuer[0].audience: names no audience", "leave the key out"),
        ("an empty audience (RS-09)", issuer("audience = \"\""), "resource[0].issuer[0].audience: names no audience", "leave the key out"),
        ("no algorithm", issuer("algorithms = []"), "names no algorithm", "RS256"),
        ("no listener", with("listen = \"127.0.0.1:3002\"", "listen = []"), "portcullis.toml:2: listen: names no address", "127.0.0.1:3002"),
        // What is not what it should be.
        ("an unknown key", with("upstream ", "upsteam "), "portcullis.toml:6: resource[0].upsteam: is not a key that is known here", "did you mean `upstream`?"),
        ("an unknown key unlike all", with("listen", "frobnicate"), "portcullis.toml:2: frobnicate: is not a key", "known here: admin, audit, "),
        ("another kind", with("\"127.0.0.1:3002\"", "3002"), "portcullis.toml:2: listen: is a whole number, not a text", "write listen = \"…\""),
        ("one bracket", with("[[resource.issuer]]", "[resource.issuer]"), "resource[0].issuer: is a table, not a list", "write [[resource.issuer]]"),
        ("an unknown choice", with(TOOLS, "[resource.forward]").replace("[[resource]]", "[[resource]]\ndefault = \"autenticated\"").split("list_todos").next().unwrap().into(), "portcullis.toml:5: resource[0].default = \"autenticated\": is not one of \"authenticated\", \"refuse\"", "did you mean \"authenticated\"?"),
        ("out of bounds", issuer("leeway = 61"), "resource[0].issuer[0].leeway = \"61\": is out of bounds", "from 0 to 60"),
        ("a limit out of bounds", format!("limits.body_bytes = 1\n{USUAL}"), "portcullis.toml:1: limits.body_bytes = \"1\": is out of bounds", "from 1024 to 67108864"),
        ("not an address", with("127.0.0.1:3002", "localhost:3002"), "listen = \"localhost:3002\": is not an address", "127.0.0.1:3002"),
        ("no rate", format!("rate_limits.per_subject = \"600\"\n{USUAL}"), "portcullis.toml:1: rate_limits.per_subject = \"600\": is no rate", "600/minute"),
        ("a rate that is none", format!("rate_limits.per_address = \"0/minute\"\n{USUAL}"), "rate_limits.per_address = \"0/minute\": is out of bounds", "600/minute"),
        ("a rate of a resource", with(TOOLS, "[resource.rate_limits.tools]\n\"*_todo\" = \"often\"\n[resource.tools]"), "resource[0].rate_limits.tools.\"*_todo\" = \"often\": is no rate", "600/minute"),
        ("a rate twice", with(TOOLS, "[resource.rate_limits]\nper_tool = \"1/hour\"\ntools = { \"*\" = \"2/hour\" }\n[resource.tools]"), "resource[0].rate_limits.per_tool: says the same", "leave one of them out"),
        ("no rate for a tool", with(TOOLS, "[resource.rate_limits.tools]\na = \"off\"\n[resource.tools]"), "resource[0].rate_limits.tools.a = \"off\": is no rate", "leave the tool out"),
        ("all clients as one", format!("behind_tls_proxy = true\nrate_limits.per_address = \"600/minute\"\n{USUAL}"), "portcullis.toml:2: rate_limits.per_address = \"600/minute\": would count all clients as one", "trusted_proxies"),
        ("a proxy by name", format!("trusted_proxies = [\"proxy.internal\"]\n{USUAL}"), "portcullis.toml:1: trusted_proxies[0] = \"proxy.internal\": is neither", "10.0.0.0/8"),
        ("everybody a proxy", format!("trusted_proxies = [\"127.0.0.1\", \"::/0\"]\n{USUAL}"), "trusted_proxies[1] = \"::/0\": trusts every client", "your own proxies"),
        ("a header of nobody", format!("client_address_header = \"forwarded\"\n{USUAL}"), "portcullis.toml:1: client_address_header = \"forwarded\": is believed from nobody", "trusted_proxies"),
        ("the same address twice", with("\"127.0.0.1:3002\"", "[\"127.0.0.1:3002\", \"127.0.0.1:3002\"]"), "listen[1] = \"127.0.0.1:3002\": is listed twice", "leave one"),
        ("plain http for the network (RS-18)", with("127.0.0.1:3002", "0.0.0.0:3002"), "would take tokens in plain http", "behind_tls_proxy = true"),
        ("a fragment (PRM-03)", with(IDENTIFIER, "https://mcp.example.com/mcp#x"), "has no fragment", "the URL clients dial"),
        ("an identifier in plain http (RS-18)", with(IDENTIFIER, "http://mcp.example.com/mcp"), "uses https", "the URL clients dial"),
        ("an upstream of another scheme", with(UPSTREAM, "ftp://127.0.0.1"), "portcullis.toml:6: resource[0].upstream = \"ftp://127.0.0.1\": an upstream is", "--upstream"),
        ("an upstream with a query", with(UPSTREAM, "http://127.0.0.1:8000/mcp?a"), "an upstream is an http or https URL without", "--upstream"),
        ("an upstream with a password", with(UPSTREAM, "http://u:hunter2@127.0.0.1/"), "\"http://…@127.0.0.1/\"", "--upstream"),
        ("an upstream that is this gateway", with(UPSTREAM, "http://localhost:3002/mcp"), "listens on itself", "another port"),
        ("an issuer in plain http (RS-18)", issuer("").replace("https://i", "http://i"), "an issuer uses https", "`iss`"),
        ("keys in plain http (RS-18)", issuer("jwks_uri = \"http://i.example/jwks\""), "resource[0].issuer[0].jwks_uri = \"http://i.example/jwks\": keys come over https", "issuer's metadata"),
        ("a symmetric algorithm (JW-11)", issuer("algorithms = [\"RS256\", \"HS256\"]"), "algorithms[1] = \"HS256\": is symmetric", "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA"),
        ("no signature (JW-04)", issuer("algorithms = [\"none\"]"), "algorithms[0] = \"none\": accepts tokens that nobody signed", "RS256"),
        ("another spelling (JW-12)", issuer("algorithms = [\"rs256\"]"), "is not an algorithm", "RS256"),
        ("an issuer twice", issuer("[[resource.issuer]]\nissuer = \"https://i.example\""), "is an issuer of this resource already", "each issuer once"),
        ("a name twice", issuer("name = \"a\"\n[[resource.issuer]]\nissuer = \"https://j.example\"\nname = \"a\""), "resource[0].issuer[1].name = \"a\"", "another one"),
        ("a preset and its contents", with(SCALEKIT, &format!("{SCALEKIT}\ntyp = \"at+jwt\"")), "portcullis.toml:10: resource[0].issuer[0].typ: is decided by the preset", "leave it out"),
        ("an environment with a path", with("scalekit.com\"", "scalekit.com/resources/res_1\""), "is not an environment URL", "https://acme.scalekit.com"),
        ("an odd id", with("res_123", "skc_123"), "scalekit.resource = \"skc_123\": is not a resource id", "res_123"),
        // Rules.
        ("no rule and no default", with(TOOLS, "[resource.forward]").split("list_todos").next().unwrap().into(), "resource[0].default: is missing", "[resource.tools] with list_todos = [\"todo:read\"] (what they do not list is refused), or write default = \"authenticated\""),
        ("no scope (CH-04)", with("todo:read", "todo read"), "tools.list_todos[0] = \"todo read\": ' ' may not stand", "a text of its own"),
        ("offline_access alone (CH-12)", with("todo:read", "offline_access"), "tools.list_todos: asks for nothing but offline_access", "write []"),
        ("no name", with("list_todos", "\"\""), "resource[0].tools.\"\": is a rule for something without a name", "pattern"),
        // Headers, hosts and origins.
        ("a bound token without its proof", with("[[resource]]", "[[resource]]\ndpop = \"supported\"").replace(TOOLS, &format!("[resource.forward]\ndangerous_client_token = true\n{TOOLS}")), "resource[0].forward.dangerous_client_token: stands beside dpop", "identity_token"),
        ("a path that is ours", with(IDENTIFIER, "https://mcp.example.com/.well-known/portcullis/jwks.json"), "is below /.well-known/", "another path"),
        ("who calls, in the clear (RS-19)", with(UPSTREAM, "http://10.0.0.1/").replace(TOOLS, &format!("[resource.forward]\nsubject_header = \"x-user\"\n{TOOLS}")), "would carry who calls, or a credential, in plain http", "https"),
        ("a header with a meaning", with(TOOLS, &format!("[resource.forward]\nsubject_header = \"Proxy_Authorization\"\n{TOOLS}")), "is a header with a meaning of its own", "x-portcullis-subject"),
        ("no header", with(TOOLS, &format!("[resource.forward]\nsubject_header = \"a b\"\n{TOOLS}")), "is not the name of a header", "x-portcullis-subject"),
        ("a header twice", with(TOOLS, &format!("[resource.forward]\nsubject_header = \"x-a\"\nclient_header = \"X_A\"\n{TOOLS}")), "client_header = \"X_A\": is used for another", "x-portcullis"),
        ("a wildcard origin (TM-02)", with("[[resource]]", "[[resource]]\nallowed_origins = [\"*\"]"), "there is no wildcard", "https://app.example.com"),
        ("an origin with a path (TM-02)", with("[[resource]]", "[[resource]]\nallowed_origins = [\"https://A.example/x\"]"), "is not an origin", "write \"https://a.example\""),
        ("a host with a scheme (TM-02)", with("[[resource]]", "[[resource]]\nallowed_hosts = [\"https://a\"]"), "is not a host", "mcp.example.com"),
        ("documentation that is none", with("[[resource]]", "[[resource]]\ndocumentation = \"javascript:alert(1)\""), "is not the URL of a page", "https"),
        // Two resources.
        ("a resource twice", beside(&format!("identifier = \"{IDENTIFIER}/\"\n[[resource.issuer]]\nissuer = \"https://i.example\"")), "is reached at the same host and path as resource[0]", "of its own"),
        ("sharing twice", with("[[resource]]", "[[resource]]\nupstream_http2 = true\ndangerous_shared_connections = true"), "dangerous_shared_connections = \"true\": is for HTTP/1.1 alone", "leave it out"),
        ("a prefix that is none", with("[[resource]]", "[[resource]]\nstripped_prefix = \"/mc\""), "stripped_prefix = \"/mc\": is not how the path of https://mcp.example.com/mcp begins", "leave the key out"),
        ("two that arrive as one", beside("identifier = \"https://mcp.example.com/b/mcp\"\nstripped_prefix = \"/b\"\n[[resource.issuer]]\nissuer = \"https://i.example\""), "is reached at the same host and path as resource[0]", "of its own"),
        ("two that one host leads to", beside("identifier = \"https://b.example.com/mcp\"\nallowed_hosts = [\"inner:80\"]\n[[resource.issuer]]\nissuer = \"https://i.example\"").replacen("[[resource]]", "[[resource]]\nallowed_hosts = [\"inner:80\"]", 1), "resource[1].identifier = \"https://b.example.com/mcp\": is reached at the same host and path as resource[0]", "of its own"),
        ("two roots of a host (G-04)", beside("identifier = \"https://mcp.example.com/b\"\nmetadata_at_root = true\n[[resource.issuer]]\nissuer = \"https://i.example\"").replacen("[[resource]]", "[[resource]]\nmetadata_at_root = true", 1), "resource[1].metadata_at_root = \"true\": is said of resource[0] of the same host too", "one root"),
        ("an audience twice (RS-09)", beside(&format!("identifier = \"https://mcp.example.com/b\"\n[[resource.issuer]]\n{SCALEKIT}")), "resource[1].issuer = \"res_123\": means resource[0] too", "of its own"),
        ("an audience that is another's identifier (RS-09)", beside("identifier = \"https://mcp.example.com/b\"\n[[resource.issuer]]\nissuer = \"https://i.example\"\naudience = \"https://mcp.example.com/mcp\"").replace(SCALEKIT, "issuer = \"https://i.example\""), "means resource[0] too", "of its own"),
        // Files.
        ("not TOML", with("[[resource]]", "[[resource"), "portcullis.toml:4: is not TOML", "correct the line"),
        ("a key twice", with("[[resource]]", "listen = \"127.0.0.1:1\""), "portcullis.toml:4: is not TOML", "correct the line"),
        ("a key file that is not there", format!("session_key_file = \"/no/such/file\"\n{USUAL}"), "session_key_file = \"/no/such/file\": cannot be read", "openssl rand -base64 32"),
        ("nothing", " ".into(), "portcullis.toml:1: resource: is missing", "write a [[resource]]"),
    ];
    for (name, file, message, remedy) in cases {
        let found = problems(from_file(&file));
        assert!(found.contains(message) && found.contains(remedy), "{name}: {found}");
        // A key that is misspelt is missing too.
        let expected = if name == "an unknown key" { 2 } else { 1 };
        assert_eq!(found.lines().count(), expected, "{name}: {found}");
    }
}

/// Metadata that is published as given is checked at start.
#[test]
fn refuses_metadata_that_would_mislead_clients() {
    let server = "authorization_servers = [\"https://acme.scalekit.com\"]";
    let own = format!("resource = \"{IDENTIFIER}\"");
    for (name, metadata, message) in [
        ("no resource (PRM-02)", server.to_owned(), "metadata.resource: is missing"),
        (
            "another resource (PRM-09)",
            format!("resource = \"{IDENTIFIER}/\"\n{server}"),
            "is not the identifier of this resource",
        ),
        ("no server (PRM-01)", own.clone(), "names no authorization server"),
        (
            "an empty list of servers (PRM-01)",
            format!("{own}\nauthorization_servers = []"),
            "names no authorization server",
        ),
        (
            "a server we do not trust (PRM-01)",
            format!("{own}\nauthorization_servers = [\"https://e.example\"]"),
            "is not an issuer whose tokens are accepted here",
        ),
        ("a server that is no text", format!("{own}\nauthorization_servers = [1]"), "is not a text"),
        (
            "tokens in the body (PRM-13)",
            format!("{own}\n{server}\nbearer_methods_supported = [\"body\"]"),
            "tokens come in the header alone",
        ),
        (
            "scopes that are none",
            format!("{own}\n{server}\nscopes_supported = [\"a b\"]"),
            "may not stand in a scope",
        ),
        (
            "scopes that are no list",
            format!("{own}\n{server}\nscopes_supported = \"a\""),
            "is not a list of scopes",
        ),
    ] {
        let found = problems(from_file(&format!("{USUAL}\n[resource.metadata]\n{metadata}")));
        assert!(found.contains(message), "{name}: {found}");
        assert_eq!(found.lines().count(), 1, "{name}: {found}");
    }
}

#[test]
fn tells_every_problem_at_once_in_the_order_of_the_file() {
    let file = r#"
        listen = 3002
        behind_tls_proxy = "yes"
        [[resource]]
        identifier = "https://mcp.example.com/mcp#x"
        upsream = "http://127.0.0.1:8000/mcp"
        [[resource.issuer]]
        issuer = "http://login.example.com"
        algorithms = ["HS256", 7]
        leeway = 600
        [resource.tools]
        a = ["todo read"]
        [[resource]]
    "#;
    let found = problems(from_file(file));
    let lines: Vec<_> = found.lines().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(
        lines,
        ["2", "3", "4", "5", "6", "8", "9", "9", "10", "12", "13", "13", "13", "13"],
        "{found}"
    );
}
