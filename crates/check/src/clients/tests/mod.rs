//! Every client, played against a good server and against each of the faults that clients are known to stop at: exactly those that
//! have the quirk stop, at the right step, and the others go on.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use super::{FILES, Profile, clients, play};
use crate::WalkStep::{self, Call, Issuer, Pkce, Registration, Resource, ServerMetadata};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use world::{AT_PATH, AT_ROOT, OPENID, SERVER, World};

/// Exactly these clients stop, each at its step.
#[track_caller]
fn stop(name: &str, world: &World, expected: &[(WalkStep, &[&str])]) {
    let reports = world.play();
    let stopped: BTreeMap<_, _> =
        reports.iter().filter_map(|report| Some((report.id, report.stops.as_ref()?.at.words()))).collect();
    let expected: BTreeMap<_, _> =
        expected.iter().flat_map(|(at, ids)| ids.iter().map(|id| (*id, at.words()))).collect();
    assert_eq!(stopped, expected, "{name}: {reports:#?}");
}

const ALL: &[&str] = &[
    "claude.ai",
    "chatgpt",
    "claude-code",
    "cursor",
    "vscode",
    "codex",
    "gemini-cli",
    "inspector",
    "mcp-remote",
];

/// CL-01 to CL-06
#[test]
fn every_client_reaches_the_sign_in_of_a_good_server() {
    stop("good", &World::good(), &[]);
    assert_eq!(clients().collect::<Vec<_>>(), ALL);
}

#[test]
fn who_only_knows_401_stops_at_any_other_status() {
    let but = |not: &'static str| ALL.iter().copied().filter(|id| *id != not).collect::<Vec<_>>();
    stop("open", &World::good().calls(200, Vec::new()), &[(Call, ALL)]);
    stop("moved", &World::good().calls(307, vec![("location", "/mcp/".to_owned())]), &[(Call, ALL)]);
    let unchanged = World::good().calls(304, Vec::new()).play();
    assert!(unchanged.iter().all(|report| !report.stops.as_ref().unwrap().said.contains("redirect")));
    stop("forbidden", &World::good().calls(403, Vec::new()), &[(Call, &but("vscode"))]);
}

/// CL-01
#[test]
fn a_bare_401_is_enough_where_the_metadata_is_where_it_belongs() {
    stop("bare", &World::good().calls(401, Vec::new()), &[]);
    stop("at the root alone", &World::good().calls(401, Vec::new()).without(&[AT_PATH]), &[]);
}

/// CL-01
#[test]
fn who_does_not_read_the_challenge_stops_where_only_the_challenge_knows() {
    let elsewhere = "https://h.example/elsewhere";
    let world = World::good().move_to(AT_PATH, elsewhere).without(&[AT_ROOT]).points_to(elsewhere);
    stop("elsewhere", &world, &[(ServerMetadata, &["claude-code", "codex"])]);
}

#[test]
fn who_stays_where_the_challenge_points_stops_when_nothing_is_there() {
    let world = World::good().points_to("https://h.example/nothing");
    stop("nothing", &world, &[(ServerMetadata, &["vscode", "inspector", "mcp-remote"])]);
}

/// PRM-02, PRM-09
#[test]
fn another_resource_stops_who_compares() {
    let set = |resource: &str| World::good().set(&[AT_PATH, AT_ROOT], "resource", json!(resource));
    let prefix = ["claude-code", "inspector", "mcp-remote"];
    let strict = ["claude.ai", "gemini-cli"];
    let all = [&prefix[..], &strict[..]].concat();
    stop(
        "a slash",
        &set("https://h.example/mcp/"),
        &[(Resource, &all), (ServerMetadata, &["vscode", "codex"])],
    );
    stop("the host alone", &set("https://h.example"), &[(Resource, &strict), (ServerMetadata, &["vscode"])]);
    stop("http", &set("http://h.example/mcp"), &[(Resource, &all), (ServerMetadata, &["vscode", "codex"])]);
    let reports = set("https://h.example/mcp/").play();
    let stopped = reports[0].stops.as_ref().unwrap();
    assert!(stopped.said.contains("a slash at its end"), "{stopped:?}");
    assert!(stopped.change.contains(r#""https://h.example/mcp""#), "{stopped:?}");
}

/// CL-03, AS-04
#[test]
fn another_issuer_stops_who_compares() {
    let other = World::good().set(&[SERVER], "issuer", json!("https://other.example"));
    let strict = ["claude.ai", "chatgpt"];
    let all = [&strict[..], &["codex", "inspector"]].concat();
    stop("other", &other, &[(Issuer, &all)]);
    let slash = World::good().set(&[SERVER], "issuer", json!("https://as.example/"));
    stop("a slash too many", &slash, &[(Issuer, &["claude.ai", "chatgpt", "inspector"])]);
    let named = json!(["https://as.example/"]);
    let slash = World::good().set(&[AT_PATH, AT_ROOT], "authorization_servers", named);
    stop("a slash too few", &slash, &[(Issuer, &strict)]);
}

/// CL-04, AS-07
#[test]
fn no_pkce_stops_who_insists() {
    let set = |value| World::good().set(&[SERVER], "code_challenge_methods_supported", value);
    stop("not said", &set(Value::Null), &[(Pkce, &["claude.ai", "chatgpt"])]);
    let all = ["claude.ai", "chatgpt", "claude-code", "codex", "inspector", "mcp-remote"];
    stop("plain alone", &set(json!(["plain"])), &[(Pkce, &all)]);
}

/// AS-11
#[test]
fn a_client_needs_a_way_to_its_id() {
    let documents_only = World::good().set(&[SERVER], "registration_endpoint", Value::Null);
    let dynamic = ["cursor", "gemini-cli", "inspector", "mcp-remote"];
    stop("no registration", &documents_only, &[(Registration, &dynamic)]);
    let undecided =
        documents_only.clone().set(&[SERVER], "token_endpoint_auth_methods_supported", Value::Null);
    let needs_none = [&dynamic[..], &["claude.ai", "codex"]].concat();
    stop("no `none`", &undecided, &[(Registration, &needs_none)]);
    let neither = documents_only.set(&[SERVER], "client_id_metadata_document_supported", Value::Null);
    stop("neither", &neither, &[(Registration, ALL)]);
    let typed_in = &neither.play()[0].stops.as_ref().unwrap().change.clone();
    assert!(typed_in.contains("type its id in"), "{typed_in}");
}

/// CL-02, AS-03
#[test]
fn the_server_is_looked_for_where_each_client_looks() {
    let path = "https://as.example/t";
    let named = |place: &str| {
        let world = World::good().set(&[AT_PATH, AT_ROOT], "authorization_servers", json!([path]));
        world.set(&[SERVER], "issuer", json!(path)).move_to(SERVER, place)
    };
    for place in [
        "https://as.example/.well-known/oauth-authorization-server/t",
        "https://as.example/.well-known/openid-configuration/t",
        "https://as.example/t/.well-known/openid-configuration",
    ] {
        let openid = json!(["x"]);
        let world = named(place)
            .set(&[place], "subject_types_supported", openid.clone())
            .set(&[place], "id_token_signing_alg_values_supported", openid)
            .set(&[place], "jwks_uri", json!("https://as.example/jwks"));
        stop(place, &world, &[]);
    }
    let root: Vec<_> = ALL.iter().copied().filter(|id| !["codex", "gemini-cli"].contains(id)).collect();
    stop("at the root", &named(SERVER), &[(ServerMetadata, &root)]);
}

#[test]
fn who_cannot_read_what_is_there_stops_and_the_others_look_on() {
    let sdk: &[&str] = &["claude-code", "inspector", "mcp-remote"];
    let good = World::good().documents[SERVER].1.clone();
    let full = World::good()
        .answer(OPENID, 200, &good)
        .set(&[OPENID], "subject_types_supported", json!(["public"]))
        .set(&[OPENID], "id_token_signing_alg_values_supported", json!(["RS256"]))
        .set(&[OPENID], "jwks_uri", json!("https://as.example/jwks"));
    stop("a page", &full.clone().answer(SERVER, 200, "<html>"), &[(ServerMetadata, sdk)]);
    let broken = [sdk, &["codex"]].concat();
    stop("an error", &full.clone().answer(SERVER, 500, "{}"), &[(ServerMetadata, &broken)]);
    stop("nothing", &full.clone().without(&[SERVER]), &[]);
    let lacks = World::good().set(&[SERVER], "response_types_supported", Value::Null);
    stop("no response types", &lacks, &[(ServerMetadata, sdk)]);
}

/// The first revision of MCP with authorization: the server's own host is the authorization server.
#[test]
fn without_metadata_of_the_resource_clients_ask_its_own_host() {
    let own = "https://h.example/.well-known/oauth-authorization-server";
    let world = World::good().without(&[AT_PATH, AT_ROOT]).move_to(SERVER, own);
    let world = world.set(&[own], "issuer", json!("https://h.example")).calls(401, Vec::new());
    stop("own host", &world, &[]);
}

/// VS Code goes to the host itself where the server that is named has no metadata, unless that was there.
#[test]
fn the_own_host_is_asked_in_place_of_a_silent_server() {
    let own = "https://h.example/.well-known/oauth-authorization-server";
    let but = |not: &'static str| ALL.iter().copied().filter(|id| *id != not).collect::<Vec<_>>();
    let elsewhere = World::good().move_to(SERVER, own);
    stop("elsewhere", &elsewhere, &[(ServerMetadata, &but("vscode"))]);
    let named = json!(["https://h.example/t"]);
    let here = elsewhere.set(&[AT_PATH, AT_ROOT], "authorization_servers", named);
    let here = here.set(&[own], "issuer", json!("https://h.example/t"));
    let root: Vec<_> = ALL.iter().copied().filter(|id| !["codex", "gemini-cli"].contains(id)).collect();
    stop("here", &here, &[(ServerMetadata, &root)]);
}

#[test]
fn what_might_go_wrong_later_is_noted_where_it_might() {
    let noted = |world: &World, id: &str, part: &str| {
        let reports = world.play();
        let report = reports.iter().find(|report| report.id == id).unwrap();
        report.notes.iter().any(|note| note.said.contains(part))
    };
    let good = World::good();
    let fewer = World::good().set(&[SERVER], "scopes_supported", json!(["openid"]));
    for (id, part) in [("claude-code", "`offline_access`"), ("codex", "refused after the sign-in")] {
        assert!(!noted(&good, id, part) && noted(&fewer, id, part), "{id}");
    }
    let no_root = World::good().without(&[AT_ROOT]);
    assert!(!noted(&good, "chatgpt", "root of the host") && noted(&no_root, "chatgpt", "root of the host"));
}

#[test]
fn each_document_is_asked_for_once_and_nothing_is_registered() {
    let world = World::good().without(&[AT_PATH, AT_ROOT, SERVER]).calls(401, Vec::new());
    world.play();
    let asked = world.asked.lock().unwrap().clone();
    let documents: Vec<_> = asked.iter().filter(|asked| asked.contains("/.well-known/")).collect();
    let gets: Vec<_> = documents.iter().filter(|asked| asked.starts_with("GET ")).collect();
    let mut once = gets.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), gets.len(), "{gets:#?}");
    assert!(
        asked.iter().all(|asked| !asked.contains("/register") && !asked.contains("/authorize")),
        "{asked:#?}"
    );
}

#[test]
fn a_stranger_makes_nobody_walk_without_end() {
    let servers: Vec<_> = (0..5000).map(|n| format!("https://as{n}.example/t")).collect();
    let world = World::good().set(&[AT_PATH, AT_ROOT], "authorization_servers", json!(servers));
    world.play();
    assert!(world.asked.lock().unwrap().len() < 100);
}

/// SB-10: it is we who did not ask there, and nobody's fault. Who looks nowhere else is not known; who need not ask goes on.
#[test]
fn what_was_not_asked_stops_nobody_and_leads_nobody_to_the_sign_in() {
    for (server, why) in [
        ("https://10.0.0.1/t", "--allow-private"),
        ("https://[fd00::1]", "--allow-private"),
        ("http://as.example", "not https"),
    ] {
        let world = World::good().set(&[AT_PATH, AT_ROOT], "authorization_servers", json!([server]));
        let reports = world.play();
        assert_eq!(reports.len(), ALL.len());
        for report in reports {
            assert!(report.stops.is_none() && !report.reaches_sign_in, "{report:#?}");
            assert!(report.not_played.as_ref().unwrap().contains(why), "{report:#?}");
        }
    }
    assert!(World::good().play().iter().all(|report| report.not_played.is_none()));
    let pointed = World::good().points_to("https://10.0.0.1/metadata").without(&[AT_PATH, AT_ROOT]);
    stop("pointed to a private place", &pointed, &[(ServerMetadata, &["claude-code", "codex"])]);
    assert!(pointed.play().iter().all(|report| !report.reaches_sign_in));
}

#[test]
fn names_choose_and_unknown_ones_play_nothing() {
    let seen = World::good().seen();
    let ids = |names: &[&str]| play(&seen, names).iter().map(|report| report.id).collect::<Vec<_>>();
    assert_eq!(ids(&["vscode", "codex"]), ["vscode", "codex"]);
    assert_eq!(ids(&["nobody"]), Vec::<&str>::new());
}

#[test]
fn every_file_says_when_and_where_from() {
    for (id, text) in FILES {
        let profile = Profile::parse(text).unwrap_or_else(|error| panic!("{id}: {error}"));
        let digits = profile.looked_at.split('-').map(str::len).collect::<Vec<_>>();
        assert_eq!(digits, [4, 2, 2], "{id}: {}", profile.looked_at);
        assert!(!profile.name.is_empty() && !profile.version.is_empty(), "{id}");
        let links = profile.quirk.iter().map(|quirk| &quirk.link).chain(&profile.sources);
        let links: Vec<_> = links.chain(&profile.registration.document).collect();
        assert!(links.iter().all(|link| link.starts_with("https://")), "{id}: {links:?}");
        assert!(!profile.sources.is_empty() && !profile.registration.redirect_uris.is_empty(), "{id}");
        let sentences = profile.quirk.iter().map(|quirk| &quirk.says).chain(&profile.unknown);
        for sentence in sentences {
            assert!(sentence.ends_with('.'), "{id}: {sentence}");
        }
    }
}

#[test]
fn a_key_that_nobody_reads_is_an_error() {
    let (_, text) = FILES[0];
    assert!(Profile::parse(&text.replace("[call]", "[call]\nfollows_redirects = true")).is_err());
    assert!(Profile::parse(&text.replace("\"exactly\"", "\"nearly\"")).is_err());
}
