//! `bench/run authorization`: what each part of authorization costs, beside the same gateway without that part.

use crate::{
    calls::{self, ISSUER, body, request, resource, signed, token, with},
    case::{Case, measure},
    load::{self, Make},
    peers::Peer,
    tools::{self, TOOLS},
};
use anyhow::ensure;
use http_body_util::Full;
use portcullis_testing::{Answer, IntrospectionStandIn, TestKey, Token, introspection};
use serde_json::json;
use std::{path::Path, sync::Arc};

/// Every token may do everything: nothing to look up, and lists pass unread.
const NO_RULES: &str = "no rules";
const CALLERS: &str = "32 callers";
const LIST: &str = "a list";
const LIST_AS_EVENT: &str = "a list as an event";

/// How many keys prove themselves in turns: each may use no more than this part of the remembered proofs.
const KEYS: usize = 32;
/// What the gateway remembers, if nobody says otherwise.
const REMEMBERED_PROOFS: usize = 131_072;

/// Measures every case `rounds` times, in turns.
pub async fn run(gateway: &str, rounds: usize, requests: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let key = TestKey::rsa();
    let keys = calls::keys(&key).await;
    let stand_in = IntrospectionStandIn::new();
    let endpoint = stand_in.serve().await;
    let upstream = Peer::role(&["upstream", "json"])?;
    let lists = Peer::role(&["tools", "json"])?;
    let events = Peer::role(&["tools", "event"])?;

    let start = |to: &Peer, more: &str, issuer: &str, rules: &str| {
        let to = format!("http://{}/mcp", to.address);
        Peer::gateway(gateway, folder.path(), &resource(&to, more, issuer, rules))
    };
    let signed = signed(&keys.url());
    let open = |to: &Peer| start(to, DEFAULT, &signed, "");
    let ruled = |to: &Peer, rules: &str| start(to, "", &signed, rules);

    let plain = open(&upstream)?;
    let named = ruled(&upstream, &names())?;
    let over_claims = ruled(&upstream, &format!("greet_user = {{ {SCOPES}, when = \"{CLAIMS}\" }}"))?;
    let over_arguments = ruled(&upstream, &format!("greet_user = {{ {SCOPES}, when = \"{ARGUMENTS}\" }}"))?;
    let asked = start(&upstream, DEFAULT, &introspected(&endpoint.url(), folder.path())?, "")?;
    let proofs = REMEMBERED_PROOFS.max(rounds * requests);
    let dpop = format!("{DEFAULT}\ndpop = {{ mode = \"required\", remembered_proofs = {proofs} }}");
    let bound = start(&upstream, &dpop, &signed, "")?;
    let by_name = format!("\"kept_*\" = {{ {SCOPES} }}");
    let by_claims = format!("\"kept_*\" = {{ {SCOPES}, when = \"{CLAIMS}\" }}");
    let list = [open(&lists)?, ruled(&lists, &by_name)?, ruled(&lists, &by_claims)?];
    let event = [open(&events)?, ruled(&events, &by_name)?, ruled(&events, &by_claims)?];

    let small = body(16);
    let audience = |peer: &Peer| format!("http://{}/mcp", peer.address);
    let mint = |peer: &Peer| token(&audience(peer), 0).sign(&key);
    let repeated = |peer: &Peer| with(peer, vec![mint(peer)], small.clone());
    let listing = |peer: &Peer| ask_for_list(peer, &mint(peer));
    let callers = (0..KEYS).map(|number| of_caller(&audience(&plain), number).sign(&key)).collect();
    stand_in.say(OPAQUE, Answer::Json(answer(&audience(&asked))));

    for (peer, shown) in list.iter().chain(&event).zip([TOOLS, TOOLS / 2, TOOLS / 2].into_iter().cycle()) {
        let text = load::once(peer.address, listing(peer)(0)).await?;
        let names = String::from_utf8_lossy(&text).matches("\"inputSchema\"").count();
        ensure!(names == shown, "a list shows {names} tools, not {shown}");
    }
    let cases = vec![
        Case::of(NO_RULES, &plain, repeated(&plain)),
        Case::of("20 tools by name", &named, repeated(&named)).beside(NO_RULES),
        Case::of("a condition over claims", &over_claims, repeated(&over_claims)).beside(NO_RULES),
        Case::of("a condition over arguments", &over_arguments, repeated(&over_arguments)).beside(NO_RULES),
        Case::of("introspection, remembered", &asked, with(&asked, vec![OPAQUE.to_owned()], small.clone()))
            .beside(NO_RULES),
        Case::of(CALLERS, &plain, with(&plain, callers, small.clone())),
        Case::of("32 callers, a proof a request", &bound, proving(&bound, &key)).beside(CALLERS),
        Case::of(LIST, &list[0], listing(&list[0])),
        Case::of("a list, half hidden by name", &list[1], listing(&list[1])).beside(LIST),
        Case::of("a list, half hidden, a condition a tool", &list[2], listing(&list[2])).beside(LIST),
        Case::of(LIST_AS_EVENT, &event[0], listing(&event[0])),
        Case::of("an event, half hidden by name", &event[1], listing(&event[1])).beside(LIST_AS_EVENT),
        Case::of("an event, half hidden, a condition a tool", &event[2], listing(&event[2]))
            .beside(LIST_AS_EVENT),
    ];
    measure(cases, rounds, requests).await?;
    let questions = stand_in.asked_about(OPAQUE);
    ensure!(questions <= rounds, "the issuer was asked {questions} times: answers were not remembered");
    Ok(())
}

const DEFAULT: &str = "default = \"authenticated\"";
const SCOPES: &str = "scopes = [\"todo:read\"]";
const CLAIMS: &str = "claims.email.endsWith('@example.com')";
const ARGUMENTS: &str = "size(arguments.name) <= 64";
const OPAQUE: &str = "opaque_2YotnFZFEjr1zCsicMWpAAxq0aVnR7tTK5mW";

/// The tool that is called, and nineteen others.
fn names() -> String {
    let others = (1..20).map(|number| format!("tool_{number} = [\"scope:{number}\"]\n"));
    others.chain(["greet_user = [\"todo:read\"]\n".to_owned()]).collect()
}

fn ask_for_list(peer: &Peer, token: &str) -> Make {
    let (host, token) = (peer.address.to_string(), token.to_owned());
    Arc::new(move |_| {
        let request = request("/mcp", "tools/list", Some(&token)).header("host", &host);
        request.body(Full::new(tools::question())).expect("a valid request")
    })
}

fn of_caller(audience: &str, number: usize) -> Token {
    token(audience, number).claim("sub", format!("caller-{number}"))
}

/// Calls of so many callers in turns, each with a proof that is made when its request is: it must be fresh.
fn proving(peer: &Peer, issuer: &TestKey) -> Make {
    let audience = format!("http://{}/mcp", peer.address);
    let callers: Vec<(TestKey, String)> = (0..KEYS)
        .map(|number| {
            let key = TestKey::p256();
            let token = of_caller(&audience, number).bound_to(&key).sign(issuer);
            (key, token)
        })
        .collect();
    let (host, body) = (peer.address.to_string(), body(16));
    Arc::new(move |number| {
        let (key, token) = &callers[number % KEYS];
        let proof = Token::proof(key, &audience, token, calls::now()).sign(key);
        let request = calls::call("/mcp", None).header("host", &host);
        let request = request.header("authorization", format!("DPoP {token}")).header("dpop", proof);
        request.body(Full::new(body.clone())).expect("a valid request")
    })
}

/// An issuer that is asked about its tokens.
fn introspected(endpoint: &str, folder: &Path) -> anyhow::Result<String> {
    let secret = folder.join("secret");
    std::fs::write(&secret, introspection::CLIENT_SECRET)?;
    Ok(format!(
        "introspection = {{ endpoint = \"{endpoint}/introspect\", client_id = \"{}\", client_secret_file = \"{}\", \
         cache_seconds = 600 }}",
        introspection::CLIENT_ID,
        secret.display()
    ))
}

/// What it says of the opaque token: what a signed one would say.
fn answer(audience: &str) -> serde_json::Value {
    let now = calls::now();
    json!({
        "active": true, "iss": ISSUER, "aud": audience, "sub": "user-1", "client_id": "client-1",
        "scope": "openid profile todo:read todo:write", "iat": now.0, "exp": now.0 + 3600,
    })
}
