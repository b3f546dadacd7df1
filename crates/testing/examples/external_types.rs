//! Which third-party crates the published crates show: whoever uses one of them has to have the same major version, and a major
//! version of theirs is one of ours. `external_types FILE…` reads what rustdoc says of a crate as JSON and fails if a type,
//! a trait or an alias of a crate stands in its public API that is not on its list. `.ci/api` runs it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::exit,
    reason = "a tool of the checks before a change"
)]

use serde_json::{Map, Value};
use std::{collections::BTreeMap, env, fs, process::exit};

/// Crate → whose types it may show, beside the standard library's and those of the rooms it imports. Each is there for a reason:
/// it is what the crate is about, or what it was asked for with a feature.
const ALLOWED: &[(&str, &[&str])] = &[
    ("portcullis_oauth", &["serde_core", "serde_json", "url"]),
    ("portcullis_mcp", &["http", "serde_json"]),
    // The feature `client` has the one function that gives a client of reqwest away, for the command line.
    ("portcullis_fetch", &["bytes", "http", "reqwest", "url"]),
    (
        "portcullis_resource_server",
        &["bytes", "http", "http_body", "http_body_util", "serde_core", "serde_json", "url"],
    ),
    (
        "portcullis",
        &[
            "bytes",
            "http",
            "http_body",
            "http_body_util",
            "serde_core",
            "serde_json",
            "tower_layer",
            "tower_service",
            "url",
            // with the feature `axum`
            "axum",
            "axum_core",
            // with the feature `rmcp`
            "rmcp",
        ],
    ),
];

const ALWAYS: [&str; 3] = ["alloc", "core", "std"];

fn main() {
    let mut wrong = Vec::new();
    for file in env::args().skip(1) {
        let documented: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let shown = shown(&documented);
        let name = documented["index"][documented["root"].to_string()]["name"].as_str().unwrap();
        println!("{name}: {}", shown.keys().copied().collect::<Vec<_>>().join(" "));
        let allowed = ALLOWED.iter().find_map(|(of, allowed)| (*of == name).then_some(*allowed));
        let allowed = allowed.unwrap_or_else(|| panic!("{name} is new: write what it may show"));
        // The standard library is shown by everything. If it is not found, rustdoc's JSON is read wrongly.
        assert!(shown.keys().any(|of| ALWAYS.contains(of)), "{file} is not understood");
        for (of, example) in &shown {
            if !ALWAYS.contains(of) && !of.starts_with("portcullis") && !allowed.contains(of) {
                wrong.push(format!("{name} shows {example}, of {of}"));
            }
        }
        for of in allowed.iter().filter(|of| !shown.contains_key(*of)) {
            wrong.push(format!("{name} does not show {of} any more: take it off the list"));
        }
    }
    if !wrong.is_empty() {
        println!("{}", wrong.join("\n"));
        exit(1);
    }
}

/// Crate → something of it that stands in the public API.
fn shown(documented: &Value) -> BTreeMap<&str, String> {
    let mut shown = BTreeMap::new();
    let own = documented["index"].as_object().unwrap().values().filter(|item| item["crate_id"] == 0);
    for item in own.map(|item| item["inner"].as_object().unwrap()) {
        // What a crate implements for every type is not ours to show.
        let is_blanket = item.get("impl").is_some_and(|of| !of["blanket_impl"].is_null());
        if !is_blanket {
            item.values().for_each(|part| walk(part, documented, &mut shown));
        }
    }
    shown
}

fn walk<'a>(part: &'a Value, documented: &'a Value, shown: &mut BTreeMap<&'a str, String>) {
    match part {
        Value::Array(parts) => parts.iter().for_each(|part| walk(part, documented, shown)),
        Value::Object(members) => {
            name(members, documented, shown);
            members.values().for_each(|part| walk(part, documented, shown));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A type or trait that is used says `path` and `id`; where it comes from is in the table of paths.
fn name<'a>(members: &'a Map<String, Value>, documented: &'a Value, shown: &mut BTreeMap<&'a str, String>) {
    let (Some(Value::Number(id)), Some(Value::String(path))) = (members.get("id"), members.get("path"))
    else {
        return;
    };
    let of = &documented["paths"][id.to_string()]["crate_id"];
    if let Some(of) = documented["external_crates"][of.to_string()]["name"].as_str() {
        shown.entry(of).or_insert_with(|| path.clone());
    }
}
